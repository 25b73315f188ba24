"""Subscriptions created in a period, one row each, read page by page through `client`.

Spec 2: five arguments, and the shape of a row depends on the renderer.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from connect.client import R

# Column title -> dotted path in a subscription, as the API gives it.
COLUMNS = {
    "Subscription ID": "id",
    "External ID": "external_id",
    "Status": "status",
    "Created": "events.created.at",
    "Product ID": "product.id",
    "Product": "product.name",
    "Customer ID": "tiers.customer.id",
    "Customer": "tiers.customer.name",
    "Marketplace": "marketplace.name",
    "Hub": "connection.hub.name",
}

# Parameter id -> property that it filters.
FILTERS = {
    "product": "product.id",
    "marketplace": "marketplace.id",
    "hub": "connection.hub.id",
    "status": "status",
}


def generate(
    client: Any,
    parameters: dict[str, Any],
    progress_callback: Callable[[int, int], None],
    renderer_type: str,
    extra_context_callback: Callable[[Any], None],
) -> Iterator[Any]:
    subscriptions = (
        client.ns("subscriptions")
        .assets.filter(_query(parameters))
        .select("-items", "-params", "-configuration")
        .order_by("-events.created.at")
    )
    total = subscriptions.count()

    if renderer_type == "csv":  # an xlsx template brings its own header
        yield tuple(COLUMNS)
    for number, subscription in enumerate(subscriptions, start=1):
        if renderer_type == "json":
            yield {
                title.lower().replace(" ", "_"): _value(subscription, path)
                for title, path in COLUMNS.items()
            }
        else:
            yield tuple(_cell(_value(subscription, path), path) for path in COLUMNS.values())
        progress_callback(number, total)


def _query(parameters: dict[str, Any]) -> R:
    period = parameters["period"]
    query = R().events.created.at.ge(period["after"])
    query &= R().events.created.at.le(period["before"])
    for parameter, field in FILTERS.items():
        chosen = parameters.get(parameter)
        if chosen and not chosen["all"]:
            query &= R().n(field).oneof(chosen["choices"])
    return query


def _value(item: Any, path: str) -> Any:
    """The value at a dotted path; None where any part of it is missing."""
    for name in path.split("."):
        if not isinstance(item, dict):
            return None
        item = item.get(name)
    return item


def _cell(value: Any, path: str) -> Any:
    """Timestamps become datetimes, so that a workbook can sort and filter them."""
    if value and path.endswith(".at"):
        return datetime.fromisoformat(value).replace(tzinfo=None)
    return value

"""Small helpers over answers: the ``Content-Range`` header and dotted paths into a resource."""

import re
from collections import namedtuple
from collections.abc import Iterable
from typing import Any

ContentRange = namedtuple("ContentRange", ("first", "last", "count"))

_CONTENT_RANGE = re.compile(r"\s*\S+\s+(\d+)-(\d+)/(\d+)\s*")


def parse_content_range(value: str | None) -> ContentRange | None:
    """``items 0-99/250`` as a triple; None when absent or of another form."""
    match = _CONTENT_RANGE.fullmatch(value or "")
    return ContentRange(*map(int, match.groups())) if match else None


def resolve_attribute(attr: str, data: Any) -> Any:
    """The value at a dotted path, None as soon as a step is missing."""
    for name in attr.split("."):
        if not isinstance(data, dict):
            return None
        data = data.get(name)
    return data


def get_values(item: Any, fields: Iterable[str]) -> dict[str, Any]:
    return {field: resolve_attribute(field, item) for field in fields}

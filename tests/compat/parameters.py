"""Makes the parameter values a report is compared with, from its own definition in reports.json."""

from __future__ import annotations

JsonObject = dict[str, object]

_WIDE_RANGE = {"after": "2020-01-01T00:00:00+00:00", "before": "2026-06-30T23:59:59+00:00"}
_REQUEST_TYPES = ["purchase", "change", "suspend", "resume", "cancel", "adjustment"]

# What a report needs beyond its declaration: (repository's descriptor name, local id) → values.
_OVERRIDES: dict[tuple[str, str], JsonObject] = {
    # Thresholds are texts that must be numbers, red above yellow.
    ("Connect Reports", "sla"): {"offset_yellow_days": "600", "offset_red_days": "800"},
    # Counts only these six types; any other raises KeyError.
    ("Connect Reports", "executive_fullfilment_requests"): {
        "rr_type": {"all": False, "choices": _REQUEST_TYPES}
    },
    # Exercises in() with values and the choices that are not "all".
    ("Connect Reports", "fulfillment_requests_line_item"): {
        "rr_type": {"all": False, "choices": ["purchase", "change"]},
        "mkp": {"all": False, "choices": ["MP-00000", "MP-00001", "MP-00002"]},
    },
    # The id of the parameter used for reconciliation.
    ("Custom Connect Subscription Reports", "ppu_subscriptions_by_product_month"): {
        "parameter_id": "activation_id"
    },
}

# adobe_reports' assets report sends the product choices even when "all" is set.
_PRODUCT_CHOICES = {"all": False, "choices": ["PRD-001-000", "PRD-004-000", "PRD-011-000"]}


def values_for(repository: JsonObject, report: JsonObject) -> JsonObject:
    """`report` is an entry of `reports` in the descriptor `repository`."""
    values = {str(p["id"]): _value(p) for p in report.get("parameters", [])}  # type: ignore[union-attr]
    entrypoint = str(report["entrypoint"])
    local_id = entrypoint.split(".")[1]
    values.update(_OVERRIDES.get((str(repository["name"]), local_id), {}))
    if entrypoint == "reports.assets.entrypoint.generate":
        values["product"] = _PRODUCT_CHOICES
    return values


def _value(parameter: JsonObject) -> object:
    kind = parameter["type"]
    choices = [choice["value"] for choice in parameter.get("choices", [])]  # type: ignore[union-attr]
    if kind == "date_range":
        return dict(_WIDE_RANGE)
    if kind == "date":
        return _WIDE_RANGE["before"]
    if kind in ("product", "marketplace", "hub", "checkbox"):
        return {"all": True, "choices": []}
    if kind == "choice":
        return choices[0] if choices else ""
    if kind in ("single_line", "object"):
        return "text" if kind == "single_line" else {}
    raise ValueError(f"no value known for a parameter of type {kind!r}")

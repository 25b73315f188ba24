"""The reports over usage data: what they add up, what they leave out, what they look like."""

from __future__ import annotations

import copy
import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from typing import Any

import golden_files
import openpyxl
import pytest
import usage_data
from golden_files import CASES, COMPUTE, FEBRUARY, MARCH
from usage_host import PLUGINS, UsageHost

Item = dict[str, Any]
BOTH = {"after": FEBRUARY["after"], "before": MARCH["before"]}
_CONTEXT = Context(prec=200)


def _sums(
    records: Iterable[Item], field: str, key: Callable[[Item], tuple[Any, ...]]
) -> dict[tuple[Any, ...], Decimal]:
    sums: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for record in records:
        if field in record:
            sums[key(record)] = _CONTEXT.add(sums[key(record)], Decimal(record[field]))
    return dict(sums)


def _by(*names: str) -> Callable[[Item], tuple[Any, ...]]:
    return lambda row: tuple(row[name] for name in names)


@pytest.mark.parametrize("renderer", ["csv", "json", "xlsx"])
@pytest.mark.parametrize("report", CASES)
def test_the_output_is_the_golden_one(host: UsageHost, report: str, renderer: str) -> None:
    golden_files.hold(report, host.run(report, CASES[report], renderer))


def test_the_repository_is_valid(host: UsageHost) -> None:
    assert "7 reports, 0 warnings" in host.carrel.ok("validate", PLUGINS, "--strict").out


def test_the_data_has_what_these_tests_are_about(host: UsageHost) -> None:
    amounts = [record["amount"] for record in host.data.records if "amount" in record]
    assert any(amount.startswith("-") for amount in amounts)
    assert any(len(amount) > 16 for amount in amounts)
    assert any(record["usage"] == "0" for record in host.data.records)
    assert {record.get("tier") for record in host.data.records} == {None, 0, 1, 2}
    assert len({file.get("currency") for file in host.data.files}) == 5
    assert len(host.data.records) > 500  # more than a page


def test_amounts_by_subscription_are_exact(host: UsageHost) -> None:
    rows = host.rows("usage_by_subscription", {"period": BOTH})
    records = host.data.accepted(**BOTH)
    key = _by("subscription_id", "tier", "currency")

    def of(record: Item) -> tuple[Any, ...]:
        return record["asset"]["id"], record.get("tier"), record["usagefile"].get("currency")

    assert {key(row) for row in rows} == {of(record) for record in records}
    assert len(rows) == len({key(row) for row in rows})
    found = {key(row): Decimal(row["amount"]) for row in rows if row["amount"] is not None}
    assert found == _sums(records, "amount", of)
    assert sum(row["records"] for row in rows) == len(records)
    for row in rows:
        mine = [record for record in records if of(record) == key(row)]
        assert row["usage_files"] == len({record["usagefile"]["id"] for record in mine})
        assert row["first_usage"] == min(record["start_date"] for record in mine)
        assert row["last_usage"] == max(record["end_date"] for record in mine)
        assert row["customer"] == mine[0]["asset"]["tiers"]["customer"]["name"]


@pytest.mark.parametrize(("granularity", "length"), [(None, 7), ("month", 7), ("day", 10)])
def test_quantities_and_amounts_by_item_are_exact(
    host: UsageHost, granularity: str | None, length: int
) -> None:
    parameters = {"period": BOTH, **({"granularity": granularity} if granularity else {})}
    rows = host.rows("usage_by_item", parameters)
    records = host.data.accepted(**BOTH)
    key = _by("period", "item_id", "tier", "currency")

    def of(record: Item) -> tuple[Any, ...]:
        currency = record["usagefile"].get("currency")
        return record["start_date"][:length], record["item"]["id"], record.get("tier"), currency

    assert {key(row): Decimal(row["quantity"]) for row in rows} == _sums(records, "usage", of)
    found = {key(row): Decimal(row["amount"]) for row in rows if row["amount"] is not None}
    assert found == _sums(records, "amount", of)
    for row in rows:
        mine = {record["asset"]["id"] for record in records if of(record) == key(row)}
        assert row["subscriptions"] == len(mine)


@pytest.mark.parametrize("report", ["usage_by_subscription", "usage_by_item"])
def test_periods_that_meet_share_no_record_and_lose_none(host: UsageHost, report: str) -> None:
    counts = [
        sum(row["records"] for row in host.rows(report, {"period": period}))
        for period in (FEBRUARY, MARCH, BOTH)
    ]
    assert counts[0] > 0
    assert counts[1] > 0
    assert counts[0] + counts[1] == counts[2]


def test_a_choice_of_products_marketplaces_and_states_is_kept(host: UsageHost) -> None:
    parameters = {
        "period": BOTH,
        "product": {"all": False, "choices": ["PRD-100-200-301", "PRD-100-200-303"]},
        "marketplace": {"all": False, "choices": ["MP-10002"]},
        "status": {"all": False, "choices": ["approved"]},
    }
    rows = host.rows("usage_by_subscription", parameters)
    wanted = [
        record
        for record in host.data.accepted(**BOTH)
        if record["product"]["id"] in parameters["product"]["choices"]
        and record["marketplace"]["id"] == "MP-10002"
        and record["status"] == "approved"
    ]
    assert wanted
    assert sum(row["records"] for row in rows) == len(wanted)
    all_of_it = {"all": True, "choices": []}
    everything = {"period": BOTH, "product": all_of_it, "marketplace": all_of_it}
    rows = host.rows("usage_by_subscription", everything)
    assert sum(row["records"] for row in rows) == len(host.data.accepted(**BOTH))


@pytest.mark.parametrize("report", ["usage_by_item", "monthly_statement", "focus_cost_and_usage"])
def test_a_product_id_is_data_whatever_it_holds(host: UsageHost, report: str) -> None:
    odd = {"all": False, "choices": ['PRD-"1",(all)&limit=1%25', "PRD-'", "PRD,100"]}
    parameters = {"month": "2025-02-01"} if report == "monthly_statement" else {"period": FEBRUARY}
    assert host.rows(report, {**parameters, "product": odd}) == []
    both = {"all": False, "choices": ["'\""]}
    done, _ = host.try_report(report, {**parameters, "product": both}, "json")
    assert done.code == 1
    assert "both kinds of quotes" in done.err


def test_ageing_lists_the_files_that_are_not_closed(host: UsageHost) -> None:
    rows = host.rows("usage_file_ageing", {"as_of": "2025-06-01"})
    open_files = {f["id"]: f for f in host.data.files if f["status"] != "closed"}
    assert {row["file_id"] for row in rows} == set(open_files)
    days = [row["days_since_last_step"] for row in rows]
    assert days == sorted(days, reverse=True)
    for row in rows:
        file = open_files[row["file_id"]]
        assert row["last_step"] == max(event["at"] for event in file["events"].values())
        assert row["open_chunks"] == sum(
            chunk["usagefile"]["id"] == file["id"] and chunk["status"] != "closed"
            for chunk in host.data.chunks
        )
    assert any(row["open_chunks"] == 2 for row in rows)


@pytest.mark.parametrize(
    ("day", "days", "group"),
    [
        ("2025-05-08", 7, "0-7"),
        ("2025-05-09", 8, "8-30"),
        ("2025-05-31", 30, "8-30"),
        ("2025-06-01", 31, "31-60"),
        ("2025-06-30", 60, "31-60"),
        ("2025-07-30", 90, "61-90"),
        ("2025-07-31", 91, "over 90"),
    ],
)
def test_ageing_counts_days_up_to_the_day_given(
    host_of: Callable[..., UsageHost], day: str, days: int, group: str
) -> None:
    file = copy.deepcopy(usage_data.make().files[0])
    file["status"] = "pending"
    file["events"] = {
        "created": {"at": "2025-04-30T23:59:59+00:00"},
        "uploaded": {"at": "2025-05-01T23:30:00+00:00"},
        "submitted": {"at": "2025-05-01T23:30:00.000001+00:00"},
        "updated": {"at": "2025-05-08T00:00:00+00:00"},
    }
    later = {**file, "id": "UF-later", "events": {"created": {"at": "2026-01-01T00:00:00+00:00"}}}
    [row] = host_of(usage_data.UsageData(files=[file, later])).rows(
        "usage_file_ageing", {"as_of": day}
    )
    assert (row["days_since_last_step"], row["age_group"]) == (days, group)
    assert row["last_step"] == file["events"]["submitted"]["at"]


def test_ageing_counts_up_to_today_by_itself(host: UsageHost) -> None:
    rows = host.rows("usage_file_ageing", {"status": {"all": False, "choices": ["pending"]}})
    assert [row["status"] for row in rows] == ["pending"]
    assert rows[0]["days_since_last_step"] > 365


def test_invalid_records_are_counted_by_code_and_column(host: UsageHost) -> None:
    rows = host.rows("invalid_usage_records", {})
    expected: dict[tuple[str, str, str], list[Item]] = defaultdict(list)
    for record in host.data.records:
        if record["status"] == "invalid":
            for error in record["errors"]:
                key = (record["product"]["id"], error["code"], error["column"])
                expected[key].append(record)
    assert expected
    assert [(r["product_id"], r["code"], r["column"]) for r in rows] == sorted(expected)
    for row in rows:
        records = expected[row["product_id"], row["code"], row["column"]]
        assert row["errors"] == len(records)
        assert row["records"] == len({record["id"] for record in records})
        assert row["files"] == len({record["usagefile"]["id"] for record in records})
        assert row["example_record"] == records[0]["record_id"]


def test_invalid_records_of_files_created_in_a_period(host: UsageHost) -> None:
    created = sorted(
        file["events"]["created"]["at"] for file in host.data.files if file["status"] == "invalid"
    )
    assert created[0] < created[1]
    period = {"after": created[0], "before": created[1]}
    rows = host.rows("invalid_usage_records", {"period": period})
    assert {row["files"] for row in rows} == {1}
    assert host.rows("invalid_usage_records", {"period": {**period, "after": created[1]}}) == []


@pytest.mark.parametrize("tier", [None, 0, 1, 2])
@pytest.mark.parametrize("month", ["2025-02", "2025-03"])
def test_a_statement_adds_up(host: UsageHost, month: str, tier: int | None) -> None:
    parameters = {"month": f"{month}-28", **({"tier": str(tier)} if tier is not None else {})}
    rows = host.rows("monthly_statement", parameters)
    payer = ("customer", "tier1", "tier2")[tier or 0]
    records = [r for r in host.data.billed(month) if (r.get("tier") or 0) == (tier or 0)]

    def of(record: Item) -> tuple[Any, ...]:
        file, account = record["usagefile"], record["asset"]["tiers"][payer]
        return account["id"], file["schema"], file.get("currency")

    key = _by("account_id", "schema", "currency")
    totals = {key(row): Decimal(row["amount"]) for row in rows if row["line"] == "total"}
    assert totals
    assert totals == _sums(records, "amount", of)
    items = [row for row in rows if row["line"] == "item"]
    assert _sums((row for row in items if row["amount"] is not None), "amount", key) == totals
    assert _sums(items, "quantity", key) == _sums(records, "usage", of)
    assert sum(row["records"] for row in items) == len(records)


def test_a_statement_of_one_account(host: UsageHost) -> None:
    every = host.rows("monthly_statement", {"month": "2025-02-01"})
    account = every[-1]["account_id"]
    rows = host.rows("monthly_statement", {"month": "2025-02-01", "account": account})
    assert rows == [row for row in every if row["account_id"] == account]
    assert host.rows("monthly_statement", {"month": "2025-02-01", "account": "TA 0 (1,2)"}) == []


def test_december_ends_with_the_year(host_of: Callable[..., UsageHost]) -> None:
    data = usage_data.make(records_a_file=1)
    for file in data.files:
        file["period"] = {**file["period"], "from": "2025-12-31T23:59:59+00:00"}
    host = host_of(data)
    assert host.rows("monthly_statement", {"month": "2025-12-01"})
    assert host.rows("monthly_statement", {"month": "2026-01-01"}) == []
    assert host.rows("monthly_statement", {"month": "2025-11-30"}) == []


def test_months_of_bare_days_have_every_record_once(host_of: Callable[..., UsageHost]) -> None:
    data = usage_data.make()
    record = next(
        record for record in data.accepted(**FEBRUARY) if "2025-02" in record["start_date"]
    )
    record["start_date"] = "2025-02-28T23:59:59.500000+00:00"
    record["end_date"] = "2025-02-28T23:59:59.999999+00:00"
    host = host_of(data)
    for after, before, month in (
        ("2025-02-01", "2025-02-28", FEBRUARY),
        ("2025-03-01", "2025-03-31", MARCH),
    ):
        rows = host.rows("usage_by_item", {"period": {"after": after, "before": before}})
        assert sum(row["records"] for row in rows) == len(data.accepted(**month)) > 0
        assert rows == host.rows("usage_by_item", {"period": month})


def test_a_file_of_the_last_second_of_a_day_is_in_its_month(
    host_of: Callable[..., UsageHost],
) -> None:
    data = usage_data.make(records_a_file=1)
    for file in data.files:
        file["period"] = {**file["period"], "from": "2025-11-30T23:59:59+00:00"}
    host = host_of(data)
    november = {"after": "2025-11-01", "before": "2025-11-30"}
    december = {"after": "2025-12-01", "before": "2025-12-31"}
    focus = CASES["focus_cost_and_usage"]
    assert host.rows("focus_cost_and_usage", {**focus, "period": november})
    assert host.rows("focus_cost_and_usage", {**focus, "period": december}) == []


@pytest.mark.parametrize("report", ["usage_by_subscription", "usage_by_item", "monthly_statement"])
def test_an_amount_that_came_as_a_float_is_refused(
    host_of: Callable[..., UsageHost], report: str
) -> None:
    data = usage_data.make(records_a_file=2)
    data.records[0]["amount"] = 0.1
    parameters = {"month": "2025-02-01"} if report == "monthly_statement" else {"period": FEBRUARY}
    done, _ = host_of(data).try_report(report, parameters, "json")
    assert done.code == 1
    assert "0.1 is not an exact decimal number" in done.err


def test_a_bill_without_a_payer_is_refused(host_of: Callable[..., UsageHost]) -> None:
    data = usage_data.make(records_a_file=2)
    record = data.records[0]
    record["asset"] = {**record["asset"], "tiers": {}}
    done, _ = host_of(data).try_report("monthly_statement", {"month": "2025-02-01"}, "json")
    assert done.code == 1
    assert f"the subscription of record {record['id']} has no customer" in done.err


@pytest.mark.parametrize("report", CASES)
def test_no_data_is_an_output_without_rows(host_of: Callable[..., UsageHost], report: str) -> None:
    host = host_of(usage_data.UsageData())
    assert host.rows(report, CASES[report]) == []
    with host.run(report, CASES[report], "csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 1
    sheet = openpyxl.load_workbook(host.run(report, CASES[report], "xlsx"))["Data"]
    assert sheet.max_row == 1


@pytest.mark.parametrize("report", CASES)
def test_the_header_of_the_workbook_is_that_of_the_csv(host: UsageHost, report: str) -> None:
    delimiter = "," if report == "focus_cost_and_usage" else ";"
    with host.run(report, CASES[report], "csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=delimiter))
    book = openpyxl.load_workbook(host.run(report, CASES[report], "xlsx"))
    cells = list(book["Data"].iter_rows(values_only=True))
    assert list(cells[0]) == rows[0]
    assert len(cells) == len(rows)
    assert len(host.rows(report, CASES[report])) == len(rows) - 1


@pytest.mark.parametrize("report", ["usage_by_subscription", "usage_by_item", "monthly_statement"])
def test_a_workbook_loses_no_digit_of_an_amount(host: UsageHost, report: str) -> None:
    parameters = {"month": "2025-02-01"} if report == "monthly_statement" else {"period": FEBRUARY}
    sheet = openpyxl.load_workbook(host.run(report, parameters, "xlsx"))["Data"]
    titles = [cell.value for cell in sheet[1]]
    amounts = [row[titles.index("Amount")].value for row in sheet.iter_rows(min_row=2)]
    wanted = [row["amount"] for row in host.rows(report, parameters)]
    assert [None if one is None else Decimal(str(one)) for one in amounts] == [
        None if one is None else Decimal(one) for one in wanted
    ]
    assert {type(one) for one in amounts} >= {str, float}


@pytest.mark.parametrize("report", CASES)
def test_reports_only_read_and_only_usage_data(watched_host: UsageHost, report: str) -> None:
    golden_files.hold(report, watched_host.run(report, CASES[report], "csv"))
    requests = watched_host.api.log if watched_host.api else []
    assert {request.method for request in requests} == {"GET"}
    assert {request.path for request in requests} <= {
        "usage/files",
        "usage/records",
        "usage/chunks",
    }


def test_records_are_read_in_pages_of_a_stable_order(watched_host: UsageHost) -> None:
    parameters = {"period": {**BOTH, "after": "2025-01-01T00:00:00+00:00"}}
    watched_host.rows("usage_by_item", parameters)
    queries = [request.query for request in watched_host.api.log] if watched_host.api else []
    assert len(queries) > 1
    assert all("ordering(id)" in query for query in queries)
    assert COMPUTE["choices"] == ["PRD-100-200-303"]

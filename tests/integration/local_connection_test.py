"""Reports over the runtime's own data: as the api that they call by default, and what they may do
to it."""

from __future__ import annotations

import csv
import json
import shutil

import openpyxl
import pytest
import usage_world
from carrel_runner import BUILD, ROOT, Carrel
from connect_api import ConnectApi
from report_repos import CSV, python_repo, write

# The calls of public reports of usage per subscription: a count, pages of 500, then a call a
# subscription from many threads at a time; rows in the order in which the threads are done.
BODY = """
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime

from connect.client import R

period = parameters["period"]
query = R().status.eq("active")
product = parameters.get("product")
if product and product["all"] is False:
    query &= R().product.id.oneof(product["choices"])

def at(asset, event):
    text = asset["events"][event]["at"].replace("T", " ").replace("+00:00", "")
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")

def pick(parent, name, *members):
    child = parent.get(name)
    return [child[member] if child else "-" for member in members]

def line(asset):
    def within(field):
        return f"and(ge({field},{period['after']}),lt({field},{period['before']}))"

    records = client.ns("usage").records.filter(
        f"eq(asset.id,{asset['id']}),in(status,(approved,closed)),"
        f"({within('start_date')}|{within('end_date')})"
    )
    files = list(dict.fromkeys(record["usagefile"]["id"] for record in records))
    tiers, connection = asset["tiers"], asset["connection"]
    row = [asset["id"], asset["external_id"], asset["status"], at(asset, "created"),
           at(asset, "updated")]
    for tier in ("customer", "tier1", "tier2"):
        row += pick(tiers, tier, "id", "name", "external_id")
    row += pick(connection, "provider", "id", "name") + pick(connection, "vendor", "id", "name")
    row += pick(asset, "product", "id", "name") + pick(connection, "hub", "id", "name")
    return [*row, len(files), ", ".join(files)]

assets = client.ns("subscriptions").assets.filter(query)
total = assets.count()
if renderer_type == "csv":
    yield [f"column {number}" for number in range(24)]
pool = ThreadPoolExecutor()
lines = [pool.submit(line, asset) for asset in assets]
assert len(lines) == total, (len(lines), total)
for done, future in enumerate(as_completed(lines), 1):
    progress(done, total)
    row = future.result()
    yield {str(n): cell for n, cell in enumerate(row)} if renderer_type == "json" else row
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Carrel:
    directory = tmp_path_factory.mktemp("world")
    (directory / "work").mkdir()
    carrel = Carrel(BUILD / "bin/carrel", directory / "data", directory / "work")
    usage_world.fill(carrel.ok, carrel.work)
    renderers = [
        CSV,
        {"id": "json", "type": "json", "description": "JSON"},
        {"id": "xlsx", "type": "xlsx", "description": "XLSX", "template": "reports/demo/t.xlsx"},
    ]
    parameters = [
        {"id": "product", "type": "product", "name": "Product", "description": "Product"},
        {"id": "period", "type": "date_range", "name": "Period", "description": "Period"},
    ]
    files = python_repo(BODY, renderers=renderers, parameters=parameters)
    repository = write(files, carrel.work / "repository")
    book = openpyxl.Workbook()
    book.active.title = "Data"
    book.active.append([f"column {number}" for number in range(24)])
    book.save(repository / "reports/demo/t.xlsx")
    return carrel


def _run(carrel: Carrel, renderer: str, *words: object) -> list[usage_world.Row]:
    output = carrel.work / f"out.{renderer}"
    output.unlink(missing_ok=True)
    period = f"period={json.dumps(usage_world.FEBRUARY)}"
    carrel.ok(
        *("run", carrel.work / "repository", "demo", "--endpoint", "local", "--param", period),
        *("--renderer", renderer, "--output", output, *words),
    )
    return usage_world.read_rows(output)


@pytest.mark.parametrize("renderer", ["csv", "json", "xlsx"])
def test_a_report_of_many_threads_says_what_the_store_says(world: Carrel, renderer: str) -> None:
    rows = _run(world, renderer, "--param", 'product={"all": true, "choices": []}')
    expected = usage_world.expected_rows(world.data / "carrel.db", usage_world.FEBRUARY)
    assert len(expected) == usage_world.SUBSCRIPTIONS
    assert rows == expected
    assert {row[-2] for row in rows} == {"0", "1", "2"}
    assert {row[20] for row in rows} == {"-", "HB-7000-0001"}


def test_a_choice_of_products_is_kept(world: Carrel) -> None:
    chosen = [usage_world.PRODUCTS[1]]
    rows = _run(
        world, "csv", "--param", f'product={{"all": false, "choices": ["{chosen[0]}", "PRD-0"]}}'
    )
    expected = usage_world.expected_rows(world.data / "carrel.db", usage_world.FEBRUARY, chosen)
    assert 0 < len(rows) < usage_world.SUBSCRIPTIONS
    assert rows == expected


def test_the_setting_serves_reports_that_are_kept(world: Carrel) -> None:
    source = world.work / "kept"
    shutil.copytree(world.work / "repository", source)
    repository = world.ok("repo", "add", source, "--json").json["id"]
    templates = world.ok("template", "list", "--json").json
    (template,) = (one for one in templates if one["repository"]["id"] == repository)
    period = f"period={json.dumps(usage_world.FEBRUARY)}"
    words = ("report", "create", template["id"], "--param", period, "--json")
    made = world.ok(*words, env={"CARREL_ENDPOINT": "local"}).json
    assert made["status"] == "ready" and made["rows"] == usage_world.SUBSCRIPTIONS + 1


def test_local_is_not_a_further_connection(carrel: Carrel) -> None:
    source = write(python_repo("yield (1,)"), carrel.work / "repository")
    done = carrel("run", source, "demo", "--connection", "local")
    assert done.code == 2 and "--endpoint local" in done.err
    wrong = carrel("run", source, "demo", "--local-access", "all")
    assert wrong.code == 2
    assert "local.access (command line): found 'all', expected read or read-write" in wrong.err


WRITES = """
from connect.client import ConnectClient
usage = ConnectClient(client.api_key, connection="local").ns("usage")

def said(call):
    try:
        call()
        return "done"
    except Exception as error:
        return str(error)

yield ("default", said(lambda: client.collection("requests").create(payload={"id": "PR-1"})))
yield ("local", said(lambda: usage.chunks[parameters["chunk"]].action("fail").post({"note": "x"})))
"""


@pytest.mark.parametrize(
    ("grants", "default", "local"),
    [
        ((), False, False),
        (("--api-access", "read-write"), True, False),
        (("--local-access", "read-write"), False, True),
        (("--api-access", "read-write", "--endpoint", "local"), False, False),
    ],
)
def test_writing_is_granted_to_each_by_itself(
    carrel: Carrel, api: ConnectApi, grants: tuple[str, ...], default: bool, local: bool
) -> None:
    carrel.ok("catalog", "import", ROOT / "examples/catalogue/catalogue.json")
    chunk = _accepted_chunk(carrel)
    text = {"type": "single_line", "name": "Chunk", "description": "Chunk"}
    files = python_repo(
        WRITES,
        parameters=[{"id": "chunk", **text}],
        permissions={"connections": ["default", "local"]},
    )
    source = write(files, carrel.work / "repository")
    where = () if "--endpoint" in grants else ("--endpoint", api.url, "--api-key", "SU-1:secret")
    output = carrel.work / "out.csv"
    words = ("--param", f"chunk={chunk}", "--output", output, *where, *grants)
    carrel.ok("run", source, "demo", *words)
    said = dict(row[:2] for row in csv.reader(output.open(), delimiter=";"))
    refused = "is granted read only"
    assert (refused not in said["default"]) == default, said
    assert any(request.method == "POST" for request in api.log) == default
    assert (said["local"] == "done") == local, said
    assert (refused in said["local"]) != local
    (state,) = carrel.ok("usage", "list", "--json").json
    assert state["status"] == "accepted"
    assert _status_of(carrel, chunk) == ("failed" if local else "ready")


def _accepted_chunk(carrel: Carrel) -> str:
    """The only chunk of an accepted usage file."""
    words = ["--name", "November", "--product", "PRD-100-200-300", "--from", "2026-11-01"]
    words += ["--contract", "CRD-10000-20000-30000", "--to", "2026-11-30", "--json"]
    file = str(carrel.ok("usage", "create", *words).json["id"])
    sheet = carrel.work / "november.csv"
    sheet.write_text(
        "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
        "asset_search_criteria,asset_search_value\n"
        "r1,item.mpn,OC-CPU-H,1,2026-11-01,2026-11-02,asset.id,AS-1000-2000-0001\n"
    )
    carrel.ok("usage", "upload", file, sheet)
    carrel.ok("usage", "submit", file)
    carrel.ok("usage", "accept", file, "--note", "as agreed")
    return f"UFC{file[2:]}-001"


def _status_of(carrel: Carrel, chunk: str) -> str:
    body = f"""
from connect.client import ConnectClient
usage = ConnectClient(client.api_key, connection="local").ns("usage")
yield (usage.chunks["{chunk}"].get()["status"],)
"""
    files = python_repo(body, permissions={"connections": ["local"]})
    out = carrel.work / "status.csv"
    carrel.ok("run", write(files, carrel.work / "asks"), "demo", "--output", out)
    return out.read_text().strip().strip('"')

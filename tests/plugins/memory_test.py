"""The reports hold running totals, not records: they pass where a report that holds them fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import usage_data
from carrel_runner import SANITIZED
from golden_files import FEBRUARY, MARCH
from usage_host import PLUGINS, UsageHost, make_host

# A control group holds the worker to the sum of both. A sanitizer keeps what was freed for a while.
LIMITS = ("--limit", f"memory_mb={512 if SANITIZED else 16}", "--limit", "tmp_mb=1")
BOTH = {"after": FEBRUARY["after"], "before": MARCH["before"]}
GREEDY = {
    "lua": """
        local M = {}
        function M.generate(client)
          local records = require("carrel").connection("local"):ns("usage").records:list()
          return {{#records}}
        end
        return M
        """,
    "py": """
from connect.client import ConnectClient

def generate(client, parameters, progress_callback, renderer_type, extra_context_callback):
    local = ConnectClient(client.api_key, default_limit=500, connection="local")
    return [[len(list(local.ns("usage").records.all()))]]
""",
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> UsageHost:
    return make_host(tmp_path_factory.mktemp("large"), usage_data.make(records_a_file=300))


def _greedy(root: Path, suffix: str) -> Path:
    (root / "reports/greedy").mkdir(parents=True)
    (root / "reports/greedy/entrypoint").with_suffix(f".{suffix}").write_text(GREEDY[suffix])
    (root / "README.md").touch()
    report = {
        "name": "Greedy",
        "readme_file": "README.md",
        "entrypoint": "reports.greedy.entrypoint.generate",
        "audience": ["vendor"],
        "report_spec": "2",
        "permissions": {"connections": ["local"]},
        "renderers": [{"id": "csv", "type": "csv", "default": True, "description": "csv"}],
    }
    language = {"lua": "lua", "py": "python"}[suffix]
    head = {"name": "Greedy", "readme_file": "README.md", "version": "1", "language": language}
    (root / "reports.json").write_text(json.dumps({**head, "reports": [report]}))
    return root


@pytest.mark.parametrize(
    ("report", "parameters"),
    [
        ("usage_by_subscription", {"period": BOTH}),
        ("usage_by_item", {"period": BOTH}),
        ("monthly_statement", {"month": "2025-03-01"}),
        ("focus_cost_and_usage", {"period": BOTH}),
    ],
)
def test_memory_does_not_grow_with_the_records(
    large: UsageHost, report: str, parameters: dict[str, Any]
) -> None:
    done, output = large.try_report(report, parameters, "csv", PLUGINS, *LIMITS)
    assert done.code == 0, done.err
    assert output.stat().st_size > 5_000


@pytest.mark.skipif(SANITIZED, reason="the bound that a sanitizer needs holds the records as well")
@pytest.mark.parametrize("suffix", GREEDY)
def test_a_report_that_holds_the_records_needs_more(
    large: UsageHost, tmp_path: Path, suffix: str
) -> None:
    repository = _greedy(tmp_path / "greedy", suffix)
    done, _ = large.try_report("greedy", {}, "csv", repository, *LIMITS)
    assert done.code == 1
    assert "memory" in done.err
    done, output = large.try_report("greedy", {}, "csv", repository)
    assert done.code == 0, done.err
    assert str(len(large.data.records)) in output.read_text()

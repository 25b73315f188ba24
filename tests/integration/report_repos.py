"""Small template repositories, made of the code of one report each."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

SIGNATURE = "def generate(client, parameters, progress, renderer_type=None, context=None):\n"

Files = dict[str, str]

CSV = {"id": "csv", "type": "csv", "default": True, "description": "CSV"}


def manifest(*reports: dict[str, Any], **root: Any) -> str:
    value = {
        "name": "Test reports",
        "readme_file": "readme.md",
        "version": "1.0.0",
        "language": "python",
        "reports": list(reports),
        **root,
    }
    return json.dumps(value, indent=2)


def report(local_id: str = "demo", **members: Any) -> dict[str, Any]:
    return {
        "name": "Demo",
        "readme_file": "readme.md",
        "entrypoint": f"reports.{local_id}.entrypoint.generate",
        "audience": ["vendor"],
        "report_spec": "2",
        "renderers": [CSV],
        "parameters": [],
        **members,
    }


def python_repo(body: str, **members: Any) -> Files:
    """A repository whose only report, `demo`, has `body` as the body of generate()."""
    return {
        "reports.json": manifest(report(**members)),
        "readme.md": "# Test reports\n",
        "reports/__init__.py": "",
        "reports/demo/__init__.py": "",
        "reports/demo/entrypoint.py": SIGNATURE + textwrap.indent(textwrap.dedent(body), "    "),
    }


def lua_repo(body: str, **members: Any) -> Files:
    code = "local M = {}\nfunction M.generate(client, parameters, progress, kind, context)\n"
    return {
        "reports.json": manifest(report(**members), language="lua"),
        "readme.md": "# Test reports\n",
        "reports/demo/entrypoint.lua": code + textwrap.dedent(body) + "\nend\nreturn M\n",
    }


def write(files: Files, directory: Path) -> Path:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return directory

"""Compares carrel with connect-reports-core, report by report, on the same repositories and data.

    compare.py --carrel build/bin/carrel --repo NAME=PATH [--repo ...] [--work DIR]

Each repository (a git checkout or a bare one) is served by a real git server, the data set of
make_data.py by a Connect-compatible API. For every report and renderer the peer runs in a virtual
environment, carrel runs from the git url, and the two files are compared: csv and json by bytes,
xlsx cell by cell. A markdown table is printed; the exit code is 1 when anything differs.

`--only-peer` runs the peer alone and fails when a report yields too few rows, which is the check
that the data set still exercises every report. PDF files are compared by their text with `--pdf`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import urllib.parse
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE.parent / "support"))

import make_data  # noqa: E402
import parameters  # noqa: E402
from connect_api import ConnectApi, LoggedRequest  # noqa: E402
from git_http_server import GitHttpServer  # noqa: E402
from output_diff import Output, RunWindow, differences  # noqa: E402

_API_KEY = "ApiKey SU-000-000:compat"
_ACCOUNT = ("VA-000", "Vendor Äccount")
_MIN_ROWS = 4
_TIMEOUT_SECONDS = 600
_SPEC_1_RENDERER = "default_xlsx_renderer"

# connect-reports-core 34 asks for a kaleido that was withdrawn and wants a browser; 0.2.1 brings
# its own. Hence the core is installed without its dependencies, and these instead.
_PEER_CORE = "connect-reports-core==34.0"
_PEER_PACKAGES = (
    "connect-openapi-client==35.0",
    "requests",
    "plotly>=5.9,<6",
    "kaleido==0.2.1",
    "openpyxl>=3.1",
    "WeasyPrint>=59,<64",
    "Jinja2>=2,<4",
    "jsonschema>=3,<5",
    "pytz",
    "lxml>=4.9",
    "orjson>=3.5.2,<4",
)

# Reports that yield rows in the order their threads finish.
_UNORDERED = frozenset({("Connect Reports", "usage_in_subscription")})

# Reports that draw a world map, whose outlines the chart library fetches from cdn.plot.ly. Neither
# side may reach the internet here, so neither can finish them.
_NEEDS_INTERNET = frozenset({("Connect Reports", "executive_fullfilment_requests")})

JsonObject = dict[str, object]


@dataclass
class Repository:
    """One report repository: where its checkout is, and its url on the test server."""

    name: str
    checkout: Path
    url: str
    descriptor: JsonObject


@dataclass(frozen=True)
class Case:
    """One report with one renderer."""

    repository: Repository
    local_id: str
    renderer: str
    kind: str
    params: Path
    directory: Path

    @property
    def key(self) -> tuple[str, str]:
        return (str(self.repository.descriptor["name"]), self.local_id)

    @property
    def ordered(self) -> bool:
        return self.key not in _UNORDERED


@dataclass
class Verdict:
    """A line of the table."""

    report: str
    renderer: str
    rows: int | None = None
    equal: str = ""
    calls: str = ""
    reasons: list[str] = field(default_factory=list)
    failed: bool = False


@dataclass
class Run:
    """What came of one run of one side."""

    output: Output
    error: str | None
    calls: list[str]


class Comparison:
    """Holds the servers and the options while the cases run, one after the other."""

    def __init__(self, options: argparse.Namespace, api: ConnectApi, python: Path) -> None:
        self._options = options
        self._api = api
        self._python = python
        self._key_file = options.work / "api.key"
        self._key_file.write_text(_API_KEY)
        self.versions: JsonObject = {}

    def run_case(self, case: Case) -> Verdict:
        verdict = Verdict(f"{case.repository.name}/{case.local_id}", case.renderer)
        skip_pdf = case.kind == "pdf" and not self._options.pdf
        if skip_pdf and not self._options.only_peer:
            verdict.equal, verdict.reasons = "open", ["pdf: not compared"]
            return verdict
        peer = self._run_peer(case, verdict)
        if peer.error is not None and case.key in _NEEDS_INTERNET:
            verdict.equal, verdict.reasons = "open", ["needs the internet: " + peer.error]
            verdict.failed = (verdict.rows or 0) < _MIN_ROWS
        elif peer.error is not None:
            verdict.equal, verdict.failed = "peer failed", True
            verdict.reasons = [peer.error]
        elif self._options.only_peer:
            verdict.failed = (verdict.rows or 0) < _MIN_ROWS
            verdict.equal = "too few rows" if verdict.failed else "peer only"
        else:
            self._run_and_compare(case, peer, verdict)
        return verdict

    def validate(self, repository: Repository) -> Verdict:
        verdict = Verdict(repository.name, "validate")
        command = [str(self._options.carrel), "validate", repository.url]
        error = _execute(
            [*command, *self._common()], self._options.work, repository.name + ".validate"
        )
        verdict.failed = error is not None
        verdict.equal = "no" if error else "yes"
        verdict.reasons = [error] if error else []
        return verdict

    def _run_and_compare(self, case: Case, peer: Run, verdict: Verdict) -> None:
        ours = self._run_carrel(case)
        if ours.error is not None:
            verdict.reasons = [ours.error]
        else:
            verdict.reasons = differences(case.kind, peer.output, ours.output, ordered=case.ordered)
        verdict.equal = "no" if verdict.reasons else "yes"
        verdict.failed = bool(verdict.reasons)
        verdict.calls = _compare_calls(peer.calls, ours.calls, ordered=case.ordered)
        if self._options.strict_calls and verdict.calls != "same":
            verdict.failed = True

    def _run_peer(self, case: Case, verdict: Verdict) -> Run:
        output = case.directory / f"peer.{case.kind}"
        summary = case.directory / "peer.summary.json"
        command = [
            *(str(self._python), str(_HERE / "peer_run.py")),
            *("--repo", str(case.repository.checkout), "--report", case.local_id),
            *("--renderer", case.renderer, "--params", str(case.params)),
            *("--endpoint", self._api.url, "--api-key", _API_KEY),
            *("--account-id", _ACCOUNT[0], "--account-name", _ACCOUNT[1]),
            *("--output", str(output), "--summary", str(summary)),
        ]
        summary.unlink(missing_ok=True)
        run = self._execute(command, case, "peer", output)
        if summary.is_file():
            told = json.loads(summary.read_text())
            verdict.rows = told["rows"]
            self.versions = told["versions"]
        return run

    def _run_carrel(self, case: Case) -> Run:
        output = case.directory / f"carrel.{case.kind}"
        command = [
            *(str(self._options.carrel), "run", case.repository.url, case.local_id),
            *("--renderer", case.renderer, "--params", str(case.params)),
            *("--endpoint", self._api.url, "--api-key", f"@{self._key_file}"),
            *("--account", f"{_ACCOUNT[0]}:{_ACCOUNT[1]}", "--output", str(output)),
            *self._common(),
            *self._options.run_arg,
        ]
        return self._execute(command, case, "carrel", output)

    def _common(self) -> list[str]:
        return ["--data", str(self._options.work / "carrel-data"), *self._options.carrel_arg]

    def _execute(self, command: list[str], case: Case, side: str, output: Path) -> Run:
        output.unlink(missing_ok=True)
        self._api.clear_log()
        began = datetime.now(tz=UTC)
        error = _execute(command, case.directory, side)
        if error is None and not output.is_file():
            error = f"{side} said it was done but wrote no file"
        calls = [_canonical(entry) for entry in self._api.log]
        return Run(Output(output, RunWindow.since(began)), error, calls)


def _without_internet() -> dict[str, str]:
    """Proxies that lead nowhere. The sandbox keeps our reports from the internet, this the peer's;
    our deployment must reach the package index, where the peer's packages came from as well."""
    nowhere = "http://127.0.0.1:9"
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    local = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1")
    return dict.fromkeys(proxies, nowhere) | local


def _execute(command: list[str], directory: Path, name: str) -> str | None:
    """None when the command ended with 0; else the last line it said. Its words are kept."""
    environment = {
        **os.environ,
        # Both sides write the name of their runtime into the Info sheet: one name for both.
        "CARREL_REPORT_ENVIRONMENT": "Connect Reports",
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **(_without_internet() if name == "peer" else {}),
    }
    log = directory / f"{name}.log"
    with open(log, "wb") as sink:
        try:
            code = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=environment,
                cwd=directory,
                timeout=_TIMEOUT_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired:
            return f"no end within {_TIMEOUT_SECONDS} s (log: {log})"
        except OSError as error:
            return str(error)
    if code == 0:
        return None
    lines = log.read_text(errors="replace").strip().splitlines()
    return f"exit {code}: {lines[-1][:200] if lines else 'no words'} (log: {log})"


def _canonical(entry: LoggedRequest) -> str:
    """A request as text, with percent-escapes undone: both spellings mean the same query."""
    query = urllib.parse.unquote(entry.query)
    return f"{entry.method} {entry.path}?{query}" if query else f"{entry.method} {entry.path}"


def _compare_calls(peer: list[str], ours: list[str], *, ordered: bool) -> str:
    if not ordered:
        peer, ours = sorted(peer), sorted(ours)
    if peer == ours:
        return "same"
    for one, other in zip(peer, ours, strict=False):
        if one != other:
            return f"`{one[:120]}` against `{other[:120]}`"
    return f"{len(peer)} calls against {len(ours)}"


def _publish(name: str, source: Path, work: Path, server: GitHttpServer) -> Repository:
    """Puts HEAD of `source` as one commit into a bare repository below the server's root."""
    bare = server.root / f"{name}.git"
    checkout = work / "checkouts" / name
    for path in (bare, checkout):
        shutil.rmtree(path, ignore_errors=True)
    git = ["git", "-c", "safe.directory=*"]
    identity = ["-c", "user.name=compat", "-c", "user.email=compat@example.com"]
    subprocess.run([*git, "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    archive = subprocess.run(
        [*git, "-C", str(source), "archive", "--format=tar", "HEAD"],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    checkout.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", str(checkout)], input=archive, check=True)
    in_bare = [*git, *identity, f"--git-dir={bare}", f"--work-tree={checkout}"]
    subprocess.run([*in_bare, "add", "-A", "-f", "."], check=True, cwd=checkout)
    subprocess.run([*in_bare, "commit", "-q", "-m", f"{name} as it is"], check=True, cwd=checkout)
    descriptor = json.loads((checkout / "reports.json").read_text())
    return Repository(name, checkout, server.url(f"{name}.git"), descriptor)


def _cases(repository: Repository, options: argparse.Namespace) -> list[Case]:
    cases = []
    for report in repository.descriptor["reports"]:  # type: ignore[union-attr]
        local_id = report["entrypoint"].split(".")[1]
        renderers = report.get("renderers") or [{"id": _SPEC_1_RENDERER, "type": "xlsx"}]
        if options.report and local_id not in options.report:
            continue
        for renderer in renderers:
            directory = options.work / "runs" / repository.name / local_id / renderer["id"]
            directory.mkdir(parents=True, exist_ok=True)
            params = directory / "params.json"
            values = parameters.values_for(repository.descriptor, report)
            params.write_text(json.dumps(values, indent=1))
            identity = (local_id, renderer["id"], renderer["type"])
            cases.append(Case(repository, *identity, params, directory))
    return cases


def peer_python(cache: Path) -> Path:
    """The interpreter of a virtual environment with the peer; made on first use."""
    python = cache / "peer-venv" / "bin" / "python"
    done = cache / "peer-venv" / "installed"
    wanted = "\n".join([_PEER_CORE, *_PEER_PACKAGES])
    if done.is_file() and done.read_text() == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(cache / "peer-venv")], check=True)
    install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*install, *_PEER_PACKAGES], check=True)
    subprocess.run([*install, "--no-deps", _PEER_CORE], check=True)
    done.write_text(wanted)
    return python


def _print_table(verdicts: list[Verdict], *, with_calls: bool) -> None:
    extra = (" calls |", " --- |") if with_calls else ("", "")
    print(f"| report | renderer | rows | equal? |{extra[0]} reason |")
    print(f"| --- | --- | --- | --- |{extra[1]} --- |")
    for verdict in verdicts:
        rows = "" if verdict.rows is None else str(verdict.rows)
        cells = [verdict.report, verdict.renderer, rows, verdict.equal]
        cells += [verdict.calls] if with_calls else []
        cells.append("; ".join(verdict.reasons))
        escaped = [cell.replace("|", "\\|").replace("\n", " ") for cell in cells]
        print(f"| {' | '.join(escaped)} |")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare carrel with connect-reports-core.")
    parser.add_argument("--carrel", type=Path, help="the carrel binary")
    parser.add_argument("--repo", action="append", required=True, metavar="NAME=PATH")
    parser.add_argument("--work", type=Path, default=Path("compat-work"))
    parser.add_argument("--cache", type=Path, help="where the peer's environment is kept")
    parser.add_argument("--report", action="append", help="only this local id; repeatable")
    parser.add_argument("--only-peer", action="store_true")
    parser.add_argument("--pdf", action="store_true", help="compare the text of pdf files too")
    parser.add_argument("--strict-calls", action="store_true", help="differing API calls fail")
    parser.add_argument("--carrel-arg", action="append", default=[], help="for each carrel call")
    parser.add_argument("--run-arg", action="append", default=[], help="for each `carrel run`")
    options = parser.parse_args(arguments)
    if options.carrel is None and not options.only_peer:
        parser.error("--carrel is needed unless --only-peer is given")
    if any("=" not in repo for repo in options.repo):
        parser.error("--repo wants NAME=PATH")
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    options.cache = (options.cache or options.work / "cache").resolve()
    options.carrel = options.carrel.resolve() if options.carrel else None
    return options


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    python = peer_python(options.cache)
    git_root = options.work / "git"
    git_root.mkdir(exist_ok=True)
    verdicts: list[Verdict] = []
    with GitHttpServer(git_root) as git, ConnectApi(make_data.build(), api_key=_API_KEY) as api:
        comparison = Comparison(options, api, python)
        for given in options.repo:
            name, _, path = given.partition("=")
            repository = _publish(name, Path(path), options.work, git)
            if not options.only_peer:
                verdicts.append(comparison.validate(repository))
            for case in _cases(repository, options):
                verdicts.append(comparison.run_case(case))
                print(f"{case.local_id} {case.renderer}: {verdicts[-1].equal}", file=sys.stderr)
    _print_table(verdicts, with_calls=not options.only_peer)
    failed = sum(verdict.failed for verdict in verdicts)
    print(f"\n{len(verdicts)} lines, {failed} failed; peer: {json.dumps(comparison.versions)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

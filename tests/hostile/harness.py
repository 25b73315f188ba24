"""Runs hostile reports through one long-lived host and checks that nothing of it was harmed.

`Harness` is the whole of it: canaries, servers and the host process of one identity. A case is run
with `run_case`; tests of another kind use `ask`, `checkout` and `assert_unharmed`.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import builders
import checks
from canaries import Canaries
from case import BUILD, ROOT, Case, Result, check_relation, check_result
from servers import HostileServer

PROBES = Path(__file__).parent / "probes"

# Root tests both: its workers run under an id of their own, an ordinary user's under the user's.
IDENTITIES = ("root", "user") if os.geteuid() == 0 else ("user",)

# The user of the host when the tests run as root.
UNPRIVILEGED = 65533
# The same for the host of "degraded": no other process of its user counts against its threads.
DEGRADED_USER = 65532
# Puts a filter on the host that refuses it every namespace, as the default ones of containers do.
WITHOUT_NAMESPACES = (
    sys.executable,
    str(ROOT / "tests/support/seccomp_exec.py"),
    str(ROOT / "tests/support/no_namespaces.json"),
    "--",
)
# Growth of the host's resident memory that is no leak: allocator arenas of threads, connections.
RSS_TOLERANCE_KB = 48 * 1024
SETTLE_S = 60.0
# What `within` of a case may be exceeded by: a busy machine has its time, a worker that cannot be
# ended has the host wait for half a minute.
BUSY_S = 20.0
SPARES = 2
# Of one language: helper, init, zygote and spares.
TREE_SIZE = 3 + SPARES
MOST_AT_ONCE = 16
# In two hierarchies one for each worker that was there at once, a dying one beside its successor.
MOST_GROUPS = 2 * 2 * (MOST_AT_ONCE + 2 * SPARES)
MOST_WARMINGS = 3  # of the HTTP client, after one case
ANSWER_S = 300.0

_TEMPLATE = ROOT / "examples/python-reports/reports/subscriptions/template.xlsx"

_OWN_TMP = "assert os.listdir('/tmp') == []"
_NO_TMP = "assert not os.path.exists('/plugin')"

BENIGN = {
    "python": (
        "import os\n"
        "def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,\n"
        "             extra_context_callback=None):\n"
        f"    {_OWN_TMP}\n"
        "    for number in range(1, 4):\n"
        "        progress_callback(number, 3)\n"
        "        yield [number, number * number, 'benign']\n"
    ),
    "lua": (
        "return { generate = function(client, parameters, progress)\n"
        "  local rows = {}\n"
        "  for i = 1, 3 do rows[i] = { i, i * i, 'benign' } end\n"
        "  return rows\n"
        "end }\n"
    ),
}
BENIGN_ROWS = [[n, n * n, "benign"] for n in (1, 2, 3)]


class HostDied(Exception):
    """The host process ended or went silent: the worst that can be found here."""


class HostProcess:
    """hostile_host, spoken to line by line."""

    def __init__(
        self,
        user: int | None,
        home: Path,
        environment: dict[str, str],
        wrapper: Sequence[str] = (),
    ) -> None:
        as_user: dict[str, Any] = (
            {} if user is None else {"user": user, "group": user, "extra_groups": []}
        )
        self.errors = open(home / "stderr", "w+b")  # noqa: SIM115 - lives as long as this
        self.process = subprocess.Popen(
            [*wrapper, str(BUILD / "tests/hostile_host")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=home,
            env=environment,
            start_new_session=True,
            **as_user,
        )
        self._buffer = b""

    def ask(self, request: dict[str, Any], timeout: float = ANSWER_S) -> Any:
        self.send(request)
        return self.receive(timeout)

    def send(self, request: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise HostDied(self._last_words()) from None

    def receive(self, timeout: float = ANSWER_S) -> Any:
        assert self.process.stdout is not None
        deadline = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if not select.select([self.process.stdout], [], [], max(left, 0))[0]:
                raise HostDied(f"no answer within {timeout} s")
            piece = os.read(self.process.stdout.fileno(), 1 << 20)
            if not piece:
                raise HostDied(self._last_words())
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.errors.close()

    def _last_words(self) -> str:
        code = self.process.wait(10)
        self.errors.seek(0)
        return f"exit {code}: {self.errors.read().decode(errors='replace')[-4000:]}"


def cgroups(host: int) -> set[str]:
    """The control groups that this host made, of every hierarchy."""
    found = set()
    for base, names, _ in os.walk("/sys/fs/cgroup"):
        found |= {f"{base}/{name}" for name in names if name.startswith(f"carrel-{host}-")}
    return found


def is_occupied(group: str) -> bool:
    try:
        return bool(Path(group, "cgroup.procs").read_text().strip())
    except OSError:
        return False


@dataclass(frozen=True)
class State:
    """What of the machine a report may not change."""

    fds: int
    threads: int
    mounts: int
    children: int
    cgroups: int  # with processes; the empty ones are used again

    def differences(self, other: State) -> list[str]:
        names = self.__dataclass_fields__
        return [
            f"{name}: {getattr(self, name)} -> {getattr(other, name)}"
            for name in names
            if getattr(self, name) != getattr(other, name)
        ]


class Harness:
    """One host with its canaries and servers, for one identity: "root", "user", or "degraded", a
    user who gets no namespaces."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        users = {"user": UNPRIVILEGED, "degraded": DEGRADED_USER}
        self.user = users.get(identity) if os.geteuid() == 0 else None
        self.is_degraded = identity == "degraded"
        # Not below pytest's directories, which only their owner may enter.
        self.base = Path(tempfile.mkdtemp(prefix="carrel-hostile-", dir="/tmp"))
        self.base.chmod(0o755)
        self.store = self.base / "store"
        self.outputs = self.base / "outputs"
        self.home = self.base / "home"
        for path in (self.store / "checkouts", self.outputs, self.home):
            path.mkdir(parents=True)
        self.canaries = Canaries(self.base, self.store, self.home)
        for language, source in BENIGN.items():
            if self.is_degraded:
                source = source.replace(_OWN_TMP, _NO_TMP)
            self.checkout(f"benign-{language}", {_report_name(language): source})
        self._give(self.base)
        self.server = HostileServer().__enter__()
        self.foreign = HostileServer().__enter__()
        self._benign_turn = 0
        self.start()

    # The host.

    def start(self) -> None:
        """Starts the host and notes how it stands when nothing runs."""
        for path in self.outputs.iterdir():
            path.unlink()  # of a host that was killed
        wrapper = WITHOUT_NAMESPACES if self.is_degraded else ()
        self.host = HostProcess(self.user, self.home, self._environment(), wrapper)
        answer = self.host.ask({"configure": self._configuration()})
        if "error" in answer:
            raise HostDied(answer["error"])
        for language in BENIGN:
            self.run_benign(language)
        self._warm_connections()
        self._await_spares()
        self.before = self.state()
        self.rss_kb = int(self.status()["rss_kb"])

    def _await_spares(self) -> None:
        deadline = time.monotonic() + SETTLE_S
        while (children := self.state().children) != len(BENIGN) * TREE_SIZE:
            assert time.monotonic() < deadline, f"{children} processes"
            time.sleep(0.02)

    def restart_if_dead(self) -> None:
        if self.host.process.poll() is None:
            return
        self.host.close()
        self.start()

    def ask(self, request: dict[str, Any]) -> Any:
        return self.host.ask(request)

    def close(self) -> None:
        self.host.close()
        for server in (self.server, self.foreign):
            server.__exit__(None, None, None)
        try:
            self.canaries.close()
        finally:
            shutil.rmtree(self.base, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        sanitizers = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
        # What a sanitizer keeps of freed memory is no growth of the host.
        options = f"{sanitizers.get('ASAN_OPTIONS', '')}:quarantine_size_mb=1"
        sanitizers["ASAN_OPTIONS"] = f"{options}:thread_local_quarantine_size_kb=16"
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "CARREL_CANARY": self.canaries.env_secret,
            **sanitizers,
        }

    def _configuration(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.server.port}/api"
        private = {"base_url": url, "addresses": "private"}
        key = f"ApiKey SU-000-000-000:{self.canaries.key_secret}"
        return {
            "worker": str(BUILD / "bin/carrel-worker"),
            "packages": os.environ.get("CARREL_PYTHON_PACKAGES", str(ROOT / "sdk/python/packages")),
            "store": str(self.store),
            "outputs": str(self.outputs),
            "spares": SPARES,
            "degraded": self.is_degraded,
            "hosts": {"rebind.test": ["127.0.0.1"]},
            "connections": [
                {"name": "default", **private, "credential": key},
                {"name": "writable", **private, "credential": key, "access": "read-write"},
                {"name": "slow", **private, "call_timeout_ms": 1000, "max_retries": 0},
                {"name": "limited", **private, "requests_per_second": 20},
                {"name": "public", "base_url": url},
                {"name": "rebind", "base_url": f"http://rebind.test:{self.server.port}/api"},
                {"name": "metadata", "base_url": "http://169.254.169.254", "addresses": "private"},
                {
                    "name": "foreign",
                    "base_url": f"http://127.0.0.1:{self.foreign.port}",
                    "addresses": "private",
                },
            ],
        }

    def _warm_connections(self) -> None:
        """Makes the host as large as it gets: its HTTP client and its control groups stay."""
        source = (
            "from concurrent.futures import ThreadPoolExecutor\n"
            "import _carrel\n"
            "def generate(client, *_):\n"
            "    assert client.collection('items').all().count() == 2\n"
            "    with ThreadPoolExecutor(8) as pool:\n"
            "        for _ in range(8):\n"
            "            pool.submit(_carrel.call, 'default', 'GET', '/together')\n"
            "    yield ['warm']\n"
        )
        self.checkout("warm", {"report.py": source})
        self.server.gather(MOST_AT_ONCE)
        run = {"checkout": "checkouts/warm", "language": "python"}
        for result in self.run_together([run] * MOST_AT_ONCE):
            assert result.verdict == "ok", result.answer
        self.server.taken()
        self.server.take_peak()

    # Runs.

    def checkout(self, name: str, files: dict[str, str | bytes]) -> Path:
        """A directory of the store with these files."""
        path = self.store / "checkouts" / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        path.chmod(0o755)
        for file, content in files.items():
            target = path / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
            target.chmod(0o444)
        return path

    def parameters(self, instance: int = 0) -> dict[str, Any]:
        return {
            "instance": instance,
            "host_pid": self.host.process.pid,
            "endpoints": {
                "default": f"http://127.0.0.1:{self.server.port}/api",
                "foreign": f"http://127.0.0.1:{self.foreign.port}",
                "port": self.server.port,
            },
            **self.canaries.parameters(),
        }

    def run(self, run: dict[str, Any]) -> Result:
        return self.read_result(self.ask({"run": run}))

    def run_together(self, runs: Sequence[dict[str, Any]]) -> list[Result]:
        return [self.read_result(answer) for answer in self.ask({"parallel": list(runs)})]

    def read_result(self, answer: dict[str, Any]) -> Result:
        """The answer with the output file, which is taken away; checks what can always be."""
        assert "error" not in answer, answer
        path = Path(answer["file"]["path"])
        output = path.read_bytes()
        path.unlink()
        result = Result(answer, output)
        seen = self.canaries.seen_in(output, json.dumps(answer).encode())
        assert not seen, f"the output holds a secret of the host: {seen}"
        return result

    def run_benign(self, language: str | None = None) -> Result:
        if language is None:
            self._benign_turn += 1
            language = ("python", "lua")[self._benign_turn % 2]
        result = self.run({"checkout": f"checkouts/benign-{language}", "language": language})
        assert result.verdict == "ok", result.answer
        assert result.table() == BENIGN_ROWS and result.rows == 3
        assert result.tier.startswith("degraded") == self.is_degraded, result.tier
        return result

    @staticmethod
    def prepare_probe() -> dict[str, str | bytes]:
        """The helper module of a Python report, as a file of its checkout."""
        return {"probe.py": (PROBES / "probe.py").read_bytes()}

    def prepare(self, case: Case, renderer: str) -> dict[str, Any]:
        """Writes the case's checkout; the run that goes with it, without its parameters."""
        name = f"{case.path.name}-{renderer}"
        files: dict[str, str | bytes] = {
            f"report{case.path.suffix}": case.path.read_bytes(),
            f"probe{case.path.suffix}": (PROBES / f"probe{case.path.suffix}").read_bytes(),
        }
        run: dict[str, Any] = {
            "checkout": f"checkouts/{name}",
            "entrypoint": "report.generate",
            "language": case.language,
            "renderer": {"type": renderer},
            "limits": case.limits,
        }
        if renderer == "xlsx":
            files["template.xlsx"] = _TEMPLATE.read_bytes()
            run["renderer"]["template"] = "template.xlsx"
        if "connections" in case.header:
            run["connections"] = case.header["connections"].split()
        path = self.checkout(name, files)
        if "with" in case.header:
            getattr(builders, case.header["with"])(path, run)
        self._give(path)
        return run

    def run_case(self, case: Case) -> list[Result]:
        """Runs it as its header says and checks all that the header promises."""
        results = []
        for renderer in case.renderers:
            results += self._run_with(case, renderer)
        if "check" in case.header:
            getattr(checks, case.header["check"])(results)
        return results

    def _run_with(self, case: Case, renderer: str) -> list[Result]:
        run = self.prepare(case, renderer)
        checkout = self.store / run["checkout"]
        source = _tree_hash(checkout)
        count, _, relation = case.header.get("runs", "1").partition(" ")
        if "together" in case.header:
            count = case.header["together"]
        runs = [{**run, "parameters": self.parameters(i)} for i in range(int(count))]
        started = time.monotonic()
        results = (
            self.run_together(runs) if "together" in case.header else [self.run(r) for r in runs]
        )
        taken = time.monotonic() - started
        for result in results:
            check_result(case, result, renderer)
        if relation:
            check_relation([result.table(renderer) for result in results], relation)
        limit = float(case.header.get("within", "inf")) + BUSY_S
        assert taken <= limit, f"took {taken:.2f} s, at most {limit} s are allowed"
        assert _tree_hash(checkout) == source, "the checkout changed"
        shutil.rmtree(checkout)
        return results

    # What must not have changed.

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.ask({"status": {}})
        return status

    def state(self) -> State:
        status = self.status()
        return State(
            status["fds"],
            status["threads"],
            status["mounts"],
            len(status["children"]),
            sum(map(is_occupied, cgroups(status["pid"]))),
        )

    def assert_unharmed(self, *languages: str) -> None:
        """Nothing touched, nothing left over, and the next report runs."""
        for language in languages or [None]:
            self.run_benign(language)
        touched = self.canaries.touched()
        assert not touched, f"a canary was touched: {touched}"
        for server, keys in ((self.server, True), (self.foreign, False)):
            _check_requests(server, self.canaries.key_secret, keys)
        self.assert_settled()
        grown = int(self.status()["rss_kb"]) - self.rss_kb
        assert grown <= RSS_TOLERANCE_KB, f"the host has grown by {grown} KiB"
        groups = len(cgroups(self.status()["pid"]))
        assert groups <= MOST_GROUPS, f"{groups} control groups"
        left = [*self.outputs.iterdir()]
        assert not left, f"files left over: {left}"

    def assert_settled(self) -> None:
        """The state of the machine comes back to what it was before; spares may need a moment."""
        warmed, deadline = 0, time.monotonic() + SETTLE_S
        while True:
            state = self.state()
            differences = self.before.differences(state)
            if not differences:
                return
            assert time.monotonic() < deadline, f"left over: {differences}"
            spares_are_there = state.children == self.before.children
            if spares_are_there and state.fds < self.before.fds and warmed < MOST_WARMINGS:
                # The HTTP client gave up connections of calls that failed.
                self._warm_connections()
                warmed, deadline = warmed + 1, time.monotonic() + SETTLE_S
            time.sleep(0.02)

    def _give(self, path: Path) -> None:
        if self.user is None:
            return
        for base, _, files in os.walk(path):
            for one in (base, *(f"{base}/{name}" for name in files)):
                os.chown(one, self.user, self.user, follow_symlinks=False)
        self.canaries.watch.touched()


def _tree_hash(directory: Path) -> str:
    """Of names, modes and contents of all that lies below it."""
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        digest.update(repr((str(path), path.lstat().st_mode, content)).encode())
    return digest.hexdigest()


def _report_name(language: str) -> str:
    return "report.py" if language == "python" else "report.lua"


def _check_requests(server: HostileServer, key: str, has_key: bool) -> None:
    for line, headers in server.taken():
        assert key not in line, f"the key stands in a request line: {line}"
        assert "smuggled" not in line, f"a request was smuggled: {line}"
        for name, value in headers.items():
            assert name.lower() != "x-injected", f"{line} has an injected header"
            assert "placeholder" not in value.lower(), f"{name} of {line} holds the placeholder"
            if key in value:
                assert has_key and name == "Authorization", f"{name} of {line} holds the key"

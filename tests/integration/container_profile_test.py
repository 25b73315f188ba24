"""sandbox/profiles/docker-seccomp.json: what Carrel needs works, what it names does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from carrel_runner import ROOT, TIMEOUT_S, Carrel, Done

PROFILE = ROOT / "sandbox/profiles/docker-seccomp.json"
SECCOMP_EXEC = ROOT / "tests/support/seccomp_exec.py"
# As the hostile reports: no account has this id.
ORDINARY_USER = 65533

USERS = [
    pytest.param(
        ORDINARY_USER,
        marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
        id="ordinary user",
    ),
    pytest.param(None, id="whoever runs the tests"),
]


def under_profile(*command: object, uid: int | None = None, data: Path | None = None) -> Done:
    words = [sys.executable, str(SECCOMP_EXEC), str(PROFILE)]
    words += ["--uid", str(uid)] if uid is not None else []
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    environment |= {"CARREL_DATA": str(data)} if data else {}
    environment |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    # A sanitizer looks for leaks by ptrace, which the profile refuses.
    environment["ASAN_OPTIONS"] = f"{environment.get('ASAN_OPTIONS', '')}:detect_leaks=0"
    done = subprocess.run(
        [*words, "--", *map(str, command)],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def open_data() -> Iterator[Path]:
    """A data directory that any user may make."""
    with tempfile.TemporaryDirectory(prefix="carrel-profile-") as home:
        Path(home).chmod(0o1777)
        yield Path(home) / "data"


@pytest.mark.parametrize("uid", USERS)
def test_the_sandbox_is_complete_under_the_profile(
    carrel: Carrel, open_data: Path, uid: int | None
) -> None:
    done = under_profile(carrel.program, "doctor", "--json", uid=uid, data=open_data)
    assert done.code == 0, f"{done.out}\n{done.err}"
    assert [probe["ok"] for probe in done.json["sandbox"]] == [True, True]


@pytest.mark.parametrize(
    ("repository", "report", "parameters"),
    [
        (
            "python-reports",
            "amortisation",
            ["principal=1000", "annual_rate=4.5", "first_payment=2026-01-31", "term=12"],
        ),
        (
            "lua-reports",
            "working_days",
            ['period={"after":"2026-01-01","before":"2026-02-01"}', "rows=all"],
        ),
    ],
)
def test_reports_of_both_languages_run_under_the_profile(
    carrel: Carrel, open_data: Path, repository: str, report: str, parameters: list[str]
) -> None:
    words = [word for parameter in parameters for word in ("--param", parameter)]
    done = under_profile(
        *(carrel.program, "run", ROOT / "examples" / repository, report, *words),
        *("--output", open_data.parent / "out", "--json"),
        data=open_data,
    )
    assert done.code == 0, f"{done.out}\n{done.err}"
    assert done.json["status"] == "ready"


# What the filter lists without a condition, as its caller sees it. Arguments of zero: a call that
# got through would do nothing.
_CALL_ALL = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
seccomp = ctypes.CDLL("libseccomp.so.2")
answers = {}
for name in json.loads(sys.argv[1]):
    number = seccomp.seccomp_syscall_resolve_name(name.encode())
    if number < 0:
        continue
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(0)] * 6)
    answers[name] = ctypes.get_errno() if result == -1 else 0
print(json.dumps(answers))
"""


def test_every_call_that_the_profile_lists_is_refused_with_its_errno() -> None:
    rules = json.loads(PROFILE.read_text())["syscalls"]
    wanted = {
        name: rule["errnoRet"] for rule in rules if "args" not in rule for name in rule["names"]
    }
    # As a user whom the kernel itself would refuse most of them: nothing can come of a hole.
    uid = ORDINARY_USER if os.geteuid() == 0 else None
    done = under_profile(sys.executable, "-c", _CALL_ALL, json.dumps(list(wanted)), uid=uid)
    assert done.code == 0, done.err
    answers = json.loads(done.out)
    assert len(answers) >= 40
    assert answers == {name: wanted[name] for name in answers}


def test_sockets_of_kernel_and_hypervisor_are_refused_and_others_are_not() -> None:
    script = (
        "import json, socket\n"
        "def attempt(family, kind):\n"
        "    try:\n"
        "        socket.socket(family, kind).close()\n"
        "    except OSError as error:\n"
        "        return error.errno\n"
        "    return 0\n"
        "print(json.dumps([attempt(socket.AF_ALG, socket.SOCK_SEQPACKET),\n"
        "                  attempt(socket.AF_VSOCK, socket.SOCK_STREAM),\n"
        "                  attempt(socket.AF_INET, socket.SOCK_STREAM),\n"
        "                  attempt(socket.AF_UNIX, socket.SOCK_STREAM)]))\n"
    )
    done = under_profile(sys.executable, "-c", script)
    assert json.loads(done.out) == [1, 1, 0, 0], done.err

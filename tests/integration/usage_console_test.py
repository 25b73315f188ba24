"""What `carrel usage` and `carrel catalog` say of lists and faults, and of what others left."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import subprocess
from contextlib import closing

import pytest
from carrel_runner import Carrel
from usage_desk import Desk, row

# Boot id, pid namespace, pid, start and a random part: a host that this machine knows nothing of.
ELSEWHERE = "8b0f2c1e-0000-4000-8000-000000000000:4026530000:17:1234:0011223344556677"


@pytest.fixture
def desk(carrel: Carrel) -> Desk:
    return Desk(carrel)


def left_in_processing(desk: Desk) -> str:
    """A file that the host ELSEWHERE took up and never finished."""
    file = desk.ready(desk.sheet("a.csv", [row("r1")]))
    with closing(sqlite3.connect(desk.carrel.data / "carrel.db", timeout=60)) as database:
        database.execute(
            "UPDATE usage_files SET status = 'processing', lease_owner = ? WHERE id = ?",
            (ELSEWHERE, file),
        )
        database.commit()
    return file


def test_a_file_is_taken_up_again_when_its_host_was_of_another_boot(desk: Desk) -> None:
    file = left_in_processing(desk)
    done = desk.carrel.ok("usage", "show", file, "--json")
    assert f"processing {file} again" in done.err
    assert done.json["status"] == "ready"
    assert done.json["records"]["valid"] == 1


def test_a_file_is_left_to_a_host_of_another_container_while_that_lives(desk: Desk) -> None:
    file = left_in_processing(desk)
    hosts = desk.carrel.data / "hosts"
    hosts.mkdir(exist_ok=True)
    lock = hosts / (hashlib.sha256(ELSEWHERE.encode()).hexdigest() + ".lock")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert desk.carrel.ok("usage", "show", file, "--json").json["status"] == "processing"
    assert desk.carrel.ok("usage", "show", file, "--json").json["status"] == "ready"
    assert not list(hosts.iterdir())


def test_a_file_without_its_spreadsheet_is_invalid_and_blocks_nobody(desk: Desk) -> None:
    other = desk.create()
    file = left_in_processing(desk)
    for spreadsheet in (desk.carrel.data / "usage" / file).iterdir():
        spreadsheet.unlink()
    assert desk.carrel.ok("usage", "show", other, "--json").json["status"] == "draft"
    left = desk.carrel.ok("usage", "show", file, "--json").json
    assert left["status"] == "invalid"
    assert left["error_detail"] == "the stored spreadsheet is gone: upload again"
    desk.carrel.ok("usage", "upload", file, desk.sheet("b.csv", [row("r1")]))


@pytest.mark.parametrize("words", [
    ("usage", "list"), ("catalog", "list", "assets"), ("usage", "records", "FILE"),
])  # fmt: skip
def test_a_fault_of_a_filter_has_its_place_in_the_filter(
    desk: Desk, words: tuple[str, ...]
) -> None:
    file = desk.create()
    done = desk.carrel(*(file if w == "FILE" else w for w in words), "--filter", "a=1|b=2")
    assert done.code == 2 or done.code == 3, done.err
    assert "character 4" in done.err, done.err
    assert "limit" not in done.err and "usagefile" not in done.err, done.err


def test_a_filter_may_bring_its_own_page(desk: Desk) -> None:
    file = desk.ready(desk.sheet("a.csv", [row(f"r{n}") for n in range(9)]))
    words = ("usage", "records", file, "--json", "--filter")
    records = desk.carrel.ok(*words, "ordering(record_id)&limit=3&offset=2").json
    assert [record["record_id"] for record in records] == ["r2", "r3", "r4"]
    assert len(desk.carrel.ok(*words, "ordering(record_id)", "--limit", "4").json) == 4


def test_records_of_a_file_that_is_not_there_are_no_empty_table(desk: Desk) -> None:
    done = desk.carrel("usage", "records", "UF-2026-11-0000-0000")
    assert done.code == 7
    assert "UF-2026-11-0000-0000" in done.err


def test_a_name_with_line_ends_is_one_row(desk: Desk) -> None:
    forged = "n\nUF-2026-11-1111-2222  ready  forged"
    made = desk.carrel.ok("usage", "create", "--name", forged, "--product", "PRD-100-200-300",
                          "--contract", "CRD-10000-20000-30000", "--from", "2026-11-01",
                          "--to", "2026-11-30")  # fmt: skip
    listed = desk.carrel.ok("usage", "list")
    for out in (made.out, listed.out):
        assert not any(line.startswith("UF-2026-11-1111-2222") for line in out.splitlines())
        assert "n\\nUF-2026-11-1111-2222" in out


@pytest.mark.parametrize("rows", [1, 300])
def test_output_that_does_not_fit_is_a_failure(desk: Desk, rows: int) -> None:
    file = desk.ready(desk.sheet("a.csv", [row(f"r{n}") for n in range(rows)]))
    environment = {**os.environ, "CARREL_DATA": str(desk.carrel.data)}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [desk.carrel.program, "usage", "records", file, "--json", "--limit", "1000"],
            stdout=full, stderr=subprocess.PIPE, text=True, env=environment, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "standard output could not be written" in done.stderr


def test_a_pipe_is_no_spreadsheet_and_blocks_nobody(desk: Desk) -> None:
    pipe = desk.carrel.work / "pipe"
    os.mkfifo(pipe)
    done = desk.carrel("usage", "upload", desk.create(), pipe)
    assert done.code != 0
    assert "not a regular file" in done.err

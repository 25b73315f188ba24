"""kill -9 at random moments of the life of a usage file: it is before or after, never between.

CARREL_KILL_ROUNDS sets the number of rounds (default 12). The table of moments is printed; with
CARREL_KILL_TABLE=FILE it is written there as well.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from carrel_runner import Carrel
from usage_desk import DISTRIBUTOR, Desk, Stored, row

ROUNDS = int(os.environ.get("CARREL_KILL_ROUNDS", "12"))
LARGE = 60_000  # records of what is uploaded
SMALL = 5_000  # of what is judged and closed
Words = tuple[object, ...]


class Table:
    """What was found at each moment."""

    HEADING = ("round", "step", "killed after", "found", "records", "after restart", "records")

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = [self.HEADING]

    def add(self, *cells: object) -> None:
        self.rows.append(tuple(map(str, cells)))

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        lines = ("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in self.rows)
        return "\n".join(line.rstrip() for line in lines)

    def publish(self) -> None:
        print(f"\n{self}")
        if path := os.environ.get("CARREL_KILL_TABLE"):
            with Path(path).open("a") as out:
                out.write(f"{self}\n\n")


def run_and_kill(carrel: Carrel, words: Words, seconds: float) -> float:
    """How long it ran."""
    begin = time.monotonic()
    process = carrel.start(*words, start_new_session=True)
    time.sleep(seconds)
    ran = time.monotonic() - begin
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return ran


def timed(carrel: Carrel, words: Words) -> float:
    begin = time.monotonic()
    carrel.ok(*words)
    return time.monotonic() - begin


def shown(stored: Stored | None) -> tuple[str, object]:
    return (stored.status, stored.records) if stored else ("deleted", "-")


@pytest.fixture
def desk(carrel: Carrel) -> Desk:
    return Desk(carrel)


def test_a_killed_upload_leaves_the_old_records_or_the_new_ones(desk: Desk) -> None:
    carrel, table, chance = desk.carrel, Table(), random.Random(ROUNDS)
    small = desk.sheet("small.csv", (row(f"old-{n}") for n in range(3)))
    large = desk.sheet("large.csv", (row(f"new-{n:06}") for n in range(LARGE)))
    file = desk.ready(small)
    upload: Words = ("usage", "upload", file, large)
    length = timed(carrel, upload)
    for turn in range(ROUNDS):
        carrel.ok("usage", "upload", file, small)
        reach = chance.choice((0.3, 1.05))
        moment = run_and_kill(carrel, upload, chance.uniform(0, length * reach))
        found = desk.stored(file)
        assert found and found.is_whole() and found.records in (3, LARGE), (turn, found)
        assert found.status in ("ready", "uploading", "processing"), (turn, found)

        after = carrel.ok("usage", "show", file, "--json").json
        stored = desk.stored(file)
        assert stored and stored.is_whole() and stored.is_tidy(), (turn, stored)
        # What was stored whole is read again; what was not is gone without a trace.
        expected = {"uploading": 3, "processing": LARGE}.get(found.status, found.records)
        assert (after["status"], stored.records) == ("ready", expected), (turn, after)
        assert after["records"] == {"valid": expected, "invalid": 0, "closed": 0}
        assert after["upload"]["size"] == (small if expected == 3 else large).stat().st_size
        assert carrel.leftovers() == [] and carrel.integrity() == "ok", turn
        table.add(turn, "upload", f"{moment:.3f} s", *shown(found), *shown(stored))

        again = carrel.ok(*upload, "--json").json
        assert (again["status"], again["records"]["valid"]) == ("ready", LARGE)
        assert desk.query("SELECT COUNT(*) FROM usage_records") == [(LARGE,)]
    table.publish()


def bring(desk: Desk, file: str, *steps: Words) -> None:
    for step in steps:
        desk.carrel.ok("usage", step[0], file, *step[1:])


ACCEPT: Words = ("accept", "--note", "as agreed", "--as", DISTRIBUTOR)
CLOSE: Words = ("close", "--billing-id", "INV-1")
# A step, those before it, the states before and after.
STEPS: dict[str, tuple[tuple[Words, ...], Words, str, str]] = {
    "submit": ((), ("submit",), "ready", "pending"),
    "accept": ((("submit",),), ACCEPT, "pending", "accepted"),
    "reject": ((("submit",),), ("reject", "--note", "no"), "pending", "rejected"),
    "reconcile": ((("submit",), ACCEPT), ("reconcile",), "accepted", "closed"),
    "close": ((("submit",), ACCEPT), CLOSE, "accepted", "closed"),
    "delete": ((), ("delete",), "ready", "deleted"),
}


def check_step(stored: Stored | None, before: str, after: str) -> None:
    """All or nothing of the step is there."""
    if stored is None:
        assert after == "deleted"
        return
    assert stored.status in (before, after), stored
    assert stored.is_whole() and stored.records == SMALL, stored
    assert stored.closed == (SMALL if stored.status == "closed" else 0), stored
    assert stored.chunks == (SMALL if stored.status in ("accepted", "closed") else 0), stored
    assert stored.chunks_closed == stored.closed, stored


def words_of(desk: Desk, step: Words, file: str, prefix: str) -> Words:
    words: Words = ("usage", step[0], file, *step[1:])
    if step[0] != "reconcile":
        return words
    lines = (f"{prefix}-{n},INV-{n}" for n in range(SMALL))
    return (*words, desk.sheet("billed.csv", lines, "record_id,external_billing_id"))


def measured(desk: Desk, made: Callable[[str], str]) -> dict[str, float]:
    lengths = {}
    for name, (steps, step, _, _) in STEPS.items():
        file = made(f"time-{name}")
        bring(desk, file, *steps)
        lengths[name] = timed(desk.carrel, words_of(desk, step, file, f"time-{name}"))
    return lengths


def test_a_killed_step_is_taken_or_not(desk: Desk) -> None:
    carrel, table, chance = desk.carrel, Table(), random.Random(ROUNDS + 1)

    def made(prefix: str) -> str:
        return desk.ready(desk.sheet("made.csv", (row(f"{prefix}-{n}") for n in range(SMALL))))

    lengths = measured(desk, made)
    for turn in range(ROUNDS):
        name = list(STEPS)[turn % len(STEPS)]
        steps, step, before, after = STEPS[name]
        file = made(f"turn-{turn}")
        bring(desk, file, *steps)
        words = words_of(desk, step, file, f"turn-{turn}")
        moment = run_and_kill(carrel, words, chance.uniform(0, lengths[name] * 1.05))
        carrel.ok("usage", "list")
        stored = desk.stored(file)
        check_step(stored, before, after)
        assert stored is None or stored.is_tidy(), (turn, stored)
        assert carrel.leftovers() == [] and carrel.integrity() == "ok", turn
        taken = stored is None or stored.status == after
        table.add(turn, name, f"{moment:.3f} s", "after" if taken else "before", "", *shown(stored))
        steps_noted = desk.query(
            "SELECT COUNT(*) FROM audit WHERE object_id = ? AND to_status = ?", file, after
        )
        assert steps_noted == [(1 if taken else 0,)], turn
        if not taken:
            carrel.ok(*words)
            done = desk.stored(file)
            check_step(done, after, after)
            assert done is None or done.is_tidy()
    table.publish()

"""Rows of every kind of value, the same for the same seed wherever they are made.

It is part of the report that both runtimes run (see repository.py) and of the tests that read what
they wrote. `rows(kind, seed, count)` gives only what connect-reports-core can write in that format;
what it refuses, or writes otherwise, has its own tests in test_rules.py.
"""

from __future__ import annotations

import enum
import random
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any


class Name(str):
    pass


class Loud(str):
    def __str__(self) -> str:
        return "LOUD"


class Count(int):
    pass


class Marked(int):
    def __str__(self) -> str:
        return f"<{int(self)}>"


class Ratio(float):
    def __repr__(self) -> str:
        return f"{float(self):.2f}%"


class Moment(datetime):
    def __str__(self) -> str:
        return self.isoformat()


class Color(enum.Enum):
    RED = "r"
    TWO = (1, 2)


class Level(enum.IntEnum):
    HIGH = 3


class Grade(int, enum.Enum):
    A = 1


class Mode(str, enum.Enum):  # noqa: UP042
    FAST = "fast"


@dataclass
class Point:
    x: Any
    y: Any = None


_TEXTS = (
    *("", " ", "a", " pad ", "\t", "a\tb", "a\nb", "\n", "a\r\nb", "\r", ";", '"', 'say ""', "'"),
    *("'=1", "=1+1", "=", "=A1", "+1", "-1", "@SUM(A1)", '=cmd|" /C calc"!A0', "#N/A", "#DIV/0!"),
    *("#BAD", "#NULL!", "0012", "1.5", "1e5", "-0", "true", "TRUE", "null", "NaN", "2020-01-01"),
    *("10:00", "50%", "<&>\"'", "]]>", "&amp;", "&#10;", "<a/>", "<!--", "_x0041_", "_x000D_"),
    *("_x0041", "_x", "é", "e\u0301", "😀", "👨‍👩‍👧", "\u200b", "\u202eabc", "\u2028", "\u2029"),
    *(
        "\x7f",
        "\x85",
        "\u3000wide\u3000",
        "\xa0",
        "\ufeffbom",
        "\ufdd0",
        "\U0010ffff",
        "中文",
        "العربية",
    ),
    *("a" * 300, "a,b", "{}", "[1]", "\\", "\\n", "C:\\x", "\u00ad", "İ", "ß", "ﬃ"),
    *("a" * 32767, "b" * 32768),
)
_CONTROLS = (
    *("\x00", "a\x00b", "\x01", "\x08", "\x0b", "\x0c", "\x1b[31m", "\x1f", "\ufffe", "\uffff"),
)
_RANGES = (
    *((0x20, 0x7E), (0x20, 0x7E), (0xA0, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFD)),
    (0x10000, 0x10FFFF),
)
_FLOATS = (
    *(0.0, -0.0, 1.0, -1.0, 0.1, 0.58, 1 / 3, 2.5, 1e15, 1e16, 1e17, 123456789012345.6, 1e-4, 1e-5),
    *(9.999e-5, 1e-6, 1e-7, 1e21, 1e22, 1e23, 5e-324, 2.2250738585072014e-308),
    *(1.7976931348623157e308,),
    *(9007199254740993.0, 4503599627370496.5, 0.1 + 0.2, 100.0, 1e300, -1e-300),
)
_ODD_FLOATS = (float("nan"), float("inf"), float("-inf"))
_INTS = (0, 1, -1, 9, 10, 255, 2**31, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 10**15, 10**16)
_WIDE = (2**63 - 1, -(2**63), 2**63, 2**64 - 1)
_HUGE = (2**64, -(2**64), 10**22, 10**40, -(10**300))
_DECIMALS = (
    *("0", "-0", "1.10", "0.58", "1E+3", "1E-10", "-12345678901234567890.123456789", "99999.995"),
    *("0.1000000000000000055511151231257827", "9007199254740993", "1E-400", "NaN", "Infinity"),
)


def _text(rng: random.Random, controls: bool) -> str:
    if rng.random() < 0.6:
        return rng.choice(_TEXTS + _CONTROLS if controls else _TEXTS)
    return "".join(chr(rng.randint(*rng.choice(_RANGES))) for _ in range(rng.randint(0, 20)))


def _float(rng: random.Random) -> float:
    form = rng.randint(0, 3)
    if form == 0:
        return rng.choice(_FLOATS)
    if form == 1:
        return round(rng.uniform(-1e6, 1e6), rng.randint(0, 6))
    if form == 2:
        return float(f"{rng.randint(-999, 999)}e{rng.randint(-30, 30)}")
    value: float = struct.unpack("<d", rng.randbytes(8))[0]
    return value if value == value and abs(value) != float("inf") else 0.25


def _int(rng: random.Random) -> int:
    return rng.choice((rng.choice(_INTS), rng.randint(-1000, 1000), rng.getrandbits(63)))


def _moment(rng: random.Random, micros: bool) -> datetime:
    """To the millisecond, which is what reading a workbook gives back, unless `micros`."""
    days = rng.choice((rng.randint(0, 3_652_058), rng.randint(693_595, 767_000)))
    rest = rng.choice((0, rng.randint(0, 86_399), rng.randint(0, 86_399)))
    part = rng.choice((0, 0, rng.randint(0, 999_999) if micros else rng.randint(0, 999) * 1000))
    return datetime(1, 1, 1) + timedelta(days=days, seconds=rest, microseconds=part)


def _duration(rng: random.Random) -> timedelta:
    return timedelta(days=rng.choice((0, 0, rng.randint(-400, 400))), seconds=rng.randint(0, 86399))


def _zone(rng: random.Random, seconds: bool = False) -> timezone:
    minutes = rng.choice((0, 60, -330, rng.randint(-1439, 1439)))
    return timezone(timedelta(minutes=minutes, seconds=rng.choice((0, 0, 28)) if seconds else 0))


def _number(rng: random.Random) -> Any:
    forms = (_int, _float, lambda r: Decimal(r.choice(_DECIMALS)), lambda r: r.choice(_WIDE))
    return rng.choice(forms)(rng)


def _subclass(rng: random.Random) -> Any:
    return rng.choice((Name("näme"), Loud("quiet"), Count(7), Marked(8), Ratio(0.25), Level.HIGH,
                       Grade.A, Mode.FAST, Moment(2020, 1, 2, 3, 4, 5)))  # fmt: skip


def xlsx_cell(rng: random.Random) -> Any:
    form = rng.randint(0, 13)
    if form < 4:
        return _text(rng, False)
    if form < 7:
        return _number(rng)
    moment = _moment(rng, False)
    return rng.choice(
        (
            *(None, None, True, False, rng.choice(_ODD_FLOATS), rng.choice(_HUGE), _subclass(rng)),
            *(moment, moment.date(), moment.time(), _duration(rng)),
        )
    )


def csv_cell(rng: random.Random) -> Any:
    if rng.random() < 0.4:
        return _text(rng, True)
    moment = _moment(rng, True)
    return rng.choice(
        (
            *(_number(rng), _number(rng), _subclass(rng), rng.choice(_ODD_FLOATS)),
            *(rng.choice(_HUGE), None, True, False, moment, moment.date(), moment.time()),
            *(
                _duration(rng),
                moment.replace(tzinfo=_zone(rng, True)),
                moment.time().replace(tzinfo=_zone(rng)),
            ),
            *({"k": [1, '"', None]}, [1, "a;"], (), ("x",), b"by\x00te", {1}, Color.RED),
            *(
                2j,
                Point(1),
                timedelta.max,
                Decimal("sNaN"),
                uuid.UUID(int=rng.getrandbits(128)),
                range(3),
            ),
        )
    )


def json_value(rng: random.Random, depth: int = 0) -> Any:
    form = rng.randint(0, 13 if depth < 4 else 9)
    if form < 3:
        return _text(rng, True)
    if form == 3:
        return rng.choice((None, True, False))
    if form < 6:
        return rng.choice((_int(rng), rng.choice(_WIDE), _float(rng), rng.choice(_ODD_FLOATS)))
    if form < 10:
        moment = _moment(rng, True)
        if 10_000 <= moment.microsecond < 100_000:
            moment = moment.replace(microsecond=7)  # of a time, orjson 3.13 loses the first zero
        named = (Name("n"), Loud("l"), Count(7), Marked(8), Level.HIGH, Grade.A, Mode.FAST)
        return rng.choice(
            (
                *(moment, moment.date(), moment.time(), moment.replace(tzinfo=_zone(rng))),
                *(rng.choice(named), Color.RED, Color.TWO, uuid.UUID(int=rng.getrandbits(128))),
            )
        )
    if form == 10:
        return Point(json_value(rng, depth + 1), json_value(rng, depth + 1))
    items = [json_value(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    if form == 11:
        return items
    return tuple(items) if form == 12 else {_text(rng, True): item for item in items}


def _shaped(rng: random.Random, cells: list[Any]) -> Any:
    """The cells as one of the iterables that reports yield."""
    form = rng.randint(0, 5)
    if form == 0:
        return map(lambda cell: cell, cells)
    if form == 1:
        return (cell for cell in cells)
    return tuple(cells) if form < 4 else cells


def rows(kind: str, seed: int, count: int) -> Iterator[Any]:
    """`count` rows for the renderer `kind`, ragged, of all shapes that an iterable has."""
    rng = random.Random(f"{kind} {seed}")
    kept: list[Any] = []
    for _ in range(count):
        if kind == "json":
            yield json_value(rng)
            continue
        make = xlsx_cell if kind == "xlsx" else csv_cell
        cells = [make(rng) for _ in range(rng.choice((0, 1, 3, 8, 8, 8, 12)))]
        if rng.random() < 0.05:
            yield rng.choice(("text", "", "é😀"))  # one character a cell
        elif rng.random() < 0.1:
            kept[:] = cells
            yield kept
            kept[:] = ["changed after it was yielded"] * 20
        else:
            yield _shaped(rng, cells)


def values(kind: str, seed: int, count: int) -> list[list[Any]]:
    """What the rows of `rows` hold, taken when they are yielded as a renderer has to."""
    return [list(row) for row in rows(kind, seed, count)]

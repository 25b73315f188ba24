"""Values whose JSON must be that of orjson: `VALUES` it serialises, `ERRORS` it refuses."""

import enum
import random
import uuid
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo


class Name(str):
    pass


class Count(int):
    pass


class Ratio(float):
    pass


class Items(list):
    pass


class Color(enum.Enum):
    RED = "red"
    POINT = (1, 2)


class Level(enum.IntEnum):
    HIGH = 3


class Mode(str, enum.Enum):  # noqa: UP042 (a str subclass that is an enum is the case)
    FAST = "fast"


@dataclass
class Point:
    x: int
    y: Any = None
    _hidden: int = 1
    kind: ClassVar[str] = "point"


@dataclass(slots=True)
class Slotted:
    b: int
    a: list = field(default_factory=list)
    _hidden: int = 1


@dataclass
class Child(Point):
    z: int = 5


Pair = namedtuple("Pair", "a b")


class Moment(datetime):
    pass


def _nested(depth: int, kind: type) -> Any:
    value: Any = [] if kind is list else {}
    for _ in range(depth - 1):
        value = [value] if kind is list else {"a": value}
    return value


def _extended() -> Point:
    point = Point(1)
    point.extra = 2  # type: ignore[attr-defined]
    return point


def _zone(**offset: int) -> timezone:
    return timezone(timedelta(**offset))


_random = random.Random(20)


def _text() -> str:
    ranges = ((0, 0x7F), (0x20, 0x7E), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0x10FFFF))
    return "".join(
        chr(_random.randint(*_random.choice(ranges))) for _ in range(_random.randint(0, 12))
    )


def _float() -> float:
    return _random.choice((1, -1)) * _random.random() * 10 ** _random.randint(-30, 30)


def _any(depth: int = 0) -> Any:
    choice = _random.randint(0, 9 if depth < 4 else 6)
    if choice == 0:
        return _random.choice((None, True, False))
    if choice in (1, 2):
        return _text()
    if choice == 3:
        return _random.randint(-(2**63), 2**64 - 1)
    if choice == 4:
        return _float()
    if choice == 5:
        return datetime.fromtimestamp(_random.randint(0, 2**32), UTC)
    if choice == 6:
        return round(_random.random() * 1000, 2)
    if choice == 7:
        return [_any(depth + 1) for _ in range(_random.randint(0, 4))]
    if choice == 8:
        return tuple(_any(depth + 1) for _ in range(_random.randint(0, 4)))
    return {_text(): _any(depth + 1) for _ in range(_random.randint(0, 4))}


VALUES: list[Any] = [
    None, True, False, "", "a\"\\/\b\f\n\r\t\x00\x1f\x7f\u2028é€😀", 0, -1, 2**63 - 1, -(2**63),
    2**63, 2**64 - 1, 0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e17, 1e-4, 1e-5, 1e-6, 1e-7, 5e-324,
    1.7976931348623157e308, 123456789.123, 0.1 + 0.2, 1e22, 1e21, 123456789012345680.0,
    float("nan"), float("inf"), float("-inf"), [], {}, (), [[]], {"": {}}, {"a": 1, "b": [1, (2,)]},
    Name("n"), Count(5), Items([1]), OrderedDict(b=1, a=2), Color.RED, Color.POINT, Level.HIGH,
    Mode.FAST, Point(1, "y"), Point(1, Point(2)), Slotted(1), Child(1), _extended(),
    date(1, 1, 1), date(9999, 12, 31), time(1, 2, 3), time(1, 2, 3, 4), time(0),
    datetime(2020, 1, 1), datetime(1, 1, 1, 1, 1, 1, 1), datetime(2020, 1, 1, 0, 0, 0, 100000),
    datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 7, 1, tzinfo=ZoneInfo("Europe/Rome")),
    datetime(2020, 1, 1, tzinfo=_zone(hours=5, minutes=30)),
    datetime(2020, 1, 1, tzinfo=_zone(hours=-3, minutes=-30)),
    datetime(2020, 1, 1, tzinfo=_zone(minutes=-1)), datetime(2020, 1, 1, tzinfo=_zone(hours=-5)),
    datetime(2020, 1, 1, tzinfo=_zone(seconds=31)), datetime(2020, 1, 1, tzinfo=_zone(seconds=29)),
    datetime(2020, 1, 1, tzinfo=_zone(minutes=19, seconds=32)),
    datetime(2020, 1, 1, tzinfo=_zone(hours=2, minutes=19, seconds=40)),
    datetime(2020, 1, 1, tzinfo=_zone(hours=23, minutes=59)),
    uuid.UUID(int=5), _nested(200, list), _nested(254, list), _nested(254, dict),
    *(_any() for _ in range(400)),
    *(_float() for _ in range(300)),
]  # fmt: skip

ERRORS: list[Any] = [
    2**64, -(2**63) - 1, "\ud800", {"\ud800": 1}, {1: 2}, {None: 1}, {Name("k"): 1}, Decimal("1.0"),
    b"x", {1}, object(), 1j, timedelta(1), Ratio(0.5), Pair(1, 2),
    Moment(2020, 1, 1), _nested(255, list), _nested(255, dict), _nested(400, list), Point, Color,
    [1, {"a": [Decimal(1)]}], range(3), (x for x in ()),
]  # fmt: skip

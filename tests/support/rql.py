"""RQL as a Connect-compatible API understands it, applied to plain Python objects.

    query = parse("and(eq(status,active),in(type,(a,b)))&ordering(-created)&limit=10")
    page = query.select(query.order([o for o in objects if query.matches(o)]))

Grammar: `op(prop,value)`, `prop=op=value`, `prop=value`; `and(..)`, `&`, `,`; `or(..)`, and inside
parentheses `|` or `;`; `not(..)`; `in(prop,(a,b))`, `out`; `like`, `ilike` with `*` at either end;
`ordering(a,-b)`, `select(-a.b)`; `null()`, `empty()`; quoted values; `limit`, `offset`, `search`.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

_COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_SEARCHES = frozenset({"like", "ilike"})
_LISTS = frozenset({"in", "out"})
_LOGIC = frozenset({"and", "or", "not"})
_PROPERTY = re.compile(r"[A-Za-z_][\w.-]*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MAX_DEPTH = 32

NULL = "null()"
EMPTY = "empty()"

Item = Mapping[str, object]
Test = Callable[[Item], bool]


class RqlError(ValueError):
    """The query is not RQL; the text names the offending part."""


@dataclass
class Query:
    """A parsed query string: a filter, an ordering, a projection and a window."""

    tests: list[Test] = field(default_factory=list)
    ordering: list[str] = field(default_factory=list)
    selected: list[str] = field(default_factory=list)
    search: str | None = None
    limit: int = 100
    offset: int = 0

    def matches(self, item: Item) -> bool:
        if self.search is not None and not _mentions(item, self.search.lower()):
            return False
        return all(test(item) for test in self.tests)

    def order(self, items: Iterable[Item]) -> list[Item]:
        """Stable; objects without the property come last in ascending order."""
        ordered = list(items)
        for term in reversed(self.ordering):
            name = term.lstrip("+-")
            ordered.sort(key=lambda item: _sort_key(item, name), reverse=term.startswith("-"))
        return ordered

    def select(self, item: Item) -> Item:
        """Leaves out every `-path`; a positive name asks for what is already there."""
        dropped = [name[1:] for name in self.selected if name.startswith("-")]
        if not dropped:
            return item
        result: Item = item
        for path in dropped:
            result = _without(result, path.split("."))
        return result


def _without(item: Item, path: list[str]) -> Item:
    """A copy of `item` without the member; what is not on the path is shared."""
    name = path[0]
    if name not in item:
        return item
    copied = dict(item)
    inner = copied[name]
    if len(path) == 1:
        del copied[name]
    elif isinstance(inner, Mapping):
        copied[name] = _without(inner, path[1:])
    return copied


def parse(text: str) -> Query:
    """`text` is the raw query string; percent-escapes are undone before parsing, `+` stays."""
    query = Query()
    decoded = urllib.parse.unquote(text, errors="strict")
    parser = _Parser(decoded, query)
    query.tests = parser.parse_all()
    return query


class _Parser:
    """Recursive descent; `limit=`, `ordering()` and the like go straight into the query."""

    def __init__(self, text: str, query: Query) -> None:
        self._text = text
        self._at = 0
        self._query = query

    def parse_all(self) -> list[Test]:
        tests: list[Test] = []
        while self._at < len(self._text):
            if self._peek() in "&,":
                self._at += 1
                continue
            tests.append(self._term(1))
            if self._at < len(self._text) and self._peek() not in "&,":
                raise self._error("expected & or ,")
        return tests

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _error(self, what: str) -> RqlError:
        return RqlError(f"rql: {what} at {self._at}: {self._text[self._at : self._at + 40]!r}")

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise self._error(f"expected {character!r}")
        self._at += 1

    def _term(self, depth: int) -> Test:
        if depth > _MAX_DEPTH:
            raise self._error("nested too deeply")
        if self._peek() == "(":
            self._at += 1
            return self._group("and", depth)
        match = _PROPERTY.match(self._text, self._at)
        if match is None:
            raise self._error("expected a property or an operator")
        name = match.group()
        self._at = match.end()
        if self._peek() == "(":
            self._at += 1
            return self._function(name, depth)
        self._expect("=")
        return self._assignment(name)

    def _group(self, comma: str, depth: int) -> Test:
        """Reads up to the closing parenthesis; `comma` says which operator `,` stands for."""
        alternatives: list[list[Test]] = [[]]
        while True:
            alternatives[-1].append(self._term(depth + 1))
            separator = self._peek()
            self._at += 1
            if separator == ")":
                return _any_of([_all_of(tests) for tests in alternatives])
            if separator in ("|", ";") or (separator == "," and comma == "or"):
                alternatives.append([])
            elif separator not in ("&", ","):
                self._at -= 1
                raise self._error("expected a separator or )")

    def _function(self, name: str, depth: int) -> Test:
        if name in _LOGIC:
            inner = self._group(name, depth)
            return (lambda item: not inner(item)) if name == "not" else inner
        arguments = self._balanced()
        if name in ("ordering", "select"):
            terms = [term.strip() for term in arguments.split(",") if term.strip()]
            (self._query.ordering if name == "ordering" else self._query.selected).extend(terms)
            return _all_of([])
        if name not in _COMPARISONS | _SEARCHES | _LISTS:
            raise self._error(f"unknown operator {name!r}")
        prop, comma, value = arguments.partition(",")
        if not comma or _PROPERTY.fullmatch(prop) is None:
            raise self._error(f"{name} wants (property,value)")
        return _make_test(name, prop, value)

    def _balanced(self) -> str:
        """The text up to the parenthesis that closes the one just read."""
        start, level, quote = self._at, 1, ""
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 1
            if quote:
                quote = "" if character == quote else quote
            elif character in "\"'" and self._text[self._at - 2] in "(,":
                quote = character
            elif character == "(":
                level += 1
            elif character == ")":
                level -= 1
                if level == 0:
                    return self._text[start : self._at - 1]
        raise self._error("missing )")

    def _assignment(self, name: str) -> Test:
        start = self._at
        if self._peek() in ('"', "'") and self._peek():
            self._at = self._text.find(self._peek(), self._at + 1) + 1 or len(self._text)
        while self._at < len(self._text) and self._text[self._at] not in "&,|;)":
            opens = self._text[self._at] == "("
            self._at += 1
            if opens:
                self._balanced()
        value = self._text[start : self._at]
        if name in ("limit", "offset"):
            if not value.isdigit():
                raise RqlError(f"rql: {name} wants a number, found {value!r}")
            setattr(self._query, name, int(value))
            return _all_of([])
        if name == "search":
            self._query.search = _unquote(value)
            return _all_of([])
        operator, equals, rest = value.partition("=")
        if equals and operator in _COMPARISONS | _SEARCHES | _LISTS:
            return _make_test(operator, name, rest)
        return _make_test("eq", name, value)


def _all_of(tests: list[Test]) -> Test:
    return lambda item: all(test(item) for test in tests)


def _any_of(tests: list[Test]) -> Test:
    return lambda item: any(test(item) for test in tests)


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0]:
        return value[1:-1]
    return value


def _make_test(operator: str, prop: str, value: str) -> Test:
    if operator in _LISTS:
        if not (value.startswith("(") and value.endswith(")")):
            raise RqlError(f"rql: {operator} wants (property,(a,b)), found {value!r}")
        wanted = [_unquote(part) for part in value[1:-1].split(",") if part]

        def is_in(item: Item) -> bool:
            return any(_equals(actual, one) for actual in _resolve(item, prop) for one in wanted)

        return is_in if operator == "in" else lambda item: not is_in(item)
    if value in (NULL, EMPTY):
        return _null_test(operator, prop, value)
    text = _unquote(value)
    if operator == "ne":
        return lambda item: not any(_equals(actual, text) for actual in _resolve(item, prop))
    check = _CHECKS[operator]
    return lambda item: any(check(actual, text) for actual in _resolve(item, prop))


def _null_test(operator: str, prop: str, value: str) -> Test:
    blanks: tuple[object, ...] = (None,) if value == NULL else (None, "", [], {})

    def is_blank(item: Item) -> bool:
        return all(actual in blanks for actual in _resolve(item, prop))

    if operator not in ("eq", "ne"):
        raise RqlError(f"rql: {operator} does not take {value}")
    return is_blank if operator == "eq" else lambda item: not is_blank(item)


def _resolve(item: object, path: str) -> list[object]:
    """Every value the dotted path leads to; lists on the way fan out; missing gives [None]."""
    level: list[object] = [item]
    for name in path.split("."):
        found: list[object] = []
        for one in level:
            for element in one if isinstance(one, list) else [one]:
                found.append(element.get(name) if isinstance(element, Mapping) else None)
        level = found
    return level or [None]


def _as_datetime(value: object) -> datetime | None:
    if not isinstance(value, str) or _DATE.match(value) is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


def _as_number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _compare(actual: object, text: str) -> int | None:
    """-1, 0, 1, or None when the two cannot be compared."""
    if actual is None or isinstance(actual, (Mapping, list)):
        return None
    if isinstance(actual, bool):
        return {"true": 0, "false": 1}.get(text) if actual else {"false": 0, "true": -1}.get(text)
    pairs: tuple[tuple[object, object], ...] = (
        (_as_datetime(actual), _as_datetime(text)),
        (_as_number(actual), _as_number(text)) if not isinstance(actual, str) else (None, None),
        (str(actual), text),
    )
    for left, right in pairs:
        if left is not None and right is not None:
            return (left > right) - (left < right)  # type: ignore[operator]
    return None


def _equals(actual: object, text: str) -> bool:
    return _compare(actual, text) == 0


def _like(actual: object, pattern: str, *, fold: bool) -> bool:
    if not isinstance(actual, str):
        return False
    starts, ends = pattern.startswith("*"), pattern.endswith("*") and not pattern.endswith("\\*")
    core = pattern[1 if starts else 0 : -1 if ends and len(pattern) > 1 else None]
    core = core.replace("\\*", "*")
    if fold:
        actual, core = actual.lower(), core.lower()
    if starts and ends:
        return core in actual
    if starts:
        return actual.endswith(core)
    return actual.startswith(core) if ends else actual == core


_CHECKS: dict[str, Callable[[object, str], bool]] = {
    "eq": _equals,
    "gt": lambda actual, text: _compare(actual, text) == 1,
    "ge": lambda actual, text: _compare(actual, text) in (0, 1),
    "lt": lambda actual, text: _compare(actual, text) == -1,
    "le": lambda actual, text: _compare(actual, text) in (-1, 0),
    "like": lambda actual, text: _like(actual, text, fold=False),
    "ilike": lambda actual, text: _like(actual, text, fold=True),
}


def _sort_key(item: Item, path: str) -> tuple[int, object]:
    value = _resolve(item, path)[0]
    if value is None or isinstance(value, (Mapping, list)):
        return (3, 0)
    if isinstance(value, (bool, int, float)):
        return (0, value)
    moment = _as_datetime(value)
    return (1, moment) if moment is not None else (2, str(value))


def _mentions(value: object, term: str) -> bool:
    if isinstance(value, Mapping):
        return any(_mentions(inner, term) for inner in value.values())
    if isinstance(value, list):
        return any(_mentions(inner, term) for inner in value)
    return isinstance(value, str) and term in value.lower()

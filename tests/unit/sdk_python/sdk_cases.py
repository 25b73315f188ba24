"""Random filters and call sequences, as source text, and how a case is run.

The same text is run with our packages and with ``connect-openapi-client``, so this module must not
import either by itself.
"""

import asyncio
import itertools
import json
import random
import textwrap
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

NAMES = {
    "Decimal": Decimal,
    "date": date,
    "datetime": datetime,
    "islice": itertools.islice,
    "timedelta": timedelta,
    "timezone": timezone,
}
FIELDS = ("id", "status", "events.created.at", "asset.product.id", "a_b", "x.y")
TEXTS = (
    "draft",
    "a b",
    "*x*",
    "100%",
    "%41",
    "%7e",
    "%zz",
    "%c3%A9",
    "it's",
    '"quoted"',
    "a|b",
    "é€",
    "a+b",
    "a&b=c",
    "what?",
    "[x]",
    "{y}",
    "back\\slash",
    "^`",
    "<tag>",
    "~",
    "a;b",
    "x,y",
    "(p)",
    "$!@:",
    "../up",
    "./here",
    "",
    "50% off %20",
    "\U0001f600",
)
# httpx refuses control characters that requests merely quotes.
SYNC_ONLY_TEXTS = ("line\nbreak", "\x7f", "tab\there")
SCALARS = (
    "1",
    "-2",
    "1.5",
    "1e20",
    "Decimal('1.10')",
    "True",
    "False",
    "date(2020, 2, 29)",
    "datetime(2020, 1, 1, 10, 30)",
    "datetime(2020, 1, 1, 10, 30, 5, 7)",
    "datetime(2020, 1, 1, tzinfo=timezone.utc)",
    "datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))",
)
LISTS = ("[]", "()", "['one']", "('a', 'b')", "['x', 'y z', 'é']", "['a'] * 3")
BAD = ("None", "[1, 2]", "{'a': 1}", "{'x'}", "'text'", "3", "object()")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "like", "ilike")


class Generator:
    """Gives the same cases for the same seed."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)

    def _pick(self, options: Any) -> Any:
        return self._random.choice(options)

    def _scalar(self) -> str:
        if self._random.random() < 0.005:
            return self._pick(BAD)
        return repr(self._pick(TEXTS)) if self._random.random() < 0.6 else self._pick(SCALARS)

    def _list(self) -> str:
        return self._pick(BAD) if self._random.random() < 0.01 else self._pick(LISTS)

    def _field(self) -> str:
        field = self._pick(FIELDS)
        form = self._random.randrange(3)
        if form == 0:
            return f".n({field!r})"
        if form == 1:
            return f".{field}"
        return "".join(f".n({part!r})" for part in field.split("."))

    def term(self) -> str:
        kind = self._random.randrange(12)
        if kind < 5:
            return f"R(){self._field()}.{self._pick(COMPARISONS)}({self._scalar()})"
        if kind < 7:
            return f"R(){self._field()}.{self._pick(('in_', 'oneof', 'out'))}({self._list()})"
        if kind < 8:
            test = self._pick(("null", "empty"))
            return f"R(){self._field()}.{test}({self._pick(('True', 'False', '0', '1', 'None'))})"
        if kind < 11 or self._random.random() < 0.5:
            return f"R({self._lookups()})"
        return self._pick(
            (
                "R()",
                "R(_expr='eq(raw,1)')",
                "R().unfinished",
                "R().eq(1)",
                "R()",
                "R(a=1, b=2).c.eq(3)",
                "R().a.eq(1).ne(2)",
                "R(a=1).b.eq(2)",
                *(("R().a.eq(1).b",) if self._random.random() < 0.2 else ()),
            )
        )

    def _lookups(self) -> str:
        lookups = {}
        for _ in range(self._random.randint(1, 3)):
            name = self._pick(FIELDS).replace(".", "__")
            kind = self._random.randrange(4)
            if kind == 0:
                lookups[name] = self._scalar()
            elif kind == 1:
                lookups[f"{name}__{self._pick(COMPARISONS)}"] = self._scalar()
            elif kind == 2:
                lookups[f"{name}__{self._pick(('in', 'out'))}"] = self._list()
            else:
                test = self._pick(("True", "False", "1", "None"))
                lookups[f"{name}__{self._pick(('null', 'empty'))}"] = test
        return ", ".join(f"{name}={value}" for name, value in lookups.items())

    def expression(self, depth: int = 4) -> str:
        """The source of an R expression; a few of them raise."""
        roll = self._random.random()
        if depth == 0 or roll < 0.3:
            return self.term()
        if roll < 0.4:
            return f"~{self._wrapped(depth)}"
        if roll < 0.45:
            same = self._wrapped(depth)
            return f"{same} {self._pick('&|')} {same}"
        operators = [self._pick("&|")] * 3 if self._random.random() < 0.6 else "&|&"
        parts = [self._wrapped(depth) for _ in range(self._random.randint(2, 4))]
        return "".join(
            f" {operators[index - 1]} {part}" if index else part for index, part in enumerate(parts)
        )

    def _wrapped(self, depth: int) -> str:
        return f"({self.expression(depth - 1)})"

    def _collection(self) -> str:
        return self._pick(
            (
                "client.products",
                "client.tiny",
                "client.empty",
                "client.tier_accounts",
                "client.collection('tiny')",
                "client('devops').products",
                "client.ns('a').ns('b').x_y",
                "client.products['PRD-001'].items",
                "client.products[7].collection('media')",
                "client.collection('a b')",
                "client.products['x%2Fy'].tiny",
                "client.ns('ü').tiny",
                "client.collection('[x]{y}|z')",
                "client.ns('n').collection('up').resource('..').tiny",
            )
        )

    def resource_set(self) -> str:
        """The source of a resource set with some refinements."""
        text = self._collection() + self._pick((".all()", ".filter()", ".filter(R())"))
        for _ in range(self._random.randint(0, 4)):
            text += self._refinement()
        return text

    def _refinement(self) -> str:
        kind = self._random.randrange(9)
        if kind < 3:
            return f".filter({self.expression(2)})"
        if kind == 3:
            return f".filter({self._lookups()})"
        return (
            lambda: f".filter({self._pick(TEXTS)!r}, R().z.ge(1))",
            lambda: f".order_by({self._pick(FIELDS)!r}, {'-' + self._pick(FIELDS)!r})",
            lambda: self._pick((".select('-items')", ".select('-a,-b', 'c')", ".all()")),
            lambda: f".limit({self._pick((1, 2, 3, 7, 100))})",
            lambda: f".search({self._pick(TEXTS)!r})",
        )[kind - 4]()

    def sync_case(self) -> dict[str, str]:
        rs = self.resource_set()
        low = self._random.randrange(8)
        body = self._pick(
            (
                f"return list({rs})",
                f"return {rs}.first()",
                f"return {rs}.count()",
                f"return bool({rs})",
                f"return {rs}[{self._random.randrange(15)}]",
                f"return list({rs}[{low}:{low + self._random.randrange(1, 20)}])",
                f"return {rs}[{low}:{low + 5}].count()",
                f"return list({rs}.values_list('id', 'owner.name', 'nope.x'))",
                f"return list(islice({rs}, {self._random.randrange(1, 12)}))",
                f"rs = {rs}\nrows = list(rs)\nreturn [rows, rs.count(), list(rs.content_range), "
                f"bool(rs), rs.limit(5).count()]",
                f"rs = {rs}.configure(params={{'extra': 'a b', 'many': [1, 2]}})\nreturn list(rs)",
            )
        )
        return {"mode": "sync", "source": body}

    def sequence_case(self) -> dict[str, str]:
        """Several questions to one set. Upstream forgets all but the last page of a longer set once
        it was looped over, so then only questions follow that it still answers rightly."""
        mode = self._pick(("sync", "async"))
        before = [("await rs.count()", "await rs.first()"), ("bool(rs)", "rs[1]", "rs[0:2].path")]
        before = before[0] if mode == "async" else before[0] + before[1]
        loop = "[row async for row in rs]" if mode == "async" else "[row for row in rs]"
        is_short = self._random.random() < 0.5
        rs = self._pick(
            ("client.tiny.all()", "client.empty.all()", "client.tiny.all()[0:3]")
            if is_short
            else ("client.products.all()", "client.products.all()[2:21]")
        )
        after = ("await rs.count()", "await rs.first()", "list(rs.content_range)", "bool(rs)")
        if is_short:
            after += (loop, "rs[0:2]", "rs.values_list('id')", "rs.limit(1)[0:2].path", "rs[5]")
        steps = [self._pick(before) for _ in range(self._random.randrange(4))] + [loop]
        steps += [self._pick(after) for _ in range(self._random.randrange(5))]
        refinement = self._refinement() if self._random.random() < 0.3 else ""
        if is_short and ".limit(" in refinement:
            refinement = ""
        source = f"rs = {rs}{refinement}\nreturn [{', '.join(steps)}]"
        return {"mode": mode, "source": source if mode == "async" else source.replace("await ", "")}

    def async_case(self) -> dict[str, str]:
        rs = self.resource_set()
        low = self._random.randrange(8)
        body = self._pick(
            (
                f"return [row async for row in {rs}]",
                f"return await {rs}.first()",
                f"return await {rs}.count()",
                f"return [row async for row in {rs}[{low}:{low + self._random.randrange(1, 20)}]]",
                f"return [row async for row in {rs}.values_list('id', 'owner.name')]",
                f"rs = {rs}\nrows = [row async for row in rs]\n"
                "return [rows, await rs.count(), list(rs.content_range), bool(rs)]",
                f"return bool({rs})",
            )
        )
        return {"mode": "async", "source": body}


FIXED_CASES = [
    {"mode": mode, "source": source.replace("await ", "" if mode == "sync" else "await ")}
    for mode in ("sync", "async")
    for source in (
        "return await client.products['PRD-001'].get()",
        "return await client.products['PRD-001'].values('id', 'owner.name', 'x.y')",
        "return await client.products['PRD-001'].exists()",
        "return await client.errors['404'].exists()",
        "return await client.errors['400'].exists()",
        "return await client.errors['409'].get()",
        "return await client.bare['403'].get()",
        "return await client.get('products?eq(a,b)&limit=2')",
        "return await client.get('products', params={'limit': 1, 'b': 'x y'})",
        "return await client.products.create({'name': 'é', 'n': [1, 2]})",
        "return await client.products.create()",
        "return await client.products.create({})",
        "return await client.products.bulk_create([{'a': 1}])",
        "return await client.products.bulk_update(({'a': 1},))",
        "return (await client.products.bulk_delete([{'a': 1}])) and None",
        "return await client.products.bulk_create({'a': 1})",
        "return await client.products.create(['a'])",
        "return await client.products['PRD-001'].update({'a': None})",
        "return await client.products['PRD-001'].delete()",
        "return await client.products['PRD-001']('publish').post({'b': True})",
        "return await client.products['PRD-001'].action('publish').post()",
        "return await client.products('import').put({'c': 1.5})",
        "return await client.products('import').delete()",
        "return await client.products('export').get()",
        "return await client.nothing.all().first()",
        "rs = client.tiny.all()\nreturn [await rs.count(), await rs.count(), rs.content_range]",
        "return await client.ns('nothing').collection('x').create({'a': 1})",
        'return await client.update("products/PRD-001", payload={"x": 1})',
        'return await client.delete("products", payload=[{"x": 1}])',
        'return client.ns("")',
        "return client.ns(1)",
        "return client.collection(None)",
        "return client.products['']",
        "return client.products[1.5]",
        "return client.products.filter(1)",
        "return client.products.all()[-1]",
        "return client.products.all()['x']",
        "return client.products.all()[1:]",
        "return client.products.all()[0:4:2]",
        "return client.products.all()[-2:4]",
        "return client.products.all().limit(0)",
        "return client.products.all().limit('5')",
        "return [x for x in client.products]",
        "return [x for x in client.ns('a')]",
        "client.default_limit = 3\nreturn await client.tiny.all().count()",
        "rs = client.products.all()\nclient.default_limit = 3\nreturn await rs.first()",
        'return [client.endpoint[:17], client.api_key, client.products["PRD-1"].path]',
    )
] + [
    {"mode": "sync", "source": source}
    for source in (
        "rs = client.tiny.all()\na = list(rs)\nreturn [a, list(rs), rs[1], rs[0:2], bool(rs)]",
        "rs = client.tiny.all()\nlist(rs)\nreturn rs.values_list('id')",
        "rs = client.empty.all()\nreturn [list(rs), list(rs), bool(rs), rs.count()]",
        "rs = client.tiny.all()\nreturn [rs.content_range, bool(rs), rs.count(), list(rs)]",
        'client.default_limit = 3\nreturn list(client.products.filter(id="x"))',
        "return client.products.all()[20:40].first()",
        "return list(client.products.all()[20:40])",
        "return list(client.products.all()[30:40])",
        "return list(client.products.all()[3:25])",
        f"return list(client.tiny.filter({SYNC_ONLY_TEXTS!r}[0]))",
        f"return list(client.tiny.filter(a={SYNC_ONLY_TEXTS!r}[1]))",
        "return client.get('products?a=1', params={'b': [1, 'x y'], 'c': None})",
        "return client.create('products', data='raw text')",
        "return client.create('products', data={'form': 'a b'})",
        "client.products.all().first()\nreturn [client.response.status_code, "
        'client.response.headers["content-range"], client.response.ok]',
    )
]


def run_expression(source: str, names: dict[str, Any]) -> str:
    """The RQL that an expression prints, or the kind of its failure."""
    try:
        return str(eval(source, {**NAMES, **names}))
    except (TypeError, AttributeError) as error:
        return f"!{type(error).__name__}"


def run_case(
    case: dict[str, str],
    names: dict[str, Any],
    make_client: Callable[[str], Any],
    loop: asyncio.AbstractEventLoop,
) -> Any:
    """What the body of a case returns, as JSON values, or how it fails."""
    keyword = "async def" if case["mode"] == "async" else "def"
    body = textwrap.indent(case["source"], "    ", lambda _: True)
    scope = {**NAMES, **names, "client": make_client(case["mode"])}
    exec(f"{keyword} body():\n{body}\n", scope)
    try:
        result = scope["body"]()
        if case["mode"] == "async":
            result = loop.run_until_complete(result)
    except Exception as error:
        return {"error": type(error).__name__, "text": _text_of(error)}
    return json.loads(json.dumps(result, default=_plain))


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else type(value).__name__


def _text_of(error: Exception) -> str:
    if type(error).__name__ == "ClientError":
        return f"{error} / {error!r} / {error.errors} / {error.additional_info}"
    return str(error) if isinstance(error, (TypeError, ValueError)) else ""


def cut_targets(seen: list[Any]) -> list[list[Any]]:
    """What of the requests is compared."""
    return [[one.method, one.target, one.body, one.content_type] for one in seen]

"""The `R` object: a filter under construction.

Each node is either one term (`expr`) or a join (`op` with `children`), possibly negated. The text
that it prints is equal, character for character, to that of ``connect-openapi-client``, including
where that is surprising: joining a negated node with an empty one drops the negation
(``R() & ~R(a=1)`` prints ``eq(a,1)``), and a doubly negated term is negated once. See
`sdk/python/packages/README.md`.
"""

from typing import Any

from connect.client.rql.utils import parse_kwargs, render


class RQLQuery:
    """A filter.

    ``R(a__b__ge=1)``, ``R().a.b.ge(1)`` and ``R().n('a.b').ge(1)`` are the same term. ``&``, ``|``
    and ``~`` give new objects; naming a field and applying an operator change the object itself.
    """

    AND = "and"
    OR = "or"
    EXPR = "expr"

    def __init__(
        self,
        *,
        _op: str = EXPR,
        _children: "list[RQLQuery] | None" = None,
        _negated: bool = False,
        _expr: str | None = None,
        **kwargs: Any,
    ):
        self.op = _op
        self.children = _children or []
        self.negated = _negated
        self.expr = _expr
        self._path: list[str] = []
        self._field: str | None = None
        terms = parse_kwargs(kwargs)
        if len(terms) == 1:
            self.op, self.expr = self.EXPR, terms[0]
        elif terms:
            self.op = self.AND
            self.children.extend(RQLQuery(_expr=term) for term in terms)

    # Fields and operators.

    def n(self, name: str) -> "RQLQuery":
        """Names the field, or the next part of its dotted path."""
        if self._field:
            raise AttributeError("Already evaluated")
        self._path.extend(name.split("."))
        return self

    def __getattr__(self, name: str) -> "RQLQuery":
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)  # copy, pickle and the like probe for these
        return self.n(name)

    def eq(self, value: Any) -> "RQLQuery":
        return self._apply("eq", value)

    def ne(self, value: Any) -> "RQLQuery":
        return self._apply("ne", value)

    def lt(self, value: Any) -> "RQLQuery":
        return self._apply("lt", value)

    def le(self, value: Any) -> "RQLQuery":
        return self._apply("le", value)

    def gt(self, value: Any) -> "RQLQuery":
        return self._apply("gt", value)

    def ge(self, value: Any) -> "RQLQuery":
        return self._apply("ge", value)

    def like(self, value: Any) -> "RQLQuery":
        return self._apply("like", value)

    def ilike(self, value: Any) -> "RQLQuery":
        return self._apply("ilike", value)

    def in_(self, value: list[str] | tuple[str, ...]) -> "RQLQuery":
        return self._apply("in", value)

    def oneof(self, value: list[str] | tuple[str, ...]) -> "RQLQuery":
        return self._apply("in", value)

    def out(self, value: list[str] | tuple[str, ...]) -> "RQLQuery":
        return self._apply("out", value)

    def null(self, value: Any) -> "RQLQuery":
        return self._apply("null", value)

    def empty(self, value: Any) -> "RQLQuery":
        return self._apply("empty", value)

    def _apply(self, op: str, value: Any) -> "RQLQuery":
        self._field = ".".join(self._path)
        self.expr = render(op, self._field, value)
        return self

    # Joins.

    def __and__(self, other: "RQLQuery") -> "RQLQuery":
        return self._join(self.AND, other)

    def __or__(self, other: "RQLQuery") -> "RQLQuery":
        return self._join(self.OR, other)

    def __invert__(self) -> "RQLQuery":
        negation = RQLQuery(_op=self.AND, _expr=self.expr, _negated=True)
        negation._adopt(self)
        return negation

    def _join(self, op: str, other: "RQLQuery") -> "RQLQuery":
        if not isinstance(other, RQLQuery):
            return NotImplemented
        if not other or self == other:
            return self._copy()
        if not self:
            return other._copy()
        joined = RQLQuery(_op=op)
        joined._adopt(self)
        joined._adopt(other)
        return joined

    def _copy(self) -> "RQLQuery":
        return RQLQuery(_op=self.op, _children=self.children[:], _expr=self.expr)

    def _adopt(self, other: "RQLQuery") -> None:
        """Adds a child once, taking over the children of a join that adds no meaning of its own."""
        if other in self.children:
            return
        is_same_join = other.op == self.op
        is_join_of_one = other.op != self.EXPR and len(other) == 1
        if not other.negated and (is_same_join or is_join_of_one):
            self.children.extend(other.children)
        else:
            self.children.append(other)

    # As a value.

    def __str__(self) -> str:
        text = self.expr
        if not text:
            if not self.children:
                return ""
            text = f"{self.op}({','.join(map(str, self.children))})"
        return f"not({text})" if self.negated else text

    def __repr__(self) -> str:
        return f"<R({self.op}) {self.expr}>" if self.op == self.EXPR else f"<R({self.op})>"

    def __bool__(self) -> bool:
        return bool(self.children) or bool(self.expr)

    def __len__(self) -> int:
        return int(bool(self.expr)) if self.op == self.EXPR else len(self.children)

    def _key(self) -> tuple:
        return self.op, self.expr, self.negated, tuple(self.children)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, RQLQuery) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())


R = RQLQuery

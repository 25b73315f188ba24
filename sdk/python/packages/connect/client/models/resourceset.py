"""Resource sets: a lazily fetched list of resources with filter, order, projection and range.

A set is a description; each refinement gives a new set. Looping fetches page by page and keeps at
most one page in memory. A set that fits in one page is kept and asked for once; a longer one is
fetched anew by the next loop, so that every loop gives all rows. With ``resourceset_append=True``
on the client all pages are kept instead.
"""

import copy
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from connect.client.exceptions import ClientError
from connect.client.models.exceptions import NotYetEvaluatedError
from connect.client.rql import R
from connect.client.utils import ContentRange, get_values, parse_content_range


class _Cursor:
    """One walk over the pages of a set: what to ask next, and what the answers teach the set."""

    def __init__(self, owner: "_ResourceSetBase"):
        self._owner = owner
        self._slice = owner._slice
        self._is_first = True
        self._kept: list[Any] = []
        self.target = owner._target()
        self.options = owner._options()
        self.has_more = True

    def accept(self, rows: list[Any]) -> Iterable[Any]:
        """Takes in a page and gives its rows as the loop shall see them."""
        owner = self._owner
        if self._is_first:
            owner._is_empty = not rows
        if not rows and not self._is_first:
            self.has_more = False
        else:
            owner._content_range = owner._received_range()
            self.has_more = bool(rows) and self._plan_next(owner._content_range)
        keeps_all = owner._client.resourceset_append
        if keeps_all:
            self._kept.extend(rows)
        if not self.has_more and (self._is_first or keeps_all):
            owner._rows = self._kept if keeps_all else rows
        self._is_first = False
        return owner._shown(rows)

    def _plan_next(self, received: ContentRange | None) -> bool:
        if received is None or received.last >= received.count - 1:
            return False
        if self._slice and received.last >= self._slice.stop - 1:
            return False
        params = self.options["params"]
        params["offset"] += params["limit"]
        if self._slice:
            params["limit"] = min(params["limit"], self._slice.stop - received.last - 1)
        return True


class _ResourceSetBase:
    def __init__(self, client: Any, path: str, query: R | None = None):
        self._client = client
        self._path = path
        self._query = query or R()
        self._limit = client.default_limit or 100
        self._offset = 0
        self._slice: slice | None = None
        self._fields: tuple[str, ...] | None = None
        self._search: str | None = None
        self._select: list[str] = []
        self._ordering: list[str] = []
        self._config: dict[str, Any] = {}
        # What was learnt from the API.
        self._rows: list[Any] | None = None  # all rows of the set
        self._is_empty: bool | None = None
        self._content_range: ContentRange | None = None

    @property
    def path(self) -> str:
        return self._path

    @property
    def query(self) -> R:
        return self._query

    @property
    def content_range(self) -> ContentRange | None:
        """First, last and count as the last page of a loop gave them, None before."""
        return self._content_range

    def help(self):
        self._client.print_help(self)
        return self

    # Refinements.

    def all(self):
        return self._copy()

    def filter(self, *args: R | str, **kwargs: Any):
        """Adds filters, joined with `and`: R objects, RQL text or ``a__b__ge=1`` lookups."""
        refined = self._copy()
        for arg in args:
            if isinstance(arg, str):
                arg = R(_expr=arg)
            elif not isinstance(arg, R):
                raise TypeError(f"arguments must be string or R not {type(arg)}")
            refined._query &= arg
        if kwargs:
            refined._query &= R(**kwargs)
        return refined

    def order_by(self, *fields: str):
        refined = self._copy()
        refined._ordering.extend(fields)
        return refined

    def select(self, *fields: str):
        refined = self._copy()
        refined._select.extend(fields)
        return refined

    def search(self, term: str):
        refined = self._copy()
        refined._search = term
        return refined

    def limit(self, limit: int):
        """Sets the size of a page, not of the set."""
        if not isinstance(limit, int):
            raise TypeError("`limit` must be an integer.")
        if limit <= 0:
            raise ValueError("`limit` must be a positive, non-zero integer.")
        refined = self._copy()
        refined._limit = limit
        return refined

    def configure(self, **kwargs: Any):
        """Sets the arguments (headers, params) of each call that the set makes."""
        refined = self._copy()
        refined._config = kwargs
        return refined

    def values_list(self, *fields: str):
        """Gives dicts of the dotted `fields` in place of whole resources."""
        if self._rows:
            return [get_values(row, fields) for row in self._rows]
        refined = self._copy()
        refined._fields = fields
        return refined

    def _copy(self, limit: int | None = None, offset: int | None = None):
        twin = type(self)(self._client, self._path, self._query)
        twin._limit = self._limit if limit is None else limit
        twin._offset = self._offset if offset is None else offset
        twin._slice = self._slice
        twin._fields = self._fields
        twin._search = self._search
        twin._select = self._select[:]
        twin._ordering = self._ordering[:]
        twin._config = copy.deepcopy(self._config)
        return twin

    def _sliced(self, key: slice):
        part = self._copy(limit=min(self._limit, key.stop - key.start), offset=key.start)
        part._slice = key
        return part

    # Requests and answers.

    def _target(self) -> str:
        parts = []
        if self._select:
            parts.append(f"select({','.join(self._select)})")
        if self._query:
            parts.append(str(self._query))
        if self._ordering:
            parts.append(f"ordering({','.join(self._ordering)})")
        return f"{self._path}?{'&'.join(parts)}"

    def _options(self, limit: int | None = None) -> dict[str, Any]:
        options = copy.deepcopy(self._config)
        params = options.setdefault("params", {})
        params["limit"] = self._limit if limit is None else limit
        params["offset"] = self._offset
        if self._search:
            params["search"] = self._search
        return options

    def _received_range(self) -> ContentRange | None:
        return parse_content_range(self._client.response.headers.get("Content-Range"))

    def _received_count(self) -> int:
        received = self._received_range()
        if received is None:
            raise ClientError(f"the answer for `{self._path}` has no Content-Range to count by")
        return received.count

    def _shown(self, rows: list[Any]) -> Iterable[Any]:
        return (get_values(row, self._fields) for row in rows) if self._fields else rows


def _check_key(key: Any) -> None:
    if not isinstance(key, (int, slice)):
        raise TypeError("ResourceSet indices must be integers or slices.")
    is_slice = isinstance(key, slice)
    if is_slice and (key.start is None or key.stop is None):
        raise ValueError("Both start and stop indexes must be specified.")
    if (min(key.start, key.stop) if is_slice else key) < 0:
        raise ValueError("Negative indexing is not supported.")
    if is_slice and key.step:
        raise ValueError("Indexing with step is not supported.")


class ResourceSet(_ResourceSetBase):
    """``client.products.filter(…)``: loop over it, index it, ask for its count."""

    def __iter__(self) -> Iterator[Any]:
        if self._rows is not None:
            return iter(self._shown(self._rows))
        return self._walk()

    def __bool__(self) -> bool:
        return bool(self._fetch(self._copy())) if self._is_empty is None else not self._is_empty

    def __getitem__(self, key: int | slice) -> Any:
        _check_key(key)
        if self._rows is not None:
            return self._rows[key]
        if isinstance(key, slice):
            return self._sliced(key)
        return self._one(key)

    def first(self) -> Any:
        """The first resource, or None; always its own call."""
        return self._one(0)

    def count(self) -> int:
        """The number of resources; its own call unless a loop has told it already."""
        if self._content_range:
            return self._content_range.count
        self._client.get(self._target(), **self._options(limit=0))
        return self._received_count()

    def _one(self, offset: int) -> Any:
        rows = self._fetch(self._copy(limit=1, offset=offset))
        return rows[0] if rows else None

    @staticmethod
    def _fetch(page: "ResourceSet") -> list[Any]:
        return page._client.get(page._target(), **page._options())

    def _walk(self) -> Iterator[Any]:
        cursor = _Cursor(self)
        while cursor.has_more:
            yield from cursor.accept(self._client.get(cursor.target, **cursor.options))


class AsyncResourceSet(_ResourceSetBase):
    """A `ResourceSet` for ``async for``; `count` and `first` are awaited."""

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._walk()

    def __bool__(self) -> bool:
        if self._is_empty is None:
            raise NotYetEvaluatedError("loop over the set before asking whether it has rows")
        return not self._is_empty

    def __getitem__(self, key: int | slice) -> Any:
        _check_key(key)
        if self._rows is not None:
            return self._rows[key]
        if isinstance(key, slice):
            return self._sliced(key)
        raise NotYetEvaluatedError("loop over the set before taking one of its rows")

    async def first(self) -> Any:
        """The first resource, or None; always its own call."""
        page = self._copy(limit=1, offset=0)
        rows = await self._client.get(page._target(), **page._options())
        return rows[0] if rows else None

    async def count(self) -> int:
        """The number of resources; its own call unless a loop has told it already."""
        if self._content_range:
            return self._content_range.count
        await self._client.get(self._target(), **self._options(limit=0))
        count = self._received_count()
        self._content_range = self._received_range()  # unlike in the synchronous set, kept
        return count

    async def _walk(self) -> AsyncIterator[Any]:
        if self._rows is not None:
            for row in self._shown(self._rows):
                yield row
            return
        cursor = _Cursor(self)
        while cursor.has_more:
            for row in cursor.accept(await self._client.get(cursor.target, **cursor.options)):
                yield row

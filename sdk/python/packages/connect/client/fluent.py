"""The clients that report code is given, synchronous and asynchronous.

A client is bound to a named connection of the host (``connection=``). One that report code makes
for itself has none: its calls go to absolute URLs below `endpoint` and carry its `api_key`, and the
host decides by the origin. `api_key` is a placeholder in either case; the host knows the real key.

There is no retry and no timeout here: the host does both.
"""

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from connect.client import wire
from connect.client.constants import CONNECT_ENDPOINT_URL, CONNECT_SPECS_URL
from connect.client.models import NS, AsyncCollection, AsyncNS, Collection
from connect.client.models.base import check_name, collection_name
from connect.client.version import get_version


class _ClientBase:
    _dialect: wire.Dialect
    _ns_class: type
    _collection_class: type

    def __init__(
        self,
        api_key: str,
        endpoint: str | None = None,
        use_specs: bool = False,
        specs_location: str | None = None,
        validate_using_specs: bool = True,
        default_headers: dict[str, str] | None = None,
        default_limit: int = 100,
        max_retries: int = 3,
        logger: Any = None,
        timeout: Any = (15.0, 180.0),
        resourceset_append: bool = False,
        *,
        connection: str | None = None,
    ):
        """`use_specs`, `max_retries` and `timeout` are accepted and have no effect."""
        if default_headers and "Authorization" in default_headers:
            raise ValueError("`default_headers` cannot contains `Authorization`")
        self.endpoint = endpoint or CONNECT_ENDPOINT_URL
        self.api_key = api_key
        self.default_headers = default_headers or {}
        self.default_limit = default_limit
        self.max_retries = max_retries
        self.specs_location = specs_location or CONNECT_SPECS_URL
        self.specs = None
        self.logger = logger
        self.timeout = timeout
        self.resourceset_append = resourceset_append
        self._connection = connection

    # Where to go.

    def ns(self, name: str):
        check_name(name)
        return self._ns_class(self, name)

    def collection(self, name: str):
        check_name(name)
        return self._collection_class(self, name)

    __call__ = ns

    def __getattr__(self, name: str):
        if name in ("session", "response"):
            raise AttributeError(f"{name}: calls go through the host, there is no transport here")
        return self.collection(collection_name(name))

    # What to do there.

    def get(self, url: str, **kwargs: Any) -> Any:
        return self.execute("get", url, **kwargs)

    def create(self, url: str, payload: Any = None, **kwargs: Any) -> Any:
        return self.execute("post", url, **_with_payload(payload, kwargs))

    def update(self, url: str, payload: Any = None, **kwargs: Any) -> Any:
        return self.execute("put", url, **_with_payload(payload, kwargs))

    def delete(self, url: str, payload: Any = None, **kwargs: Any) -> Any:
        return self.execute("delete", url, **_with_payload(payload, kwargs))

    def execute(self, method: str, path: str, **kwargs: Any) -> Any:
        """Calls ``path[?query]`` below the base and gives the decoded answer.

        Raises ClientError for an answer of 400 or more and when the host makes no call.
        """
        raise NotImplementedError

    def help(self):
        self.print_help(None)
        return self

    def print_help(self, obj: Any) -> None:
        where = "the API" if obj is None else f"{type(obj).__name__} /{obj.path}"
        print(f"\n{where} at {self.endpoint}\nThe API reference describes what is below it.")

    def _prepare(self, method: str, path: str, options: dict[str, Any]) -> Callable[[], Any]:
        """Writes the request; the function that comes back sends it and may run in any thread."""
        if self.logger:
            self.logger.log_request(method, f"{self.endpoint}/{path}", options)
        call = wire.build_call(self._dialect, method, path, options, self.default_headers)
        if self._connection is None:
            call.headers["Authorization"] = self.api_key
            call.headers.setdefault("User-Agent", f"connect-fluent/{get_version()}")
        return lambda: wire.send(call, self._connection, self.endpoint)

    def _finish(self, response: wire.Response) -> Any:
        if self.logger:
            self.logger.log_response(response)
        return wire.value_of(response)


def _with_payload(payload: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {**kwargs, "json": payload} if payload else kwargs


class ConnectClient(_ClientBase):
    """Blocks until the answer is there. May be used from many threads at once."""

    _dialect = wire.REQUESTS
    _ns_class = NS
    _collection_class = Collection

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._local = threading.local()

    @property
    def response(self) -> wire.Response | None:
        """The last answer that this thread received."""
        return getattr(self._local, "response", None)

    @response.setter
    def response(self, value: wire.Response | None) -> None:
        self._local.response = value

    def execute(self, method: str, path: str, **kwargs: Any) -> Any:
        self.response = None
        self.response = self._prepare(method, path, kwargs)()
        return self._finish(self.response)


class AsyncConnectClient(_ClientBase):
    """The verbs are awaited; the calls run in the threads of the running loop's executor."""

    _dialect = wire.HTTPX
    _ns_class = AsyncNS
    _collection_class = AsyncCollection

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._response: contextvars.ContextVar[wire.Response | None] = contextvars.ContextVar(
            "response", default=None
        )

    @property
    def response(self) -> wire.Response | None:
        """The last answer that this task received."""
        return self._response.get()

    @response.setter
    def response(self, value: wire.Response | None) -> None:
        self._response.set(value)

    async def execute(self, method: str, path: str, **kwargs: Any) -> Any:
        import asyncio  # Late: it is half of the start-up cost and most reports never need it.

        self.response = None
        send = self._prepare(method, path, kwargs)
        self.response = await asyncio.get_running_loop().run_in_executor(None, send)
        return self._finish(self.response)

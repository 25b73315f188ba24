"""Sends `requests` and `urllib.request` of report code through the host.

A report has no network. `install` makes the two libraries hand each request to the host
(``_carrel.call`` with an empty connection and the absolute URL), which permits it by the origin.
Answers come back as the libraries' own response objects; redirects, sessions and status handling
stay theirs, and each hop of a redirect is a request of its own to the host. A refusal is the
library's own connection error with the host's text.

The host decides what a report cannot: certificates, proxies, timeouts and retries. It passes no
cookies in either direction, and no header that belongs to the connection.

Neither library is imported here: each is changed when, and only if, the report imports it. The host
is expected to give bodies decoded; a gzip body that was left encoded is decoded by the library.
"""

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from carrel import patching

# About the connection between host and server, which is not the report's.
_HOP_HEADERS = frozenset({"accept-encoding", "connection", "content-length", "transfer-encoding"})
_GZIP_MAGIC = b"\x1f\x8b"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def install() -> None:
    """Changes the libraries, now if already imported, else on import. Calling it again is fine."""
    patching.apply(_PATCHES)


# Between the libraries and the host.


def _call(method: str, url: str, headers: Mapping[Any, Any], body: Any) -> Any:
    """The host's answer as a `http.client.HTTPResponse`, the common ground of both libraries.

    Raises ``_carrel.CallError`` when the host could not or would not call.
    """
    import _carrel

    sent = {_text(name): _text(value) for name, value in headers.items() if value is not None}
    status, received, content = _carrel.call(
        "",
        method.upper(),
        url.partition("#")[0],
        "",
        {name: value for name, value in sent.items() if name.lower() not in _HOP_HEADERS},
        _as_bytes(body),
    )
    return _http_response(method, status, received, content)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _as_bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if hasattr(body, "read"):
        return _as_bytes(body.read())
    return b"".join(_as_bytes(part) or b"" for part in body)


def _http_response(method: str, status: int, headers: Mapping[str, str], content: bytes) -> Any:
    import io
    from http.client import HTTPResponse, responses

    class Received:
        """As much of a socket as `HTTPResponse` wants: the bytes of a whole answer."""

        def __init__(self, data: bytes):
            self._data = data

        def makefile(self, *_: Any) -> io.BytesIO:
            return io.BytesIO(self._data)

    lines = [f"HTTP/1.1 {status} {responses.get(status, '')}"]
    lines += [f"{name}: {value}" for name, value in _head(method, headers, content)]
    head = "\r\n".join(lines) + "\r\n\r\n"
    response = HTTPResponse(Received(head.encode("latin-1", "replace") + content), method=method)
    response.begin()
    return response


def _head(method: str, headers: Mapping[str, str], content: bytes) -> Iterable[tuple[str, str]]:
    """The headers that fit the body as it is here: whole, and in most cases decoded."""
    for name, value in headers.items():
        lower = name.lower()
        if lower in ("connection", "transfer-encoding"):
            continue
        if lower == "content-length" and method.upper() != "HEAD":
            continue
        if lower == "content-encoding" and not (
            value.strip().lower() == "gzip" and content.startswith(_GZIP_MAGIC)
        ):
            continue
        yield name, " ".join(value.split("\r\n")).replace("\r", " ").replace("\n", " ")
    if method.upper() != "HEAD":
        yield "Content-Length", str(len(content))
    yield "Connection", "close"


# The libraries.


def _patch_requests_adapters(adapters: ModuleType) -> None:
    def send(
        self: Any,
        request: Any,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> Any:
        """Sends through the host; timeouts, certificates and proxies are its business."""
        import _carrel
        from requests.exceptions import ConnectionError as RequestsConnectionError
        from urllib3.response import HTTPResponse

        try:
            answer = _call(request.method, request.url, request.headers, request.body)
        except _carrel.CallError as error:
            raise RequestsConnectionError(str(error), request=request) from error
        raw = HTTPResponse(
            body=answer,
            headers=answer.headers.items(),
            status=answer.status,
            version=answer.version,
            reason=answer.reason,
            preload_content=False,
            decode_content=False,
            original_response=answer,
            request_method=request.method,
        )
        response = self.build_response(request, raw)
        if not stream:
            _ = response.content
        return response

    adapters.HTTPAdapter.send = send


def _patch_urllib_request(module: ModuleType) -> None:
    def carrel_open(self: Any, request: Any) -> Any:
        """Sends through the host; the place of the handlers' ``http_open``/``https_open``."""
        import _carrel

        try:
            response = _call(
                request.get_method(), request.full_url, dict(request.header_items()), request.data
            )
        except _carrel.CallError as error:
            raise module.URLError(str(error)) from error
        response.url = request.get_full_url()
        response.msg = response.reason
        return response

    def redirect_without_credential(redirect_request: Any) -> Any:
        def carrel_redirect_request(self: Any, request: Any, *args: Any) -> Any:
            """Leaves the credential behind when a redirect leads to another origin."""
            followed = redirect_request(self, request, *args)
            if followed is not None and _origin(followed.full_url) != _origin(request.full_url):
                followed.remove_header("Authorization")
            return followed

        return carrel_redirect_request

    patching.replace(module.HTTPRedirectHandler, "redirect_request", redirect_without_credential)
    module.HTTPHandler.http_open = carrel_open
    if hasattr(module, "HTTPSHandler"):
        module.HTTPSHandler.https_open = carrel_open


_PATCHES = {
    "requests.adapters": _patch_requests_adapters,
    "urllib.request": _patch_urllib_request,
}

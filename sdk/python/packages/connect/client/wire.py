"""Between the fluent objects and the host: how a call is written, sent and answered.

The host puts path and query on the wire verbatim, so the quoting is done here, byte for byte as the
transports of ``connect-openapi-client`` do it: `requests` for the synchronous client, `httpx` for
the asynchronous one. The functions here hold no state and may be called from any thread.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

from connect.client.exceptions import ClientError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")

# Beyond the unreserved ones, the characters that each transport leaves alone.
_REQUESTS_PATH = "!$&'()*+,;=:@/"
_REQUESTS_QUERY = _REQUESTS_PATH + "?"
_HTTPX_QUERY = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"#<>')
_HTTPX_PATH = "".join(char for char in _HTTPX_QUERY if char not in "?`{}")

# Arguments of the transports that are the host's business here.
_HOST_OPTIONS = frozenset(
    {"allow_redirects", "cert", "follow_redirects", "proxies", "stream", "timeout", "verify"}
)
_OPTIONS = frozenset({"data", "headers", "json", "params"})


class Headers(Mapping[str, str]):
    """Headers of an answer; names compare without case."""

    def __init__(self, items: Mapping[str, str]):
        self._items = {name.lower(): (name, value) for name, value in items.items()}

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(dict(self))


class Response:
    """The answer to the last call, as ``client.response`` shows it."""

    def __init__(self, status_code: int, headers: Mapping[str, str], content: bytes, url: str):
        self.status_code = status_code
        self.headers = Headers(headers)
        self.content = content
        self.url = url

    @property
    def reason(self) -> str:
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    @property
    def encoding(self) -> str:
        match = re.search(r'charset="?([\w.-]+)', self.headers.get("Content-Type", ""))
        return match[1] if match else "utf-8"

    @property
    def text(self) -> str:
        try:
            return self.content.decode(self.encoding, errors="replace")
        except LookupError:
            return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        if not self.ok:
            raise error_of(self)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


class Call(NamedTuple):
    """One request: where it goes and what it carries, quoted and encoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes | None


class Dialect(NamedTuple):
    """How one of the two transports writes targets, parameters and JSON bodies."""

    quote_path: Callable[[str], str]
    quote_query: Callable[[str], str]
    encode_params: Callable[[Any], str]
    dump_json: Callable[[Any], str]


def _quote_normalised(text: str, safe: str) -> str:
    """Escapes are put in capitals; they stay, where they are needed, if no other ``%`` is there."""
    text, escapes = _ESCAPE.subn(lambda escape: escape[0].upper(), text)
    if escapes == text.count("%"):
        safe += "%"
    return _ESCAPE.sub(_drop_needless_escape, quote(text, safe=safe, errors="surrogatepass"))


def _drop_needless_escape(escape: re.Match[str]) -> str:
    char = chr(int(escape[0][1:], 16))
    return char if char in _UNRESERVED else escape[0]


def _encode_params_as_form(params: Any) -> str:
    if isinstance(params, bytes):
        params = params.decode()
    if isinstance(params, str):
        return params
    pairs = params.items() if hasattr(params, "items") else params
    return _ESCAPE.sub(
        _drop_needless_escape,
        urlencode([(key, value) for key, value in pairs if value is not None], doseq=True),
    )


def _encode_params_verbatim(params: Any) -> str:
    return "&".join(f"{key}={value}" for key, value in params.items())


REQUESTS = Dialect(
    quote_path=lambda text: _quote_normalised(text, _REQUESTS_PATH),
    quote_query=lambda text: _quote_normalised(text, _REQUESTS_QUERY),
    encode_params=_encode_params_as_form,
    dump_json=lambda value: json.dumps(value, allow_nan=False),
)
HTTPX = Dialect(
    quote_path=lambda text: quote(text, safe=_HTTPX_PATH),
    quote_query=lambda text: quote(text, safe=_HTTPX_QUERY),
    encode_params=lambda params: quote(_encode_params_verbatim(params), safe=_HTTPX_QUERY),
    dump_json=lambda value: json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ),
)


def build_call(
    dialect: Dialect,
    method: str,
    target: str,
    options: Mapping[str, Any],
    default_headers: Mapping[str, str],
) -> Call:
    """Writes one request. `target` is ``path`` or ``path?query`` below the API's base.

    Raises TypeError for an option that neither transport nor host knows, and ClientError when the
    path climbs out of the base.
    """
    unknown = options.keys() - _OPTIONS - _HOST_OPTIONS
    if unknown:
        raise TypeError(f"unsupported argument of the call: {', '.join(sorted(unknown))}")
    path, _, query = target.partition("?")
    parts = [dialect.quote_query(query)] if query else []
    if options.get("params"):
        encoded = dialect.encode_params(options["params"])
        parts += [encoded] if encoded else []
    headers = {
        name: value
        for name, value in (options.get("headers") or {}).items()
        if name.lower() != "authorization" and value is not None
    }
    body, content_type = _encode_body(dialect, options)
    if content_type and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    headers.update(default_headers)
    return Call(
        method.upper(), _below_base(dialect.quote_path(path)), "&".join(parts), headers, body
    )


def _below_base(path: str) -> str:
    """`path` without leading slashes and without ``.`` and ``..`` steps."""
    steps: list[str] = []
    for step in path.lstrip("/").split("/"):
        if step == "..":
            if not steps:
                raise ClientError(f"the path `{path}` leaves the base of the connection")
            steps.pop()
        elif step != ".":
            steps.append(step)
    return "/".join(steps)


def _encode_body(dialect: Dialect, options: Mapping[str, Any]) -> tuple[bytes | None, str | None]:
    data, value = options.get("data"), options.get("json")
    if data:
        if isinstance(data, (bytes, bytearray)):
            return bytes(data), None
        if isinstance(data, str):
            return data.encode(), None
        return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
    if value is not None:
        return dialect.dump_json(value).encode(), "application/json"
    return None, None


def send(call: Call, connection: str | None, endpoint: str) -> Response:
    """Makes the call through the host and waits for the answer, whatever its status.

    Without a connection the absolute URL below `endpoint` is called and the host's list of origins
    decides, also at each redirect. Raises ClientError, without a status, when the host could not or
    would not call.
    """
    import _carrel  # Built into the worker; imported late so that authors can import this package.

    url = f"{endpoint.rstrip('/')}/{call.path}" + (f"?{call.query}" if call.query else "")
    try:
        if connection is None:
            return _send_absolute(call, url)
        else:
            answer = _carrel.call(
                connection, call.method, call.path, call.query, call.headers, call.body
            )
    except _carrel.CallError as error:
        raise ClientError(str(error)) from error
    return Response(*answer, url)


def _send_absolute(call: Call, url: str) -> Response:
    """Follows redirects as `requests` does; the credential stays with the first origin."""
    import _carrel

    headers = dict(call.headers)
    for _ in range(_MAX_REDIRECTS + 1):
        response = Response(*_carrel.call("", call.method, url, "", headers, call.body), url)
        location = response.headers.get("Location")
        if not location or response.status_code not in _REDIRECTS or call.method != "GET":
            return response
        target = urljoin(url, location).partition("#")[0]
        if urlsplit(target)[:2] != urlsplit(url)[:2]:
            headers = {name: headers[name] for name in headers if name.lower() != "authorization"}
        url = target
    raise ClientError(f"more than {_MAX_REDIRECTS} redirects")


def value_of(response: Response) -> Any:
    """What a call returns: JSON decoded, other bodies as bytes, None for 204.

    Raises ClientError for a status of 400 or more and for JSON that cannot be decoded.
    """
    if not response.ok:
        raise error_of(response)
    if response.status_code == 204:
        return None
    if not response.headers.get("Content-Type", "").startswith("application/json"):
        return response.content
    try:
        return response.json()
    except ValueError as error:
        raise ClientError(
            f"the body of the answer is not valid JSON: {error}", response.status_code
        ) from error


def error_of(response: Response) -> ClientError:
    """The error that an answer describes in its body, or just its status."""
    try:
        details = response.json()
    except ValueError:
        details = None
    if not isinstance(details, dict) or not {"error_code", "errors"} <= details.keys():
        return ClientError(status_code=response.status_code)
    return ClientError(**{**details, "status_code": response.status_code})

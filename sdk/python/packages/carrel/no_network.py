"""Says what to do instead when report code tries to use the network by itself.

The sandbox refuses every socket and every name, at once and whatever Python code does; these
changes only make the error readable. Libraries that stand on `socket` (urllib3, ftplib, smtplib,
asyncio) show the same text.
"""

import errno
from types import ModuleType
from typing import Any

from carrel import patching

TEXT = (
    "a report has no network of its own: use requests or urllib.request, which reach the origins "
    "of the connections that the report is permitted"
)


def install() -> None:
    """Changes the modules, now if already imported, else on import. Calling it again is fine."""
    patching.apply(_PATCHES)


def _refusal() -> PermissionError:
    return PermissionError(errno.EPERM, TEXT)


def _patch_socket(module: ModuleType) -> None:
    def readable_init(init: Any) -> Any:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            try:
                init(self, *args, **kwargs)
            except PermissionError:
                raise _refusal() from None

        return __init__

    def readable_lookup(look_up: Any) -> Any:
        def lookup(*args: Any, **kwargs: Any) -> Any:
            try:
                return look_up(*args, **kwargs)
            except OSError as error:
                raise module.gaierror(error.errno or module.EAI_FAIL, TEXT) from None

        return lookup

    patching.replace(module.socket, "__init__", readable_init)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
        patching.replace(module, name, readable_lookup)


def _patch_http_client(module: ModuleType) -> None:
    def refusing_connect(_: Any) -> Any:
        def connect(self: Any) -> None:
            """Refuses before a name is looked up."""
            raise PermissionError(errno.EPERM, f"{self.host}:{self.port}: {TEXT}")

        return connect

    patching.replace(module.HTTPConnection, "connect", refusing_connect)


_PATCHES = {"socket": _patch_socket, "http.client": _patch_http_client}

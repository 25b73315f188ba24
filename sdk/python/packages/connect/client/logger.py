"""Prints the calls of a client; a report passes it as ``logger=`` or sets ``client.logger``."""

import json
import sys
from typing import Any, TextIO

_SECRET_HEADERS = frozenset({"authorization", "authentication", "cookie", "set-cookie"})


class RequestLogger:
    def __init__(self, file: TextIO | None = None):
        self._file = file

    def obfuscate(self, key: str, value: str) -> str:
        return "*" * 20 if key.lower() in _SECRET_HEADERS else value

    def log_request(self, method: str, url: str, kwargs: dict[str, Any]) -> None:
        params = kwargs.get("params")
        if params:
            pairs = params.items() if hasattr(params, "items") else params
            url += "&" if "?" in url else "?"
            url += "&".join(f"{key}={value}" for key, value in pairs)
        lines = ["--- HTTP Request ---", f"{method.upper()} {url}"]
        lines += self._header_lines(kwargs.get("headers") or {})
        if "json" in kwargs:
            lines.append(json.dumps(kwargs["json"], indent=4))
        self._print(lines)

    def log_response(self, response: Any) -> None:
        lines = ["--- HTTP Response ---", f"{response.status_code} {response.reason}"]
        lines += self._header_lines(response.headers)
        if response.headers.get("Content-Type") == "application/json":
            lines.append(response.text)
        self._print(lines)

    def _header_lines(self, headers: Any) -> list[str]:
        return [f"{key}: {self.obfuscate(key, value)}" for key, value in headers.items()]

    def _print(self, lines: list[str]) -> None:
        print(*lines, "", sep="\n", file=self._file or sys.stdout)

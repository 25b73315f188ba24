"""The renderer `pdf`: a jinja2 template gives HTML, WeasyPrint makes a PDF of it.

Images, fonts and style sheets come from the checkout and from the report's temporary directory,
nothing from anywhere else.
"""

import logging
import mimetypes
import os
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from carrel import _jinja2_render
from carrel._failure import LoadError

try:
    import weasyprint
except (ImportError, OSError) as error:
    raise LoadError(
        f"the pdf renderer needs the Python package weasyprint (Debian: weasyprint): {error}"
    ) from error


class _Page:
    """Collects the HTML."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.parts.append(data)


class Fetcher:
    """Opens the URLs that a page names. What it refuses, WeasyPrint reports as a warning."""

    def __init__(self, root: str, template: str, css_file: str | None):
        self._root = Path(root).resolve()
        self._allowed = (self._root, Path(tempfile.gettempdir()).resolve())
        # A root-relative URL in a style sheet arrives resolved against the sheet's directory.
        self._bases = [self._root / os.path.dirname(name) for name in (css_file, template) if name]

    def __call__(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        if parts.scheme == "data":
            return weasyprint.default_url_fetcher(url)
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise ValueError("only files of the repository can be used")
        path = self._find(Path(unquote(parts.path)))
        return {
            "file_obj": path.open("rb"),
            "mime_type": mimetypes.guess_type(path.name)[0],
            "redirected_url": path.as_uri(),
            "filename": path.name,
        }

    def _find(self, path: Path) -> Path:
        candidates = [path]
        for base in self._bases:
            if path.is_relative_to(base):
                candidates.append(self._root / path.relative_to(base))
        for candidate in candidates:
            resolved = candidate.resolve()
            inside = any(resolved.is_relative_to(directory) for directory in self._allowed)
            if inside and resolved.is_file():
                return resolved
        raise ValueError("no such file in the repository")


def render(report: Any, result: Any) -> None:
    """Renders the result of the entry point into the job's output file."""
    job = report.job
    # What WeasyPrint leaves out of a page, it says in the report's log.
    weasyprint.LOGGER.handlers = [logging.StreamHandler(sys.stderr)]
    page = _Page()
    _jinja2_render.write_template(report, result, page)
    css_file = (job["args"] or {}).get("css_file")
    fetcher = Fetcher(job["root"], job["template"], css_file)
    sheets = []
    if css_file:
        path = fetcher(Path(job["root"], css_file).as_uri())
        with path["file_obj"] as file:
            sheets.append(
                weasyprint.CSS(
                    string=file.read().decode("utf-8-sig", "replace"),
                    base_url=path["redirected_url"],
                    url_fetcher=fetcher,
                )
            )
    document = weasyprint.HTML(
        string=b"".join(page.parts).decode(),
        base_url=Path(job["root"]).resolve().as_uri() + "/",
        url_fetcher=fetcher,
    )
    with _jinja2_render.Output(job["output_fd"]) as output:
        output.write(document.write_pdf(stylesheets=sheets))

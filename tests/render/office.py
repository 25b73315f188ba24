"""LibreOffice without a window: reads a workbook and writes it as something else."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

# Comma, quotes, UTF-8, from line 1, text quoted, numbers as they are and not as shown, all sheets.
CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false,false,false,-1"
_TIMEOUT_SECONDS = 600

Grid = list[list[str]]


def program() -> str:
    """Where it is; a reader that is missing is no reason to see nothing wrong."""
    found = shutil.which("soffice")
    if found is None:
        raise RuntimeError("LibreOffice (package libreoffice-calc) is needed")
    return found


def convert(
    paths: list[Path], target: str, directory: Path, seconds: int = _TIMEOUT_SECONDS
) -> str:
    """Writes each of `paths` as `target` into `directory`; returns what was told."""
    directory.mkdir(parents=True, exist_ok=True)
    profile = f"-env:UserInstallation=file://{directory.resolve()}/.profile"
    command = [program(), profile, "--headless", "--norestore", "--convert-to", target]
    command += ["--outdir", str(directory), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    return (done.stdout + done.stderr)[-300:]


def to_xlsx(paths: list[Path], directory: Path) -> list[Path]:
    """Each of `paths`, whose names differ, read and written by LibreOffice."""
    told = convert(paths, "xlsx:Calc MS Excel 2007 XML", directory)
    found = [directory / path.name for path in paths]
    missing = [path.name for path in found if not path.is_file()]
    if missing:
        raise RuntimeError(f"LibreOffice does not open {missing}: {told}")
    return found


def to_csv(paths: list[Path], directory: Path, sheet: str = "Data") -> list[Grid]:
    """The cells of one sheet of each of `paths`, whose names differ."""
    told = convert(paths, CSV, directory)
    grids = []
    for path in paths:
        written = directory / f"{path.stem}-{sheet}.csv"
        if not written.is_file():
            raise RuntimeError(f"LibreOffice does not open {path}: {told}")
        with open(written, newline="", encoding="utf-8") as file:
            grids.append(list(csv.reader(file)))
    return grids

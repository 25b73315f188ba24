"""Results of many rows: written beside the rows when threads are free, between them when not, and
handed out whole or not at all."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import report_repos
from carrel_runner import TIMEOUT_S, Carrel

ROWS = 30_000
LONG_TO_COPY = 4 << 30  # bytes; all but the first are a hole
BODY = f"""
import datetime
for i in range({ROWS}):
    yield f'text {{i * 7919 % 10007}}', i, i / 8, datetime.datetime(2024, 2, 29, 10, i % 60)
"""


def repository(tmp_path: Path, **args: object) -> Path:
    files = report_repos.python_repo(
        BODY,
        renderers=[
            {
                "id": "xlsx",
                "type": "xlsx",
                "description": "d",
                "default": True,
                "template": "reports/demo/template.xlsx",
                **({"args": args} if args else {}),
            },
            {"id": "csv", "type": "csv", "description": "d"},
        ],
    )
    root = report_repos.write(files, tmp_path / "large")
    book = openpyxl.Workbook()
    book.active.title = "Data"
    book.active.append(["text", "integer", "number", "time"])
    book.save(root / "reports/demo/template.xlsx")
    return root


def sheet(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.read("xl/worksheets/sheet1.xml")


def compressed_sheet(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
        data = path.read_bytes()
        start = info.header_offset + 30
        start += int.from_bytes(data[info.header_offset + 26 : info.header_offset + 28], "little")
        start += int.from_bytes(data[info.header_offset + 28 : info.header_offset + 30], "little")
        return data[start : start + info.compress_size]


@pytest.mark.parametrize("threads", [1, 2, 32])
def test_a_report_without_threads_to_spare_has_the_same_result(
    carrel: Carrel, tmp_path: Path, threads: int
) -> None:
    root = repository(tmp_path)
    carrel.ok("run", root, "demo", "--output", "usual.xlsx")
    carrel.ok("run", root, "demo", "--output", "few.xlsx", "--limit", f"threads={threads}")
    usual, few = carrel.work / "usual.xlsx", carrel.work / "few.xlsx"
    assert hashlib.sha256(compressed_sheet(few)).digest() == (
        hashlib.sha256(compressed_sheet(usual)).digest()
    )
    rows = openpyxl.load_workbook(few, read_only=True)["Data"].iter_rows(
        min_row=2, values_only=True
    )
    count = 0
    for i, row in enumerate(rows):
        assert row[1] == i
        count += 1
    assert count == ROWS
    subprocess.run(["unzip", "-tq", few], check=True, stdout=subprocess.DEVNULL)


def test_a_csv_of_many_rows_is_whole_with_one_thread(carrel: Carrel, tmp_path: Path) -> None:
    root = repository(tmp_path)
    carrel.ok("run", root, "demo", "--renderer", "csv", "--output", "usual.csv")
    carrel.ok(
        *("run", root, "demo", "--renderer", "csv", "--output", "one.csv"),
        *("--limit", "threads=1"),
    )
    usual = (carrel.work / "usual.csv").read_bytes()
    assert (carrel.work / "one.csv").read_bytes() == usual
    assert usual.count(b"\r\n") == ROWS


def test_small_has_the_same_rows_in_fewer_bytes(carrel: Carrel, tmp_path: Path) -> None:
    carrel.ok("run", repository(tmp_path / "fast"), "demo", "--output", "fast.xlsx")
    small = repository(tmp_path / "small", compression="small")
    carrel.ok("run", small, "demo", "--output", "small.xlsx")
    fast_file, small_file = carrel.work / "fast.xlsx", carrel.work / "small.xlsx"
    assert sheet(small_file) == sheet(fast_file)
    assert small_file.stat().st_size < fast_file.stat().st_size


def test_a_compression_that_does_not_exist_is_refused(carrel: Carrel, tmp_path: Path) -> None:
    done = carrel("run", repository(tmp_path, compression="tiny"), "demo")
    assert done.code != 0
    assert '"tiny"' in done.err
    assert "fast" in done.err and "small" in done.err


def has_open_below(process: subprocess.Popen[str], directory: Path) -> bool:
    try:
        files = [os.readlink(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()]
    except OSError:  # closed, or the process is gone
        return False
    return any(name.startswith(f"{directory}/") for name in files)


@pytest.mark.parametrize("packaging", [[], ["--zip"]])
def test_a_download_that_is_killed_leaves_nothing(
    carrel: Carrel, tmp_path: Path, packaging: list[str]
) -> None:
    carrel.ok("run", repository(tmp_path), "demo", "--renderer", "csv", "--output", "usual.csv")
    report = carrel.reports()[0]["id"]
    [artifact] = carrel.data.rglob(f"{report}*.csv")
    artifact.chmod(0o600)
    os.truncate(artifact, LONG_TO_COPY)
    output = carrel.work / "output"
    output.mkdir()
    (output / "demo").write_text("of before")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process = carrel.start(
            *("report", "download", report, *packaging, "--output", output / "demo")
        )
        while process.poll() is None and not has_open_below(process, output):
            time.sleep(0.001)
        process.send_signal(number)
        _, err = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == -number, err
        assert [path.name for path in output.iterdir()] == ["demo"]
        assert (output / "demo").read_text() == "of before"

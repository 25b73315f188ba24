"""Writes json_values.txt and json_errors.txt with orjson (3.13): pip install orjson==3.13.0."""

from pathlib import Path

import orjson
from json_cases import ERRORS, VALUES

here = Path(__file__).parent


def refusal(value: object) -> str:
    try:
        orjson.dumps(value)
    except TypeError as error:
        return str(error)
    raise SystemExit(f"orjson serialises {value!r}")


def dump(index: int, value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise SystemExit(f"value {index}: {error}") from error


here.joinpath("json_values.txt").write_bytes(
    b"".join(dump(index, value) + b"\n" for index, value in enumerate(VALUES))
)
here.joinpath("json_errors.txt").write_text("".join(refusal(value) + "\n" for value in ERRORS))

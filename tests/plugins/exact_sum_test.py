"""`plugins/lib`: sums of decimal text are those of Python's `decimal`, in Lua and in Python."""

from __future__ import annotations

import random
import subprocess
import sys
from decimal import Context, Decimal

import pytest
from usage_host import PLUGINS

_CONTEXT = Context(prec=200)
_LUA = """
local exact = require "lib.exact"
local sum = exact.sum()
for line in io.lines() do
  if line == "=" then
    print(sum)
    sum = exact.sum()
  elseif #line < 18 and line:find "^%-?%d+$" then
    sum:add(math.tointeger(tonumber(line)))
  else
    sum:add(line)
  end
end
"""


def _run_lua(code: str, *lines: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["lua5.4", "-e", code],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        cwd=PLUGINS,
        env={"LUA_PATH": "./?.lua"},
        timeout=60,
        check=False,
    )


def _number(dice: random.Random) -> str:
    digits, decimals = dice.choice(((1, 0), (9, 9), (10, 10), (17, 8), (30, 3), (3, 25), (19, 18)))
    value = dice.randrange(10**digits) if dice.random() < 0.9 else 10**digits - 1
    whole, fraction = divmod(value, 10**decimals)
    text = f"{whole}.{fraction:0{decimals}}" if decimals else str(whole)
    return ("-" if dice.random() < 0.5 else "") + dice.choice(("", "000")) + text


def _sum(numbers: list[str]) -> str:
    total = Decimal(0)
    for number in numbers:
        total = _CONTEXT.add(total, Decimal(number))
    return format(total if total else abs(total), "f")


def _cases() -> list[list[str]]:
    dice = random.Random(7)
    cases = [[_number(dice) for _ in range(dice.randrange(40))] for _ in range(300)]
    cases += [[number, f"-{number}".replace("--", "")] for case in cases[:50] for number in case]
    cases += [["999999999"] * 3, ["0.000000001"] * 3, ["-0"], ["1", "-1.00"], ["-0.1", "0.03"]]
    cases += [["9007199254740993", "1"], ["0.1"] * 10, ["-999999999.999999999", "0.000000001"]]
    return cases


def test_lua_sums_are_exact() -> None:
    cases = _cases()
    done = _run_lua(_LUA, *(line for case in cases for line in (*case, "=")))
    assert done.stderr == ""
    assert done.stdout.splitlines() == [_sum(case) for case in cases]


@pytest.mark.parametrize(
    "value", ['"1."', '".5"', '"1e3"', '"+1"', '""', '"1,5"', "1.5", "nil", "{}"]
)
def test_lua_takes_exact_numbers_only(value: str) -> None:
    done = _run_lua(f'require("lib.exact").sum():add({value})')
    assert done.returncode != 0
    assert "is not an exact decimal number" in done.stderr


def test_lua_carries_before_an_integer_could_overflow() -> None:
    done = _run_lua("""
      local exact = require "lib.exact"
      local sum = exact.sum():add("999999999.999999999")
      -- As after very many additions: each limb is near its limit, one more addition carries.
      for position = sum.low, sum.high do sum.limbs[position] = 999999999 * 999999999 end
      sum.additions = 999999999
      print(tostring(sum:add("0")), sum.additions, tostring(sum:add("-1")))
    """)
    expected = Decimal(999999999) * 999999999 * (1 + Decimal("1E-9"))
    assert done.stdout.split() == [str(expected), "0", str(expected - 1)], done.stderr


def _python_exact() -> object:
    sys.path.insert(0, str(PLUGINS / "lib"))
    try:
        import exact
    finally:
        sys.path.pop(0)
    return exact


def test_python_sums_are_exact_and_plain() -> None:
    exact = _python_exact()
    for case in _cases():
        total = exact.total(map(exact.decimal_of, case))
        assert exact.plain(total) == _sum(case)
    assert exact.plain(Decimal("0E-8")) == "0.00000000"
    assert exact.plain(Decimal("1E+3")) == "1000"


@pytest.mark.parametrize(
    "value", ["1.", ".5", "1e3", "+1", "", "NaN", "１", 1.5, True, None, "1\n"]
)
def test_python_takes_exact_numbers_only(value: object) -> None:
    with pytest.raises(ValueError, match="is not an exact decimal number"):
        _python_exact().decimal_of(value)


def test_python_never_rounds() -> None:
    exact = _python_exact()
    with pytest.raises(ArithmeticError):
        exact.add(Decimal(1), Decimal(1).scaleb(-500))


@pytest.mark.parametrize(
    ("value", "survives"),
    [
        ("0", True),
        ("-0.00", True),
        ("123456789012345", True),
        ("-0.00123456789012345", True),
        ("1234567.123456780000", True),
        ("50000000000000000000000", True),
        ("1234567890123456", False),
        ("-12345678901234.56", False),
        ("1.000000000000001", False),
    ],
)
def test_both_know_which_numbers_a_workbook_keeps(value: str, survives: bool) -> None:
    done = _run_lua(f'print(require("lib.exact").survives_a_double("{value}"))')
    assert done.stdout.strip() == str(survives).lower()
    assert _python_exact().survives_a_double(Decimal(value)) is survives
    assert not survives or Decimal(repr(float(value))) == Decimal(value)

# 238 integers as text
# expect: ok
# within: 10
# CVE-2020-10735 and CVE-2022-45061: conversions whose cost is quadratic. The interpreter's own
# guards are on: a report cannot spend its processor time in one call that nothing interrupts.
import json
import sys

from probe import raises


def generate(client, input_data, progress, renderer_type, context):
    assert sys.get_int_max_str_digits() == 4300
    yield raises("text to integer", ValueError, int, "9" * 5000)
    yield raises("integer to text", ValueError, str, 10**5000)
    yield raises("in json", ValueError, json.loads, "9" * 5000)
    yield raises("idna", UnicodeError, ("a" * 5000 + ".com").encode, "idna")
    yield raises("format", (ValueError, MemoryError, OverflowError), "{:>99999999999}".format, 1)
    yield raises("percent", (ValueError, MemoryError, OverflowError), "%99999999999d".__mod__, 1)
    yield raises("nested json", RecursionError, json.loads, "[" * 100_000)
    yield raises(
        "nested source",
        (SyntaxError, RecursionError, MemoryError),
        compile,
        "(" * 100_000,
        "x",
        "eval",
    )

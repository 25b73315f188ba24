# 094 progress a hundred thousand times, with odd numbers
# expect: ok
# within: 10
# check: few_updates
import math


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for number in range(100_000):
        progress_callback(number, 100_000)
    for value in (-1, 10**400, math.nan, math.inf, "x", None, [], object(), 2**63, True):
        for total in (0, -1, 1, math.nan, "y", None):
            try:
                progress_callback(value, total)
            except (TypeError, ValueError, OverflowError):
                pass
    try:
        progress_callback()
    except TypeError:
        pass
    yield ["told"]

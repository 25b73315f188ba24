# 091 values at the edges as json
# expect: ok
# renderer: json|ndjson
# check: extreme_values
import math


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308]
    yield [2**63 - 1, -(2**63), 2**64 - 1, True, None, ""]
    yield ["\0\x1f\x7f\u2028\ufeff\uffff\U0010ffff", {"": [[[]]]}]

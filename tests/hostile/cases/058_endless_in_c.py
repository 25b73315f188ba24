# 058 one call that never ends, in C
# expect: cpu_limit
# limits: cpu_s=1 wall_s=40
# together: 3
import functools
import re

from probe import chosen


@functools.total_ordering
class Liar:
    def __lt__(self, other):
        return sum(range(10**12)) > 0

    def __eq__(self, other):
        return False


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    chosen(
        input_data,
        lambda: re.match(r"(a+)+$", "a" * 60 + "!"),
        lambda: 10 ** 10**8,
        lambda: sorted(Liar() for _ in range(1000)),
    )()
    yield ["never"]

# 096 a row that says it is huge is not believed, or is the memory limit
# expect: plugin_error|memory_limit
# renderer: csv|xlsx
# runs: 3
# limits: memory_mb=64
from probe import chosen


class Hint:
    def __init__(self, hint):
        self.hint = hint

    def __length_hint__(self):
        return self.hint

    def __iter__(self):
        return self

    def __next__(self):
        raise ValueError("not as long")


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    yield Hint(chosen(input_data, 2**62, -1, "x"))

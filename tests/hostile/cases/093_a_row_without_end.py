# 093 one row that never ends is memory, or time
# expect: memory_limit|cpu_limit
# limits: memory_mb=64 cpu_s=5 wall_s=60
# renderer: csv|xlsx
import itertools


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    yield itertools.count()

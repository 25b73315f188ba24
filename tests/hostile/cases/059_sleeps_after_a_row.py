# 059 asleep after the first row: the shorter clock
# expect: idle_limit
# limits: wall_s=20 idle_s=1
# within: 4
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["first"]
    time.sleep(1_000_000)

# 059 progress keeps the idle clock from running, not the wall clock
# expect: wall_limit
# limits: wall_s=8 idle_s=5
# within: 11
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    while True:
        progress_callback(1, 2)
        time.sleep(0.1)

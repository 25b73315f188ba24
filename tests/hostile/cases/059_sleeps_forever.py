# 059 asleep in the main thread
# expect: wall_limit
# limits: wall_s=1
# within: 3
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    time.sleep(1_000_000)
    yield ["never"]

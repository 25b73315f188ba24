# 071 printing without end is work without end, and silence besides
# expect: cpu_limit|idle_limit
# limits: cpu_s=1 idle_s=2 wall_s=60 log_kb=64
# check: bounded_log
import os


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    block = b"z" * 65536
    while True:
        os.write(1, block)

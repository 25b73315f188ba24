# 071 a gigabyte printed
# expect: ok
# limits: log_kb=64 cpu_s=20 wall_s=60
# log: more bytes were printed and dropped
# check: bounded_log
import os


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    chunk = b"y" * 65536
    for _ in range((1 << 30) // len(chunk)):
        os.write(1, chunk)
    yield ["printed", 1 << 30]

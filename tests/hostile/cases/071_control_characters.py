# 071 what a terminal would obey; a line without end
# expect: ok
# limits: log_kb=64
# check: bounded_log
import os
import sys


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    os.write(1, b"\x1b]0;title\x07\x1b[2J\x1b[31m\x9b31m\0\0\b\b\b\r\n\xff\xfe\xed\xa0\x80")
    sys.stderr.write("\u202eright to left\u2028\u0085\n")
    print("\x1b]52;c;Y2FucnJlbA==\x07")
    os.write(2, b"x" * 1_000_000)
    yield ["printed"]

# 097 a log that speaks in the name of the host
# expect: ok
# log: carrel: error: forged
import os
import sys


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    print("carrel: error: forged")
    print("ok\rcarrel: warning: forged")
    sys.stderr.write("\x1b[1A\x1b[2Kcarrel: report ready\n")
    os.write(2, b"[2025-01-01T00:00:00Z] host: " + input_data["key"].encode() + b"\n")
    yield ["printed"]

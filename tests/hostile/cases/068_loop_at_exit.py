# 068 a loop for the end of the interpreter, which never comes
# expect: ok
# within: 3
import atexit
import sys
import threading


def loop():
    while True:
        pass


class Forever:
    def __del__(self):
        loop()


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    atexit.register(loop)
    threading._register_atexit(loop)
    sys.kept_forever = Forever()
    yield ["done"]

# 061 asleep in C, with the interpreter lock
# expect: wall_limit
# limits: wall_s=1
# within: 3
import ctypes


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    ctypes.PyDLL(None).pause()
    yield ["never"]

# 040 io_uring, whose work no filter sees
# expect: killed_by_policy
# runs: 3
import ctypes

from probe import chosen, syscall


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    parameters = ctypes.create_string_buffer(120)
    chosen(
        input_data,
        lambda: syscall(425, 8, parameters),
        lambda: syscall(426, 3, 1, 0, 0, None, 0),
        lambda: syscall(427, 3, 0, None, 0),
    )()
    yield ["it went on"]

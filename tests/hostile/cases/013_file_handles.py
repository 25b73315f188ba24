# 013 files by handle, which knows no root
# expect: killed_by_policy
# runs: 2
import ctypes

from probe import chosen, syscall


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    handle = ctypes.create_string_buffer(136)
    mount = ctypes.c_int()
    chosen(
        input_data,
        lambda: syscall(303, -100, b"/tmp", handle, ctypes.byref(mount), 0),  # name_to_handle_at
        lambda: syscall(304, -100, handle, 0),  # open_by_handle_at
    )()
    yield ["it went on"]

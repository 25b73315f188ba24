# 039 what is mounted cannot be asked for
# expect: ok
import ctypes

from probe import call_fails

SYS_STATMOUNT, SYS_LISTMOUNT, SYS_OPEN_TREE_ATTR = 457, 458, 467


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    request = ctypes.create_string_buffer((24).to_bytes(8, "little") + b"\xff" * 8, 64)
    answer = ctypes.create_string_buffer(4096)
    # A kernel without the call says ENOSYS by itself only when the filter lets it through.
    yield call_fails("statmount", "EPERM", SYS_STATMOUNT, request, answer, 4096, 0)
    yield call_fails("listmount", "EPERM", SYS_LISTMOUNT, request, answer, 512, 0)

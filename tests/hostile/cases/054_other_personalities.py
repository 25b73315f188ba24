# 054 older rules of memory, segments of its own
# expect: killed_by_policy
# runs: 4
from probe import chosen, syscall


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    chosen(
        input_data,
        lambda: syscall(135, 0x0040000),  # personality, ADDR_NO_RANDOMIZE
        lambda: syscall(135, 0xFFFFFFFF),
        lambda: syscall(154, 1, b"\0" * 16, 16),  # modify_ldt
        lambda: syscall(154, 0, None, 0),
    )()
    yield ["it went on"]

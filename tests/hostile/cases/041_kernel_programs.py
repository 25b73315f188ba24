# 041 programs in the kernel and page faults in user space
# expect: killed_by_policy
# runs: 4
import ctypes

from probe import chosen, syscall


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    attributes = ctypes.create_string_buffer(128)
    chosen(
        input_data,
        lambda: syscall(321, 0, attributes, 128),  # bpf
        lambda: syscall(298, attributes, 0, -1, -1, 0),  # perf_event_open
        lambda: syscall(323, 0),  # userfaultfd
        lambda: syscall(323, 1),  # userfaultfd, user mode only
    )()
    yield ["it went on"]

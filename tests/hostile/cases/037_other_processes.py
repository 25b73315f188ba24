# 037 reading, writing and tracing other processes
# expect: killed_by_policy
# runs: 8
import ctypes

from probe import chosen, syscall

SYS_PTRACE, SYS_PROCESS_VM_READV, SYS_PROCESS_VM_WRITEV, SYS_PIDFD_GETFD = 101, 310, 311, 438
TRACEME, ATTACH, SEIZE = 0, 16, 0x4206


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    data = ctypes.create_string_buffer(64)
    host = input_data["host_pid"]
    chosen(
        input_data,
        lambda: syscall(SYS_PTRACE, TRACEME, 0, 0, 0),
        lambda: syscall(SYS_PTRACE, ATTACH, 1, 0, 0),
        lambda: syscall(SYS_PTRACE, SEIZE, host, 0, 0),
        lambda: syscall(SYS_PROCESS_VM_READV, host, data, 1, data, 1, 0),
        lambda: syscall(SYS_PROCESS_VM_READV, 1, data, 1, data, 1, 0),
        lambda: syscall(SYS_PROCESS_VM_WRITEV, host, data, 1, data, 1, 0),
        lambda: syscall(SYS_PIDFD_GETFD, 3, 0, 0),
        lambda: syscall(SYS_PIDFD_GETFD, 0, 1, 0),
    )()
    yield ["it went on"]

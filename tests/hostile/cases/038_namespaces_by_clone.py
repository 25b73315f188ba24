# 038 namespaces by way of clone
# expect: ok
import ctypes

from probe import call_fails

SYS_CLONE, SYS_CLONE3 = 56, 435
CLONE_VM, CLONE_SIGHAND, CLONE_THREAD = 0x100, 0x800, 0x10000
FLAGS = {
    "user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000, "ipc": 0x8000000,
    "uts": 0x4000000, "cgroup": 0x2000000,
}


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for name, flag in FLAGS.items():
        yield call_fails(name, "EPERM", SYS_CLONE, flag | 17, None, None, None, None)
        # A thread may have none either: the kernel or the filter says so.
        thread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD
        yield call_fails(f"{name}, a thread", "EPERM|EINVAL", SYS_CLONE, flag | thread,
                         ctypes.c_void_p(1), None, None, None)
        buffer = ctypes.create_string_buffer((flag | 17).to_bytes(8, "little"), 88)
        yield call_fails(f"{name}, clone3", "ENOSYS", SYS_CLONE3, buffer, 88)

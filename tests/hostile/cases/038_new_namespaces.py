# 038 entering and making namespaces
# expect: killed_by_policy
# runs: 10
from probe import chosen, syscall

SYS_UNSHARE, SYS_SETNS = 272, 308
FLAGS = {
    "user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000, "ipc": 0x8000000,
    "uts": 0x4000000, "cgroup": 0x2000000, "time": 0x80, "files": 0x400,
}


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    calls = [lambda flag=flag: syscall(SYS_UNSHARE, flag) for flag in FLAGS.values()]
    chosen(input_data, *calls, lambda: syscall(SYS_SETNS, 3, 0))()
    yield ["it went on"]

# 217 scheduling
# expect: ok
# isolate and Judge0: a report must not take the processor from its siblings.
# CVE-2023-33951-like misuse of deadline scheduling, io priorities, affinity, cpu sets by name.
import ctypes
import errno
import os

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    deadline = (ctypes.c_uint64 * 7)(48 | (6 << 32), 0, 0, 10**7, 10**7, 10**7, 0)
    fifo, mask = (ctypes.c_int * 1)(99), (ctypes.c_uint64 * 16)(1)
    seen = {
        "sched_setattr deadline": attempt(314, 0, deadline, 0),
        "sched_setscheduler fifo": attempt(144, 0, 1, fifo),
        "sched_setparam": attempt(142, 0, fifo),
        "sched_setaffinity": attempt(203, 0, 128, mask),
        "sched_rr_get_interval": attempt(148, 0, mask),
        "setpriority": attempt(141, 0, 0, -20),
        "setpriority up": attempt(141, 1, 0, 19),
        "ioprio_set": attempt(251, 1, 0, (1 << 13) | 0),
        "ioprio_get": attempt(252, 1, 0),
        "sched_getattr": attempt(315, 0, mask, 48, 0),
    }
    for path in ("/sys/fs/cgroup", "/sys", "/proc/1/sched", "/dev/cpu_dma_latency"):
        assert not os.path.lexists(path), path
    assert os.sched_getaffinity(0)

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

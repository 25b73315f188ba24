# 216 signals to others
# expect: ok
# Judge0 and isolate: a submission that signals its supervisor. Signals by thread, with data, by
# descriptor, to process groups and to every number; only the own process can be reached.
import ctypes
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    info = (ctypes.c_uint32 * 32)(9, 0, 0xFFFFFFFF)
    seen = {
        "signalfd4": attempt(289, -1, info, 8, 0),
        "rt_sigqueueinfo": attempt(129, 1, 9, info),
        "rt_sigqueueinfo host": attempt(129, input_data["host_pid"], 9, info),
        "rt_tgsigqueueinfo": attempt(297, 1, 1, 9, info),
        "pidfd_open": attempt(434, 1, 0),
        "pidfd_send_signal": attempt(424, 3, 9, 0, 0),
        "tkill": attempt(200, 1, 0),
        "F_SETOWN": attempt(72, 3, 8, -1),
        "F_SETSIG": attempt(72, 3, 10, 9),
        "F_SETOWN_EX": attempt(72, 3, 15, info),
        "wait4": attempt(61, -1, 0, 1, 0),
        "waitid": attempt(247, 0, 0, info, 4, 0),
    }
    for pid in (-1, 0, 1, 2, -2, input_data["host_pid"], -input_data["host_pid"]):
        seen[f"kill {pid}"] = attempt(62, pid, 9)
    for pid in (0, 2, 3, input_data["host_pid"], -1, 1 << 31):
        seen[f"tgkill {pid}"] = attempt(234, pid, pid, 9)
    unknown = attempt(234, 1, 99999, 0)
    assert unknown == "ESRCH", unknown

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

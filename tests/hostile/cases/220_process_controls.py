# 220 process controls
# expect: ok
# CVE-2014-5207-like and CVE-2022-30594 (PTRACE_O_SUSPEND_SECCOMP, dumpable): every prctl but
# the name of a thread is off, so nothing that was locked can be unlocked.
import ctypes
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    options = {
        "PR_SET_PDEATHSIG": (1, 0),
        "PR_GET_DUMPABLE": (3,),
        "PR_SET_DUMPABLE": (4, 1),
        "PR_SET_KEEPCAPS": (8, 1),
        "PR_SET_TIMING": (14, 1),
        "PR_SET_SECCOMP strict": (22, 1),
        "PR_SET_SECCOMP filter": (22, 2, 0),
        "PR_CAPBSET_READ": (23, 0),
        "PR_CAPBSET_DROP": (24, 0),
        "PR_SET_TSC": (26, 2),
        "PR_SET_SECUREBITS": (28, 0),
        "PR_SET_TIMERSLACK": (29, 1 << 40),
        "PR_TASK_PERF_EVENTS_DISABLE": (31,),
        "PR_MCE_KILL": (33, 1, 1),
        "PR_SET_MM exe": (35, 13, 4),
        "PR_SET_MM map": (35, 14, 0, 0),
        "PR_SET_CHILD_SUBREAPER": (36, 1),
        "PR_SET_NO_NEW_PRIVS": (38, 0),
        "PR_SET_THP_DISABLE": (41, 1),
        "PR_CAP_AMBIENT raise": (47, 2, 21),
        "PR_SET_SPECULATION_CTRL": (53, 0, 2),
        "PR_SET_IO_FLUSHER": (57, 1),
        "PR_SET_SYSCALL_USER_DISPATCH": (59, 1, 0, 0),
        "PR_SCHED_CORE": (62, 1, 0, 0),
        "PR_SET_MDWE": (65, 1),
        "PR_SET_VMA": (0x53564D41, 0),
        "PR_SET_PTRACER": (0x59616D61, -1),
        "PR_SET_MEMORY_MERGE": (67, 1),
        "unknown": (12345,),
    }
    seen = {
        name: attempt(157, *words, *([0] * (5 - len(words)))) for name, words in options.items()
    }
    seen["seccomp strict"] = attempt(317, 0, 0, 0)
    seen["seccomp listener"] = attempt(317, 1, 8, 0)
    seen["seccomp notif sizes"] = attempt(317, 3, 0, b"12345678")
    name = ctypes.create_string_buffer(b"thread-name")
    assert attempt(157, 15, name, 0, 0, 0) == "ok"
    yield ["PR_SET_NAME", "ok"]

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

# 214 timer bombs
# expect: ok
# uninstrumented: its checks need a descriptor
# CVE-2017-18344 and CVE-2018-12896 (timer_create), syzkaller's timer overruns: kernel timers
# are memory nobody counts. A report has sleep and timerfd, which its descriptor limit counts.
import ctypes
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    timer, event = ctypes.c_int(), (ctypes.c_uint64 * 8)()
    interval = (ctypes.c_long * 4)(0, 1, 0, 1)
    seen = {
        "timer_create": attempt(222, 1, event, ctypes.byref(timer)),
        "timer_create bad notify": attempt(222, 1, (ctypes.c_uint64 * 8)(0, 1 << 40), 0),
        "timer_settime": attempt(223, 0, 0, interval, 0),
        "timer_getoverrun": attempt(225, 0),
        "setitimer": attempt(38, 0, interval, 0),
        "alarm": attempt(37, 1),
        "clock_settime": "EPERM",
    }
    answers = set()
    for _ in range(5000):
        answers.add(attempt(283, 1, 0))
    assert answers == {"ok", "EMFILE"}, answers
    yield ["timerfd_create", "EMFILE in the end"]

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

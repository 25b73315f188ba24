# 036 signals to others
# expect: ok
import os
import signal

from probe import call_fails, fails

SYS_KILL, SYS_TKILL, SYS_TGKILL, SYS_RT_SIGQUEUEINFO, SYS_RT_TGSIGQUEUEINFO = 62, 200, 234, 129, 297
SYS_PIDFD_OPEN, SYS_PIDFD_SEND_SIGNAL = 434, 424


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for pid in (-1, 0, 1, 2, 3, os.getpid(), os.getppid(), input_data["host_pid"], -2):
        for number in (0, signal.SIGTERM, signal.SIGKILL):
            yield fails(f"kill {pid} {number:d}", "EPERM", os.kill, pid, number)
    yield fails("killpg", "EPERM", os.killpg, 0, signal.SIGKILL)
    for pid in (2, 3, input_data["host_pid"]):
        yield call_fails(f"tgkill {pid}", "EPERM", SYS_TGKILL, pid, pid, 9)
        yield call_fails(f"tkill {pid}", "EPERM", SYS_TKILL, pid, 9)
        yield call_fails(f"queue {pid}", "EPERM", SYS_RT_SIGQUEUEINFO, pid, 9, None)
        yield call_fails(f"queue thread {pid}", "EPERM", SYS_RT_TGSIGQUEUEINFO, pid, pid, 9, None)
        yield call_fails(f"pidfd {pid}", "EPERM", SYS_PIDFD_OPEN, pid, 0)
    yield call_fails("by pidfd", "EPERM", SYS_PIDFD_SEND_SIGNAL, 3, 9, None, 0)
    assert os.getpid() == 1 and os.getppid() == 0
    yield ["pid", 1]

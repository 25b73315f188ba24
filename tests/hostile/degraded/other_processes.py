# processes of the same user: seen, not reached
# expect: ok
import os
import signal

from probe import call_fails, fails

SYS_TKILL, SYS_TGKILL, SYS_SIGQUEUE, SYS_PIDFD_OPEN, SYS_PRLIMIT = 200, 234, 129, 434, 302
SYS_SETPRIORITY, SYS_AFFINITY, SYS_KCMP, SYS_MOVE_PAGES, SYS_MIGRATE = 141, 203, 312, 279, 256


def generate(client, input_data, progress, renderer_type, context):
    for pid in (input_data["host_pid"], os.getppid(), 1, -1, 0):
        yield fails(f"kill {pid}", "EPERM", os.kill, pid, signal.SIGKILL)
        yield call_fails(f"tkill {pid}", "EPERM", SYS_TKILL, pid, 9)
        yield call_fails(f"tgkill {pid}", "EPERM", SYS_TGKILL, pid, pid, 9)
        yield call_fails(f"rt_sigqueueinfo {pid}", "EPERM", SYS_SIGQUEUE, pid, 9, 0)
        yield call_fails(f"pidfd_open {pid}", "EPERM", SYS_PIDFD_OPEN, pid, 0)
        yield call_fails(f"setpriority {pid}", "EPERM", SYS_SETPRIORITY, 0, pid, 19)
        yield call_fails(f"sched_setaffinity {pid}", "EPERM", SYS_AFFINITY, pid, 0, 0)
        limit = b"\0" * 16
        yield call_fails(f"prlimit {pid}", "EPERM", SYS_PRLIMIT, pid, 4, limit, 0)
        yield call_fails(f"kcmp {pid}", "EPERM", SYS_KCMP, os.getpid(), pid, 0, 0, 0)
        yield call_fails(f"move_pages {pid}", "EPERM", SYS_MOVE_PAGES, pid, 0, 0, 0, 0, 0)
    yield fails("fork", "EPERM", os.fork)
    yield fails("group", "EPERM", os.setpgid, 0, 0)
    yield fails("session", "EPERM", os.setsid)

# 046 limits and priorities go nowhere
# expect: ok
import os
import resource

from probe import call_fails, fails

SYS_PRLIMIT64, SYS_SETRLIMIT, SYS_SCHED_SETATTR, SYS_IOPRIO_SET = 302, 160, 314, 251
INFINITE = b"\xff" * 16


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for name in ("AS", "CPU", "NOFILE", "NPROC", "FSIZE", "STACK", "CORE", "MEMLOCK"):
        number = getattr(resource, f"RLIMIT_{name}")
        yield call_fails(f"raise {name}", "EPERM", SYS_PRLIMIT64, 0, number, INFINITE, None)
        yield call_fails(f"old raise {name}", "EPERM", SYS_SETRLIMIT, number, INFINITE)
        yield call_fails(f"of the host {name}", "EPERM|ESRCH", SYS_PRLIMIT64,
                         input_data["host_pid"], number, INFINITE, None)
    yield fails("nice", "EPERM", os.nice, -20)
    yield fails("nicer", "EPERM", os.nice, 5)
    yield fails("setpriority", "EPERM", os.setpriority, os.PRIO_PROCESS, 0, -20)
    yield fails("real time", "EPERM", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(99))
    yield fails("parameters", "EPERM", os.sched_setparam, 0, os.sched_param(0))
    yield fails("affinity", "EPERM", os.sched_setaffinity, 0, {0})
    yield call_fails("sched_setattr", "EPERM", SYS_SCHED_SETATTR, 0, b"\0" * 48, 0)
    yield call_fails("ioprio_set", "EPERM", SYS_IOPRIO_SET, 1, 0, 0)
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] == 64

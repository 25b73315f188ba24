# 018 locks on files that others have open too
# expect: ok
# together: 2
import fcntl
import os

from probe import call_fails, fails

F_SETLEASE, F_NOTIFY, F_OFD_SETLK, F_ADD_SEALS, F_SETOWN = 1024, 1026, 37, 1033, 8
SYS_FCNTL = 72


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for path in ("/usr/lib/python3.11/os.py", "/plugin/report.py", "/dev/null"):
        fd = os.open(path, os.O_RDONLY)
        yield fails(f"flock {path}", "EPERM", fcntl.flock, fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield fails(f"lockf {path}", "EPERM", fcntl.lockf, fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        for name, command in (("lease", F_SETLEASE), ("notify", F_NOTIFY), ("ofd", F_OFD_SETLK),
                              ("seals", F_ADD_SEALS), ("owner", F_SETOWN)):
            yield call_fails(f"{name} {path}", "EPERM", SYS_FCNTL, fd, command, 0)
    yield fails("flock of the output", "EPERM", fcntl.flock, 4, fcntl.LOCK_EX | fcntl.LOCK_NB)
    yield call_fails("inotify", "EPERM", 294, 0)
    yield call_fails("fanotify", "EPERM", 300, 0, 0)

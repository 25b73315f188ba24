# 041 memory that no limit counts
# expect: ok
import os

from probe import call_fails, fails

SYS_MEMFD_CREATE, SYS_MEMFD_SECRET, SYS_MEMFD_ALT = 319, 447, 319


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield call_fails("memfd_create", "EPERM", SYS_MEMFD_CREATE, b"x", 0)
    yield call_fails("memfd_secret", "EPERM", SYS_MEMFD_SECRET, 0)
    yield fails("by Python", "EPERM", os.memfd_create, "x")
    yield fails("unnamed file", "EPERM|EOPNOTSUPP|EACCES|EROFS|EISDIR", os.open, "/dev",
                os.O_TMPFILE | os.O_RDWR)

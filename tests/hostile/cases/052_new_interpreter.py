# 052 another program in the place of this one
# expect: ok
import ctypes
import os
import sys

from probe import call_fails, fails

SYS_EXECVE, SYS_EXECVEAT = 59, 322


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for program in ("/usr/bin/python3", "/bin/sh", "/plugin/report.py", "/usr/lib/python3.11/os.py",
                    "/lib64/ld-linux-x86-64.so.2", sys.executable or "/x"):
        yield fails(program, "EPERM", os.execve, program, [program], {})
    yield call_fails("execveat", "EPERM", SYS_EXECVEAT, 4, b"", None, None, 0x1000)
    yield call_fails("NULL", "EPERM", SYS_EXECVE, None, None, None)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.execl(b"/bin/sh", b"sh", None) == -1 and ctypes.get_errno() == 1
    yield ["libc", "EPERM"]

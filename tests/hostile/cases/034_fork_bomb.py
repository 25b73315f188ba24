# 034 new processes, by every door
# expect: ok
import ctypes
import errno
import multiprocessing
import os
import pty
import subprocess

from probe import call_fails, fails, libc, raises

SYS_CLONE, SYS_FORK, SYS_VFORK, SYS_CLONE3 = 56, 57, 58, 435
CLONE_VM, CLONE_SIGHAND, CLONE_PARENT = 0x100, 0x800, 0x8000


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield fails("fork", "EPERM", os.fork)
    yield raises("pty", OSError, pty.fork)
    yield fails("spawn", "EPERM", os.posix_spawn, "/bin/sh", ["sh"], {})
    yield fails("subprocess", "EPERM", subprocess.Popen, ["true"])
    assert os.system("true") != 0
    yield ["system", "failed"]
    for method in ("fork", "spawn", "forkserver"):
        process = multiprocessing.get_context(method).Process(target=print)
        yield raises(f"multiprocessing {method}", Exception, process.start)
    yield raises("pool", Exception, multiprocessing.Pool, 2)
    yield call_fails("fork call", "EPERM", SYS_FORK)
    yield call_fails("vfork call", "EPERM", SYS_VFORK)
    for flags in (0, 17, CLONE_VM | 17, CLONE_VM | CLONE_SIGHAND, CLONE_PARENT | 17):
        yield call_fails(f"clone {flags:#x}", "EPERM", SYS_CLONE, flags, None, None, None, None)
    arguments = ctypes.create_string_buffer(88)
    yield call_fails("clone3", "ENOSYS", SYS_CLONE3, arguments, 88)
    # As a C program does it, around Python's own code.
    assert libc.fork() == -1 and ctypes.get_errno() == errno.EPERM
    yield ["libc fork", "EPERM"]

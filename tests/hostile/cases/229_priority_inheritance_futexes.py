# 229 priority inheritance futexes
# expect: ok
# CVE-2014-3153 (towelroot) and CVE-2021-3347: requeueing a waiter onto the futex it waits on.
# The call is needed by every lock, so the kernel's own checks are what is observed.
import ctypes
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    word, other = ctypes.c_uint32(0), ctypes.c_uint32(0)
    at = ctypes.byref(word)
    requeue_pi, wait_requeue_pi, lock_pi, unlock_pi, futex_fd = 12, 11, 6, 7, 2
    short = (ctypes.c_long * 2)(0, 1000)
    seen = {
        "requeue to itself": (attempt(202, at, requeue_pi, 1, 1, at, 0), "EINVAL"),
        "wait and requeue to itself": (
            attempt(202, at, wait_requeue_pi, 0, short, at, 0),
            "EINVAL",
        ),
        "lock twice": (
            [attempt(202, at, lock_pi, 0, 0, 0, 0), attempt(202, at, lock_pi, 0, 0, 0, 0)],
            ["ok", "EDEADLOCK"],
        ),
        "unlock": (attempt(202, at, unlock_pi, 0, 0, 0, 0), "ok"),
        "unlock what is not held": (attempt(202, at, unlock_pi, 0, 0, 0, 0), "EPERM"),
        "FUTEX_FD": (attempt(202, at, futex_fd, 0, 0, 0, 0), "ENOSYS"),
        "unaligned": (attempt(202, ctypes.addressof(other) + 1, 1, 1, 0, 0, 0), "EINVAL"),
        "kernel address": (attempt(202, -4096, 1 | 0, 1, 0, 0, 0), "EFAULT"),
    }
    for name, (answer, wanted) in seen.items():
        assert answer == wanted, (name, answer)
        yield [name, answer]
    word.value = 0x3FFFFFFF
    forged = attempt(202, at, lock_pi, 0, short, 0, 0)
    assert forged in ("ESRCH", "EPERM", "ETIMEDOUT"), forged
    yield ["an owner that is not there", forged]

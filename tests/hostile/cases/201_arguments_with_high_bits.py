# 201 arguments with high bits
# expect: ok
# CVE-2019-10063 again, for every call whose arguments are filtered: fcntl, prctl, socketpair,
# tgkill and prlimit64 take 32 bits of an argument, the filter sees 64.
import ctypes
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    high = 1 << 32
    pair, limit = (ctypes.c_int * 2)(), (ctypes.c_long * 2)(1 << 40, 1 << 40)
    seen = {
        "fcntl F_SETLK": attempt(72, 4, 6 | high, 0),
        "fcntl F_OFD_SETLK": attempt(72, 4, 37 | high, 0),
        "fcntl F_SETOWN": attempt(72, 3, 8 | high, 1),
        "fcntl F_SETSIG": attempt(72, 3, 10 | high, 9),
        "fcntl F_SETLEASE": attempt(72, 4, 1024 | high, 1),
        "fcntl F_NOTIFY": attempt(72, 4, 1026 | high, 1),
        "fcntl F_SETPIPE_SZ": attempt(72, 1, 1031 | high, 1 << 20),
        "fcntl F_ADD_SEALS": attempt(72, 4, 1033 | high, 1),
        "fcntl F_DUPFD with high bits": attempt(72, 3, 0 | high, 0),
        "fcntl F_SETFL with high bits": attempt(72, 3, 4 | high, 0),
        "prctl PR_SET_DUMPABLE": attempt(157, 4 | high, 1, 0, 0, 0),
        "prctl PR_SET_SECCOMP": attempt(157, 22 | high, 1, 0, 0, 0),
        "prctl PR_SET_NAME with high bits": attempt(157, 15 | high, b"x", 0, 0, 0),
        "socketpair AF_INET": attempt(53, 2 | high, 1, 0, pair),
        "socketpair AF_UNIX with high bits": attempt(53, 1 | high, 1, 0, pair),
        "tgkill of another": attempt(234, 2 | high, 2, 0),
        "prlimit64 up": attempt(302, 0, 7 | high, limit, 0),
    }

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

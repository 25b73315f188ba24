# 225 becoming someone
# expect: ok
# CVE-2021-4034 and all that begin with setuid: no identity but the unmapped one, no groups, no
# capabilities, however they are asked for.
import ctypes
import errno
import os

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    empty = (ctypes.c_uint32 * 6)()
    assert os.getresuid() == (65534,) * 3 and os.getresgid() == (65534,) * 3
    assert attempt(125, header, empty) == "ok"
    assert list(empty) == [0] * 6, list(empty)
    seen = {
        "setuid": attempt(105, 0),
        "setgid": attempt(106, 0),
        "setreuid": attempt(113, 0, 0),
        "setregid": attempt(114, 0, 0),
        "setresuid": attempt(117, 0, 0, 0),
        "setresgid": attempt(119, 0, 0, 0),
        "setfsuid": attempt(122, 0),
        "setfsgid": attempt(123, 0),
        "setgroups": attempt(116, 0, 0),
        "capset": attempt(126, header, data),
        "setsid": attempt(112),
        "setpgid": attempt(109, 0, 0),
        "sethostname": attempt(170, b"h", 1),
        "setdomainname": attempt(171, b"h", 1),
        "getpgid of the parent": attempt(121, 0),
        "setrlimit": attempt(160, 7, empty),
    }
    yield ["capabilities", 0]
    yield ["groups", sorted(set(os.getgroups()) - {65534})]
    assert set(os.getgroups()) <= {65534}

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

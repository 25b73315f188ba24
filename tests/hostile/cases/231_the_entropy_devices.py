# 231 the entropy devices
# expect: ok
# The device nodes are the host's own: RNDADDENTROPY, RNDCLEARPOOL and RNDRESEEDCRNG would act
# on the whole machine. CVE-2023-31083-like ioctls on what is left are refused too.
import ctypes
import errno
import os

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    pool = (ctypes.c_uint32 * 4)(8, 8, 0, 0)
    requests = {
        "RNDADDENTROPY": 0x40085203,
        "RNDADDTOENTCNT": 0x40045201,
        "RNDCLEARPOOL": 0x5206,
        "RNDZAPENTCNT": 0x5204,
        "RNDRESEEDCRNG": 0x5207,
        "RNDGETPOOL": 0x80085202,
        "RNDGETENTCNT": 0x80045200,
    }
    seen = {}
    for device in ("/dev/random", "/dev/urandom", "/dev/null", "/dev/zero"):
        fd = os.open(device, os.O_RDONLY)
        for name, request in requests.items():
            seen[f"{name} of {device}"] = attempt(16, fd, request, pool)
        os.close(fd)
    taken = b"".join(os.getrandom(1 << 16, os.GRND_NONBLOCK) for _ in range(64))
    assert len(set(taken[:4096])) > 200
    yield ["getrandom", len(taken)]

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

# 200 ioctl requests with high bits
# expect: ok
# CVE-2019-10063 (flatpak) and CVE-2019-7303 (snapd): the kernel takes 32 bits of the request, a
# filter that compares 64 lets TIOCSTI through with a high bit set. CVE-2017-5226 (bubblewrap),
# TIOCLINUX: the terminal's input queue is a way out.
import ctypes
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    requests = {
        "TIOCSTI": 0x5412,
        "TIOCLINUX": 0x541C,
        "TIOCSCTTY": 0x540E,
        "TIOCSETD": 0x5423,
        "TIOCCONS": 0x541D,
        "FIOASYNC": 0x5452,
        "SIOCGIFCONF": 0x8912,
        "FS_IOC_SETFLAGS": 0x40086602,
        "FICLONE": 0x40049409,
    }
    byte = ctypes.create_string_buffer(b"#\n")
    seen = {}
    for name, request in requests.items():
        for high in (0, 1 << 32, 1 << 63, 0xFFFFFFFF << 32):
            for fd in (0, 1, 2, 3, 4):
                seen[f"{name}+{high:x} on {fd}"] = attempt(16, fd, request | high, byte)
    for high in (1 << 32, 1 << 63):
        # an allowed request is allowed as it is, not with other bits set
        seen[f"FIONREAD+{high:x}"] = attempt(16, 3, 0x541B | high, byte)

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

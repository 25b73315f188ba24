# 237 address space that is only reserved
# expect: ok
# uninstrumented: its address space has no limit
# limits: memory_mb=256
# Overcommit: MAP_NORESERVE, MAP_GROWSDOWN, thread stacks and shared mappings of a sparse file
# reserve what is used later. The address space is what is counted, whatever was promised of it.
import ctypes
import errno
import os

from probe import libc, syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    libc.mmap.restype = ctypes.c_long
    tebibyte = 1 << 40

    def mapped(size, flags, fd=-1):
        ctypes.set_errno(0)
        result = libc.mmap(None, ctypes.c_size_t(size), 3, flags, fd, ctypes.c_long(0))
        return "ok" if result != -1 else errno.errorcode[ctypes.get_errno()]

    with open("/tmp/sparse", "wb") as file:
        file.truncate(8 << 20)
    fd = os.open("/tmp/sparse", os.O_RDWR)
    seen = {
        "anonymous": mapped(tebibyte, 0x22),
        "no reserve": mapped(tebibyte, 0x22 | 0x4000),
        "shared": mapped(tebibyte, 0x21),
        "grows down": mapped(tebibyte, 0x122),
        "of a file": mapped(tebibyte, 0x1, fd),
        "brk": "ENOMEM" if attempt(12, tebibyte) == "ok" else "EFAULT",
    }
    total = 0
    while mapped(64 << 20, 0x22 | 0x4000) == "ok":
        total += 64
        assert total < 4096, total
    seen["in pieces"] = "ENOMEM"
    assert set(seen.values()) == {"ENOMEM"}, seen
    for name, answer in seen.items():
        yield [name, answer]
    yield ["less than", 4096]

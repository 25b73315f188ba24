# 218 locked and huge memory
# expect: ok
# Firecracker's and isolate's lesson: locked and huge pages are in no resident size that a
# sampler sees in time, and huge pages come out of a pool of the whole machine.
import ctypes
import errno

from probe import libc, syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    page = ctypes.create_string_buffer(1 << 16)
    libc.mmap.restype = ctypes.c_long
    anonymous = 0x22

    def mapped(flags, size=1 << 22):
        ctypes.set_errno(0)
        result = libc.mmap(None, ctypes.c_size_t(size), 3, flags, -1, ctypes.c_long(0))
        return "ok" if result != -1 else errno.errorcode[ctypes.get_errno()]

    seen = {
        "mlockall": attempt(151, 3),
        "mlock2": attempt(325, page, 65536, 1),
        "mlock": attempt(149, page, 65536),
        "shmget huge": attempt(29, 0, 1 << 22, 0o1000 | 0o4000 | 0o600),
        "MAP_LOCKED": mapped(anonymous | 0x2000),
        "MAP_HUGETLB": mapped(anonymous | 0x40000),
        "MAP_HUGETLB 1G": mapped(anonymous | 0x40000 | (30 << 26), 1 << 30),
        "memfd huge": attempt(319, b"h", 4),
        "mbind": attempt(237, page, 4096, 1, 0, 0, 0),
        "migrate_pages": attempt(256, 1, 0, 0, 0),
        "move_pages": attempt(279, 1, 0, 0, 0, 0, 0),
    }
    for name, answer in seen.items():
        assert answer in ("EPERM", "ENOMEM", "EAGAIN"), (name, answer)
        yield [name, answer]

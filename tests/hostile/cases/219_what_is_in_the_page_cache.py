# 219 what is in the page cache
# expect: ok
# CVE-2019-5489 (mincore) and its successors preadv2(RWF_NOWAIT) and cachestat: whether a page
# of a shared file is in memory tells what other reports read.
import ctypes
import errno
import json
import mmap
import os

from probe import libc, syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    library = os.open(json.__file__, os.O_RDONLY)
    mapping = mmap.mmap(library, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
    vector = ctypes.create_string_buffer(64)
    buffer = (ctypes.c_uint64 * 2)(ctypes.addressof(vector), 64)
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(4096), 1, 1, library, ctypes.c_long(0))
    seen = {
        "mincore": attempt(27, address, 4096, vector),
        "cachestat": attempt(
            451, library, (ctypes.c_uint64 * 2)(0, 4096), (ctypes.c_uint64 * 5)(), 0
        ),
        "preadv2 nowait": attempt(327, library, buffer, 1, 0, 0, 8),
        "process_madvise": attempt(440, 3, buffer, 1, 4, 0),
        "readahead": attempt(187, library, 0, 4096),
        "fadvise, drop it from the cache": attempt(221, library, 0, 0, 4),
        "lookup_dcookie": attempt(212, 0, vector, 64),
    }
    mapping.close()

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

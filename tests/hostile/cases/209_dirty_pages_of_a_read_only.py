# 209 dirty pages of a read-only file
# expect: ok
# CVE-2016-5195 (Dirty COW): a race of writes to a private mapping with madvise(MADV_DONTNEED)
# wrote through to the file. CVE-2022-2590: the same on shared memory.
import ctypes
import errno
import mmap
import os
import pathlib
import threading

from probe import libc, syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    path = __file__
    original = pathlib.Path(path).read_bytes()
    source = os.open(path, os.O_RDONLY)
    private = mmap.mmap(source, 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    shared = mmap.mmap(source, 0, mmap.MAP_SHARED, mmap.PROT_READ)
    stop = threading.Event()

    def discard():
        while not stop.is_set():
            private.madvise(mmap.MADV_DONTNEED)

    thread = threading.Thread(target=discard)
    thread.start()
    for _ in range(20000):
        private[0:8] = b"#DIRTY!!"
    stop.set()
    thread.join()
    assert pathlib.Path(path).read_bytes() == original
    assert bytes(shared[:]) == original
    try:
        mmap.mmap(source, 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        raise AssertionError("a writable shared mapping of a read-only file")
    except PermissionError as error:
        yield ["shared writable mapping", errno.errorcode[error.errno]]
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(4096), 1, 1, source, ctypes.c_long(0))
    answer = attempt(10, address, 4096, 3)
    assert answer == "EACCES", answer
    yield ["mprotect of a shared mapping", answer]
    yield ["file", "unchanged"]

# 230 lists the kernel walks at thread end
# expect: ok
# CVE-2014-0205-like: set_robust_list, set_tid_address and rseq give the kernel pointers it
# follows when a thread ends. Threads that leave nonsense there end, and nothing else does.
import ctypes
import errno
import threading

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    ended = []

    def leave(pointer):
        node = (ctypes.c_uint64 * 3)(pointer, pointer, pointer)
        attempt(273, node, 24)
        attempt(273, pointer, 24)
        attempt(218, pointer)
        ended.append(pointer)

    for pointer in (0, 8, 0xDEAD0000, 1 << 47, -4096, -1):
        thread = threading.Thread(target=leave, args=(pointer,))
        thread.start()
        thread.join(5)
        assert not thread.is_alive()
    loop = (ctypes.c_uint64 * 3)()
    loop[0] = loop[2] = ctypes.addressof(loop) + 8
    thread = threading.Thread(target=lambda: attempt(273, loop, 24))
    thread.start()
    thread.join(5)
    assert attempt(273, 0, 23) == "EINVAL"
    yield ["threads ended", len(ended)]
    area = (ctypes.c_uint64 * 8)()
    for size, flags in ((0, 0), (31, 0), (1 << 20, 0), (32, 4), (32, 1)):
        answer = attempt(334, area, size, flags, 0)
        assert answer in ("EINVAL", "EPERM", "EBUSY", "EFAULT"), answer
        yield ["rseq", size, flags, answer]

# 221 the null page
# expect: ok
# CVE-2009-2692 and the kernel null pointer exploits after it mapped page zero; CVE-2023-3269
# (StackRot) and the mremap bugs moved mappings to where none should be.
import ctypes
import errno

from probe import libc, syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    libc.mmap.restype = ctypes.c_long

    def mapped(address, flags, length=4096):
        ctypes.set_errno(0)
        result = libc.mmap(
            ctypes.c_void_p(address), ctypes.c_size_t(length), 3, flags, -1, ctypes.c_long(0)
        )
        return ("ok", result) if result != -1 else (errno.errorcode[ctypes.get_errno()], 0)

    fixed, grows = 0x32, 0x132
    seen = {}
    for flags in (fixed, grows, fixed | 0x100000, fixed | 0x4000):
        seen[f"page zero, flags {flags:x}"] = mapped(0, flags)[0]
    answer, page = mapped(None, 0x22, 8192)
    assert answer == "ok"
    seen["mremap to zero"] = attempt(25, page, 4096, 4096, 3, 0)
    assert set(seen.values()) == {"EPERM"}, seen
    other = {
        "mremap of nothing": attempt(25, page, 0, 4096, 1, 0),
        "mremap wraps": attempt(25, page, 4096, -4096, 1, 0),
        "mmap wraps": mapped(None, 0x22, 1 << 63)[0],
        "mmap above the user half": mapped(0xFFFF800000000000, fixed)[0],
        "mprotect of the vsyscall page": attempt(10, 0xFFFFFFFFFF600000 - (1 << 64), 4096, 7),
        "munmap of everything above": attempt(11, page, -4096),
    }
    assert set(other.values()) <= {"EINVAL", "ENOMEM", "EFAULT"}, other
    for name, answer in (seen | other).items():
        yield [name, answer]

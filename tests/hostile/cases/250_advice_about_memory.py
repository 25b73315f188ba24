# 250 advice about memory
# expect: ok
# Firecracker's production notes and "Dedup Est Machina": pages that the kernel merges with
# equal ones of others tell what others hold. Merging, poisoning and taking pages offline cannot
# be asked for.
import ctypes
import errno

from probe import call_fails, libc, syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    libc.mmap.restype = ctypes.c_long
    page = libc.mmap(None, ctypes.c_size_t(1 << 16), 3, 0x22, -1, ctypes.c_long(0))
    advices = {"MADV_MERGEABLE": 12, "MADV_HWPOISON": 100, "MADV_SOFT_OFFLINE": 101, "unknown": 77}
    for name, advice in advices.items():
        yield call_fails(name, "EPERM|EINVAL", 28, page, 1 << 16, advice)
    for name, advice in {"MADV_DONTNEED": 4, "MADV_FREE": 8}.items():
        answer = attempt(28, page, 1 << 16, advice)
        assert answer == "ok", (name, answer)
        yield [name, answer]

# 251 registers and tables of the processor
# expect: ok
# CVE-2014-9090-like traps of segments, ARCH_SET_CPUID faults and vdso pages of another abi: of
# arch_prctl a thread needs the base of its own storage, which is set when it starts.
import errno

from probe import call_fails, syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    codes = {
        "ARCH_SET_CPUID": (0x1012, 0),
        "ARCH_REQ_XCOMP_PERM": (0x1023, 18),
        "ARCH_REQ_XCOMP_GUEST_PERM": (0x1025, 18),
        "ARCH_MAP_VDSO_X32": (0x2001, 0),
        "ARCH_MAP_VDSO_32": (0x2002, 0),
        "ARCH_MAP_VDSO_64": (0x2003, 0),
        "ARCH_SHSTK_ENABLE": (0x5001, 1),
        "ARCH_SHSTK_UNLOCK": (0x5004, 1),
        "ARCH_ENABLE_TAGGED_ADDR": (0x4002, 6),
        "unknown": (0x9999, 0),
    }
    for name, (code, value) in codes.items():
        yield call_fails(name, "EPERM", 158, code, value)
    seen = {
        "modify segment base to the kernel": attempt(158, 0x1001, -4096),
        "set_thread_area": attempt(205, 0),
        "get_thread_area": attempt(211, 0),
    }
    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

# 202 threads with namespaces
# expect: ok
# CVE-2022-0185, CVE-2024-1086 and most kernel escapes of recent years begin with a user
# namespace that report code makes itself. Here a clone that asks for a thread, and for
# namespaces with it; and clone3, whose flags a filter cannot see (CVE-2021-41133, and the holes
# of early Docker profiles).
import ctypes
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    thread, vm, sighand, fs = 0x10000, 0x100, 0x800, 0x200
    namespaces = {
        "NEWUSER": 0x10000000,
        "NEWPID": 0x20000000,
        "NEWNET": 0x40000000,
        "NEWNS": 0x20000,
        "NEWUTS": 0x4000000,
        "NEWIPC": 0x8000000,
        "NEWCGROUP": 0x2000000,
    }
    stack = ctypes.create_string_buffer(1 << 16)
    top = ctypes.addressof(stack) + (1 << 15)
    seen = {}
    for name, flag in namespaces.items():
        as_thread = attempt(56, thread | vm | sighand | flag, top, 0, 0, 0)
        assert as_thread in ("EPERM", "EINVAL"), (name, as_thread)
        high = attempt(56, thread | vm | sighand | flag | 1 << 32, top, 0, 0, 0)
        assert high in ("EPERM", "EINVAL"), (name, high)
        seen["process with " + name] = attempt(56, flag | 17, 0, 0, 0, 0)
        seen["fs and " + name] = attempt(56, vm | fs | flag, 0, 0, 0, 0)
    seen["fork"] = attempt(57)
    seen["vfork"] = attempt(58)
    arguments = (ctypes.c_uint64 * 11)()
    arguments[0] = namespaces["NEWUSER"]
    for size in (64, 88, 0, 1 << 20):
        answer = attempt(435, arguments, size)
        assert answer == "ENOSYS", answer

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

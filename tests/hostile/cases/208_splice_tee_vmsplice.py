# 208 splice tee vmsplice
# expect: ok
# CVE-2022-0847 (Dirty Pipe): splice put pages of a read-only file into a pipe that was then
# written. CVE-2020-29374: vmsplice and copy-on-write.
import ctypes
import errno
import os

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    source = os.open(__file__, os.O_RDONLY)
    before = os.read(source, 1 << 20)
    out, into = os.pipe()
    offset = ctypes.c_int64(1)
    vector = (ctypes.c_uint64 * 2)(ctypes.addressof(offset), 8)
    seen = {
        "splice from a file": attempt(275, source, ctypes.byref(offset), into, 0, 1, 0),
        "splice to the output": attempt(275, out, 0, 4, 0, 1, 0),
        "tee": attempt(276, out, into, 1, 0),
        "vmsplice": attempt(278, into, vector, 1, 0),
        "vmsplice gift": attempt(278, into, vector, 1, 8),
    }
    os.write(into, b"dirty")
    os.lseek(source, 0, 0)
    assert os.read(source, 1 << 20) == before

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

# 210 executing a descriptor
# expect: ok
# CVE-2019-5736 (runc): /proc/self/exe of the helper that enters the container was opened and
# overwritten. Execution by descriptor needs no path that a root without binaries could deny.
import ctypes
import errno
import json
import os

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    memory = attempt(319, b"payload", 0)
    assert memory == "EPERM", memory
    assert attempt(447, 0) == "EPERM"
    library = os.open(json.__file__, os.O_RDONLY)
    with open("/tmp/payload", "wb") as file:
        file.write(b"#!/lib64/ld-linux-x86-64.so.2\n")
    os.chmod("/tmp/payload", 0o777)
    script = os.open("/tmp/payload", os.O_RDONLY)
    arguments = (ctypes.c_char_p * 2)(b"x", None)
    seen = {
        "execve": attempt(59, b"/tmp/payload", arguments, arguments),
        "execve of the runtime": attempt(59, json.__file__.encode(), arguments, arguments),
        "execveat of the runtime": attempt(322, library, b"", arguments, arguments, 0x1000),
        "execveat of a script": attempt(322, script, b"", arguments, arguments, 0x1000),
        "execveat of the output": attempt(322, 4, b"", arguments, arguments, 0x1000),
        "uselib": attempt(134, b"/tmp/payload"),
    }
    for path in ("/proc/self/exe", "/proc/1/exe", "/proc/self/fd/3", "/proc", "/proc/thread-self"):
        try:
            os.stat(path)
            raise AssertionError(path + " exists")
        except FileNotFoundError:
            yield [path, "ENOENT"]

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

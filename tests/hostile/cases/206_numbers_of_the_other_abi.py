# 206 numbers of the other abi
# expect: ok
# seccomp(2), "x32": the calls 512 to 547 belong to x32, but kernels before 5.4 ran them for any
# caller. A filter that knows the 64-bit numbers only would have let execve through as 520.
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    path = b"/lib64/ld-linux-x86-64.so.2"
    seen = {str(n): attempt(n, 0, 0, 0, 0, 0) for n in range(512, 548)}
    seen["520 execve"] = attempt(520, path, 0, 0)
    seen["545 execveat"] = attempt(545, -100, path, 0, 0, 0)

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

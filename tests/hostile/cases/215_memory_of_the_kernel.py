# 215 memory of the kernel
# expect: ok
# uninstrumented: its checks need a descriptor
# limits: files=64
# CVE-2016-2847 (pipe buffers): memory that the kernel holds for a process is in no size of it.
# What pipes, event descriptors, epoll sets and socket pairs can hold is bounded by the
# descriptor limit.
import collections
import errno
import os
import socket

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    made = collections.Counter()
    for name, make in (
        ("pipe", lambda: os.pipe()),
        ("socket pair", lambda: tuple(s.detach() for s in socket.socketpair())),
        ("eventfd", lambda: (os.eventfd(0),)),
    ):
        batch = []
        try:
            while True:
                batch.append(make())
                made[name] += len(batch[-1])
        except OSError as error:
            assert error.errno == errno.EMFILE, error
        assert made[name] <= 60, made
        held = 0
        for pair in batch:
            fd = pair[-1]
            os.set_blocking(fd, False)
            assert attempt(72, fd, 1031, 1 << 24) == "EPERM"
            try:
                while name != "eventfd":
                    held += os.write(fd, bytes(65536))
            except BlockingIOError:
                pass
        assert held < 64 << 20, held
        yield [name, made[name], "descriptors, the rest EMFILE"]
        for pair in batch:
            for fd in pair:
                os.close(fd)
    os.close(os.open("/dev/null", os.O_RDONLY))
    yield ["after closing", "a file opens again"]

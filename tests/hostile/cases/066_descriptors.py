# 066 descriptors until there are none; pipes that hold more
# expect: ok
# limits: files=32
import fcntl
import os

from probe import fails

F_SETPIPE_SZ = 1031


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    source, sink = os.pipe()
    yield fails("a larger pipe", "EPERM", fcntl.fcntl, sink, F_SETPIPE_SZ, 1 << 30)
    opened = [source, sink]

    def exhaust(function):
        while True:
            opened.append(function())

    yield fails("open", "EMFILE", exhaust, lambda: os.open("/dev/null", os.O_RDONLY))
    assert len(opened) <= 32 - 5, len(opened)
    yield fails("dup", "EMFILE", exhaust, lambda: os.dup(0))
    yield fails("pipe", "EMFILE", os.pipe)
    yield fails("dup2 beyond", "EBADF", os.dup2, 0, 1000)
    for fd in opened:
        os.close(fd)
    yield ["opened", len(opened)]

# 017 paths that are too long, no text, no pointer
# expect: ok
import ctypes
import os

from probe import call_fails, fails, raises

SYS_OPEN, SYS_STAT = 2, 4


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield fails("long name", "ENAMETOOLONG", open, "/tmp/" + "x" * 10_000)
    yield fails("long path", "ENAMETOOLONG", open, "/tmp" + "/." * 1_000_000)
    yield fails("not UTF-8", "ENOENT", open, b"/tmp/\xff\xfe\x80")
    yield fails("surrogate", "ENOENT", open, "/tmp/\udcff")
    yield raises("lone surrogate", UnicodeEncodeError, open, "/tmp/\ud800")
    yield raises("NUL", ValueError, open, "/tmp/a\0b")
    yield fails("empty", "ENOENT", open, "")
    yield call_fails("NULL", "EFAULT", SYS_OPEN, None, 0, 0)
    yield call_fails("wild pointer", "EFAULT", SYS_STAT, ctypes.c_void_p(0xDEAD0000), None)
    yield call_fails("kernel pointer", "EFAULT", SYS_OPEN, ctypes.c_void_p(-4096), 0, 0)
    yield fails("directory", "EISDIR|EROFS", open, "/plugin", "wb")
    yield fails("leading dots", "ENOENT", open, "/plugin/" + "../" * 100 + "etc/shadow")
    deep = "/tmp"
    for _ in range(200):
        deep += "/d"
        os.mkdir(deep)
    yield ["depth", deep.count("/")]

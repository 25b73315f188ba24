# 010 a file of 1 TiB without content is as large as any
# expect: ok
import os

from probe import call_fails, fails

TIB = 1 << 40
SYS_FALLOCATE = 285


def write_at_the_end(fd):
    os.pwrite(fd, b"x", TIB)


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    fd = os.open("/tmp/sparse", os.O_CREAT | os.O_RDWR)
    yield fails("ftruncate", "EFBIG", os.ftruncate, fd, TIB)
    yield fails("truncate", "EFBIG", os.truncate, "/tmp/sparse", TIB)
    yield fails("pwrite", "EFBIG", write_at_the_end, fd)
    yield call_fails("fallocate", "EPERM|EFBIG|ENOSPC", SYS_FALLOCATE, fd, 0, 0, TIB)
    yield fails("the output", "EFBIG", os.ftruncate, 4, TIB)
    assert os.path.getsize("/tmp/sparse") == 0

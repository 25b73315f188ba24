# 240 blocks beyond the end of the output
# expect: ok
# limits: output_mb=16 tmp_mb=16
# RLIMIT_FSIZE looks at the size of a file, and fallocate(FALLOC_FL_KEEP_SIZE) does not change
# that size: blocks of the host's disk beyond every limit. The same by punching, collapsing and
# inserting.
import os

from probe import call_fails


def generate(client, input_data, progress, renderer_type, context):
    keep, collapse, zero, insert, unshare = 1, 8, 16, 32, 64
    length = 256 << 20
    refused = "EPERM|EFBIG|EOPNOTSUPP"
    modes = {
        "plain": 0,
        "keep size": keep,
        "zero and keep size": zero | keep,
        "zero": zero,
        "insert": insert,
        "collapse": collapse,
        "unshare": unshare,
    }
    for name, mode in modes.items():
        yield call_fails(name, refused + "|EINVAL", 285, 4, mode, 0, length)
        assert os.fstat(4).st_blocks * 512 <= 32 << 20, os.fstat(4)
    yield call_fails("keep size, at an offset", refused, 285, 4, keep, 1 << 30, length)
    yield call_fails("keep size, without end", refused, 285, 4, keep, 0, 1 << 50)
    for _ in range(8):
        call_fails("keep size, in pieces", refused, 285, 4, keep, 8 << 20, 32 << 20)
    assert os.fstat(4).st_blocks * 512 <= 32 << 20, os.fstat(4)
    fd = os.open("/tmp/file", os.O_RDWR | os.O_CREAT)
    yield call_fails("in /tmp", refused + "|ENOSPC", 285, fd, keep, 0, length)

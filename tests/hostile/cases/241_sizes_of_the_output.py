# 241 sizes of the output
# expect: ok
# limits: output_mb=4
# The size limit holds for every way to a larger file: truncate, a seek, writes at an offset,
# vectors, copies from a device and from another file, and a shared mapping.
import mmap
import os

from probe import fails, raises


def generate(client, input_data, progress, renderer_type, context):
    limit = 4 << 20
    zero = os.open("/dev/zero", os.O_RDONLY)
    scratch = os.open("/tmp/scratch", os.O_RDWR | os.O_CREAT)
    os.ftruncate(scratch, limit)
    too_large = "EFBIG"
    yield fails("ftruncate", too_large, os.ftruncate, 4, 1 << 40)
    yield fails("ftruncate by one", too_large, os.ftruncate, 4, limit + 1)
    yield fails("pwrite", too_large, os.pwrite, 4, b"x", limit)
    yield fails("pwrite far away", too_large, os.pwrite, 4, b"x", 1 << 40)
    os.lseek(4, limit, os.SEEK_SET)
    yield fails("write", too_large, os.write, 4, b"x")
    yield fails("writev", too_large, os.writev, 4, [b"x", b"y"])
    yield fails("sendfile", too_large + "|EINVAL", os.sendfile, 4, zero, None, 4096)
    yield fails(
        "copy_file_range", too_large + "|EXDEV|EOPNOTSUPP", os.copy_file_range, scratch, 4, 4096
    )
    os.ftruncate(4, limit)
    mapping = mmap.mmap(4, limit, mmap.MAP_SHARED)
    mapping[limit - 1] = 1
    yield raises("a mapping past the end", (ValueError, OSError), mmap.mmap, 4, limit + 4096)
    mapping.close()
    yield fails("truncate by name", "EFBIG", os.truncate, "/tmp/scratch", 1 << 40)
    assert os.fstat(4).st_size == limit
    os.ftruncate(4, 0)
    os.lseek(4, 0, os.SEEK_SET)

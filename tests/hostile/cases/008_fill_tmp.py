# 008 /tmp ends at its size, a file at the size of the output
# expect: ok
# limits: tmp_mb=8 output_mb=4
import os

from probe import fails

CHUNK = bytes(1 << 20)


def fill(path):
    with open(path, "wb", buffering=0) as file:
        while True:
            file.write(CHUNK)


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield fails("one file", "EFBIG", fill, "/tmp/0")
    assert os.path.getsize("/tmp/0") == 4 << 20
    yield fails("the second fills it", "ENOSPC|EFBIG", fill, "/tmp/1")
    yield fails("no room for a third", "ENOSPC", fill, "/tmp/2")
    total = sum(entry.stat().st_size for entry in os.scandir("/tmp"))
    assert total <= 8 << 20, total
    space = os.statvfs("/tmp")
    yield ["size of /tmp", space.f_blocks * space.f_frsize]

# 009 /tmp ends at its number of files
# expect: ok
import os

from probe import fails


def create(counter):
    while True:
        os.close(os.open(f"/tmp/{counter[0]}", os.O_CREAT | os.O_WRONLY))
        counter[0] += 1


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    counter = [0]
    yield fails("files", "ENOSPC", create, counter)
    assert 500 < counter[0] <= 1024, counter
    yield fails("directories", "ENOSPC", os.mkdir, "/tmp/directory")

# 012 what one report leaves in /tmp, the next does not find
# expect: ok
# runs: 2 equal
import os


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    assert os.listdir("/tmp") == []
    os.mkdir("/tmp/left")
    with open("/tmp/left/over", "w") as file:
        file.write("for the next report")
    yield ["/tmp", os.listdir("/tmp")]

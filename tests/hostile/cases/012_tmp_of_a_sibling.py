# 012 reports that run at the same time have a /tmp each
# expect: ok
# together: 3
import os
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    own = str(input_data["instance"])
    open(f"/tmp/{own}", "w").close()
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        assert os.listdir("/tmp") == [own]
        time.sleep(0.01)
    yield ["/tmp", [own]]

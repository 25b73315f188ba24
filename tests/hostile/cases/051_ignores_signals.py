# 051 a report that no signal impresses
# expect: wall_limit
# limits: wall_s=1
# message: wall_s = 1
# within: 3
import signal
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        try:
            time.sleep(100)
        except BaseException:
            continue
    yield ["never"]

# 066 a thread too many that nobody catches is that limit
# expect: thread_limit
# limits: threads=8
# message: .
import threading
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    while True:
        threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()
        yield [threading.active_count()]

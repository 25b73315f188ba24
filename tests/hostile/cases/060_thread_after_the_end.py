# 060 a thread that sleeps on after the report has ended
# expect: ok
# within: 3
import threading
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    threading.Thread(target=time.sleep, args=(1_000_000,)).start()
    yield ["done"]

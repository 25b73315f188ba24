# 069 a wild pointer in another thread
# expect: crashed
# message: Segmentation fault
import ctypes
import threading
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["before"]
    threading.Thread(target=ctypes.string_at, args=(16,)).start()
    time.sleep(50)

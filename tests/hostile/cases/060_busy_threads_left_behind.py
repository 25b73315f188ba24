# 060 the same with threads that work and with a pool that is never shut down
# expect: ok
# limits: wall_s=60 idle_s=30 cpu_s=5
# within: 5
import concurrent.futures
import threading


def spin():
    while True:
        pass


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    threading.Thread(target=spin, daemon=False).start()
    concurrent.futures.ThreadPoolExecutor(1).submit(spin)
    yield ["threads", threading.active_count()]

# 060 a thread that works on after the report has ended
# expect: ok
# within: 3
import threading


def work():
    while True:
        print("still here", flush=True)


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    threading.Thread(target=work, daemon=True).start()
    yield ["done"]

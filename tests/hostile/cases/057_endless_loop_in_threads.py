# 057 the processor time of all threads counts
# expect: cpu_limit
# limits: cpu_s=1
import hashlib
import threading


def burn():
    data = bytes(1 << 20)
    while True:
        hashlib.sha256(data)  # without the interpreter lock


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for _ in range(4):
        threading.Thread(target=burn, daemon=True).start()
    burn()
    yield ["never"]

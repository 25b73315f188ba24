# 236 processor time of all threads
# expect: cpu_limit
# limits: cpu_s=2 wall_s=15 idle_s=15
# within: 12
# The rule of isolate: time is counted for the process, not for the thread that is looked at; a
# handler for SIGXCPU and threads that share the work change nothing.
import hashlib
import signal
import threading
import time


def generate(client, input_data, progress, renderer_type, context):
    signal.signal(signal.SIGXCPU, lambda *_: None)
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)

    def burn():
        while True:
            hashlib.sha256(bytes(1 << 20)).digest()

    for _ in range(8):
        threading.Thread(target=burn, daemon=True).start()
    while True:
        progress(1, 2)
        time.sleep(0.1)
    yield ["never"]

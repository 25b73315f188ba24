# 088 a frame that never ends
# expect: idle_limit
# limits: idle_s=1
# runs: 3
# within: 10
import time

from probe import CALL, OUTCOME, PROGRESS, chosen, frame, send


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    send(chosen(input_data, frame(PROGRESS, b"{", 1000), frame(CALL, b"x" * 1000, 100_000),
                frame(OUTCOME, {"status": "ok"})[:-1]))
    time.sleep(1000)
    yield ["never"]

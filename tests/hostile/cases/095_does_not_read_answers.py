# 095 asks and never listens
# expect: wall_limit|idle_limit|protocol_violation
# limits: wall_s=3 idle_s=2
# within: 8
import time

from probe import CALL, envelope, frame, send


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for number in range(200):
        send(frame(CALL, envelope({"id": number, "connection": "", "method": "GET",
                                   "path": "/large"})))
        time.sleep(0.002)
    time.sleep(1000)
    yield ["never"]

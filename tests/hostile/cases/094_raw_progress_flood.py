# 094 progress past the worker's own brake
# expect: ok
# within: 20
# limits: cpu_s=20
# check: few_updates
from probe import PROGRESS, frame, send


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    many = frame(PROGRESS, {"value": 1, "max": 2, "rows": 3}) * 1000
    for _ in range(200):
        send(many)
    send(frame(PROGRESS, {"value": "x", "max": {}, "rows": -1}))
    send(frame(PROGRESS, {"value": -1e308, "max": 1e308, "rows": 2**63}))
    yield ["told"]

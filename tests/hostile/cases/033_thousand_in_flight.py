# 033 a thousand requests at once
# expect: protocol_violation
# message: too many calls
# connections: default slow
from probe import CALL, envelope, frame, send


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    header = {"connection": "slow", "method": "GET", "path": "/hang"}
    for number in range(1000):
        send(frame(CALL, envelope({"id": number + 1, **header})))
    yield ["never"]

# 087 frames that announce too much, or nothing
# expect: protocol_violation
# runs: 12
# within: 20
from probe import CALL, OUTCOME, PROGRESS, READY, REFUSED, chosen, frame, send

CAP = 16 << 20


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    send(chosen(
        input_data,
        frame(PROGRESS, b"", 0xFFFFFFFF),
        frame(CALL, b"", 0xFFFFFFFF),
        frame(OUTCOME, b"", 0xFFFFFFFF),
        frame(CALL, b"", CAP + 1),
        frame(OUTCOME, b"", CAP + 1),
        frame(OUTCOME, b"", 0x80000000),
        frame(PROGRESS, b"", CAP),
        frame(PROGRESS, b""),
        frame(CALL, b""),
        frame(OUTCOME, b""),
        frame(READY, b"x"),
        frame(REFUSED, b"", 0xFFFFFFFF),
    ))
    import time

    time.sleep(50)
    yield ["never"]

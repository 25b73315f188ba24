# 089 frames that do not belong there
# expect: protocol_violation
# connections: default slow
# runs: 12
import time

from probe import (
    CALL,
    JOB,
    OUTCOME,
    PREPARE,
    PROGRESS,
    READY,
    REFUSED,
    REPLY,
    chosen,
    envelope,
    frame,
    send,
)

DONE = frame(OUTCOME, {"status": "ok", "rows": 1, "bytes": 0, "sha256": ""})
ASK = {"connection": "slow", "method": "GET", "path": "/hang"}


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    send(chosen(
        input_data,
        frame(READY),
        frame(REFUSED, {"step": "x", "errno": 1, "message": "not me"}),
        frame(PREPARE, {}),
        frame(JOB, {}),
        frame(REPLY, envelope({"id": 1})),
        DONE + DONE,
        DONE + frame(PROGRESS, {"value": 1, "max": 1}),
        DONE + frame(CALL, envelope({"id": 1, **ASK})),
        DONE + b"\0",
        frame(CALL, envelope({"id": 7, **ASK})) * 2,
        frame(CALL, envelope({"id": "seven", **ASK})),
        frame(CALL, envelope(ASK)),
    ))
    time.sleep(50)
    yield ["never"]

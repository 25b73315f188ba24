# 247 forged outcomes
# expect: protocol_violation
# runs: 7
# Workers that decide their own result: an outcome in the middle, twice, with frames behind it,
# and in shapes that no worker sends. What follows an outcome is never believed, and neither is
# what is odd.
import time

from probe import OUTCOME, PROGRESS, frame, send


def generate(client, input_data, progress, renderer_type, context):
    good = {"status": "ok", "rows": 1, "bytes": 0, "sha256": "0" * 64}
    forged = [
        frame(OUTCOME, good) * 2,
        frame(OUTCOME, good) + frame(PROGRESS, {"value": 1, "max": 2}),
        frame(OUTCOME, b"[]"),
        frame(OUTCOME, b'{"status": "ok"'),
        frame(OUTCOME, b"[" * 100_000),
        frame(OUTCOME, b'{"status": "\xff\xfe"}'),
        frame(OUTCOME, {**good, "rows": 1 << 63}),
    ]
    send(forged[input_data["instance"]])
    time.sleep(50)
    yield ["row"]

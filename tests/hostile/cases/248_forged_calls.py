# 248 forged calls
# expect: protocol_violation
# runs: 8
# Answers are found by the number of their call: numbers that are used twice, missing, fractions
# or text, and envelopes that lie about their length, end the report before a call is made.
import time

from probe import CALL, REPLY, envelope, frame, send


def generate(client, input_data, progress, renderer_type, context):
    call = {"method": "GET", "path": "items", "connection": ""}
    forged = [
        frame(CALL, envelope({**call, "id": 7})) * 2,
        frame(CALL, envelope(call)),
        frame(CALL, envelope({**call, "id": 1.5})),
        frame(CALL, envelope({**call, "id": "1"})),
        frame(CALL, b"\xff\xff\xff\xff{}"),
        frame(CALL, b"\x00\x00"),
        frame(CALL, envelope([1, 2])),
        frame(REPLY, envelope({"id": 1, "status": 200})),
    ]
    for _ in range(20):
        send(forged[input_data["instance"]])
    time.sleep(50)
    yield ["row"]

# 246 forged progress beside the real one
# expect: ok|protocol_violation
# limits: wall_s=120
# within: 20
# A thread that writes whole and broken frames between those of the worker: either the stream
# stays whole, and then the rows are right, or it does not, and then the report failed.
import threading

from probe import PROGRESS, frame, send


def generate(client, input_data, progress, renderer_type, context):
    stop = threading.Event()
    values = [0, -1, 1e308, 2**64, "x", None, [], {"a": 1}, True]

    def forge():
        while not stop.is_set():
            for value in values:
                send(frame(PROGRESS, {"value": value, "max": value, "rows": value}))

    thread = threading.Thread(target=forge, daemon=True)
    thread.start()
    for number in range(2000):
        progress(number, 2000)
        yield [number]
    stop.set()
    thread.join()

# 035 threads without end hit a limit of their own; a report beside it starts its own ones
# expect: ok
# together: 2
# limits: threads=16
import threading
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    stop = threading.Event()
    threads = []
    if input_data["instance"] == 1:
        time.sleep(0.2)  # while the other one has all of its threads
        for _ in range(8):
            threads.append(threading.Thread(target=stop.wait, daemon=True))
            threads[-1].start()
        stop.set()
        yield ["sibling", len(threads)]
        return
    try:
        while len(threads) < 1000:
            threads.append(threading.Thread(target=stop.wait, daemon=True))
            threads[-1].start()
    except RuntimeError as error:
        started = len(threads) - 1
        assert 4 <= started <= 16, started
        time.sleep(0.6)
        stop.set()
        yield [str(error), started]
    else:
        raise AssertionError("no limit")

# 033 of many threads that call, the server meets few at a time
# expect: ok
# limits: threads=32
import threading

COUNT = 24


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import json

    import _carrel

    failures = []

    def call():
        try:
            _carrel.call("default", "GET", "/slowly")
        except Exception as error:
            failures.append(str(error))

    threads = [threading.Thread(target=call) for _ in range(COUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    peak = json.loads(_carrel.call("default", "GET", "/peak")[2])["peak"]
    assert 1 < peak <= 4, peak
    yield ["at once at most", 4]

# 032 answers that are endless, inflate, drip or never come
# expect: ok
# connections: default slow
# limits: wall_s=120 idle_s=60 cpu_s=30
# within: 60
import time

from probe import raises

MESSAGES = {
    "/endless": "10485760|10 MiB|reply_kb|larger|limit",
    "/bomb": "10485760|10 MiB|reply_kb|larger|limit",
    "/headers": "header",
}


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel

    for path in MESSAGES:
        started = time.monotonic()
        yield raises(path, _carrel.CallError, _carrel.call, "default", "GET", path)
        assert time.monotonic() - started < 30, path
    for path in ("/drip", "/hang"):
        started = time.monotonic()
        yield raises(path, _carrel.CallError, _carrel.call, "slow", "GET", path)
        taken = time.monotonic() - started
        assert 0.5 < taken < 30, (path, taken)
    status, _, _ = _carrel.call("default", "GET", "/echo")
    yield ["afterwards", status]

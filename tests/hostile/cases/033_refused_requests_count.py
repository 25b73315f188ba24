# 033 requests that the host refuses are requests
# expect: call_limit
# limits: calls=100
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel

    for _ in range(1000):
        try:
            _carrel.call("default", "GET", "/../..")
        except _carrel.CallError:
            pass
    yield ["never"]

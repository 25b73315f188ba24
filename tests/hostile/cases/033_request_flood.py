# 033 a million requests
# expect: call_limit
# limits: calls=150
# message: 150
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel

    for number in range(1_000_000):
        _carrel.call("default", "GET", "/echo")
        assert number < 150, "the limit does not hold"
    yield ["never"]

# 027 a name that resolves to a private address
# expect: ok
# connections: rebind
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel

    for _ in range(3):
        try:
            answer = _carrel.call("rebind", "GET", "/echo")
        except _carrel.CallError as error:
            assert "127.0.0.1" in str(error) or "loopback" in str(error), error
            yield ["rebind", str(error)]
        else:
            raise AssertionError(answer)

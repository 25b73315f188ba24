# 239 crafted byte code
# expect: crashed|plugin_error|ok
# runs: 3
# CPython runs whatever byte code an object of code holds; Pyodide and every restricted Python
# were left that way. Whatever it does, it does to one process, which is the report's.


def generate(client, input_data, progress, renderer_type, context):
    def victim():
        return 1

    kinds = (
        bytes([100, 255, 83, 0]),  # a constant far outside the tuple
        bytes([116, 254, 83, 0]),  # a global without a name
        bytes([124, 200, 83, 0]),  # a local far outside the frame
    )
    code = victim.__code__.replace(
        co_code=kinds[input_data["instance"]], co_consts=(), co_names=(), co_stacksize=1
    )
    victim.__code__ = code
    for _ in range(100):
        repr(victim())
    yield ["survived"]

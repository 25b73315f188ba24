# 062 a byte array that grows and is touched
# expect: memory_limit|plugin_error
# kind: memory
# limits: memory_mb=64
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    kept = []
    while True:
        kept.append(bytearray(b"\xff") * (1 << 20))
    yield ["never"]

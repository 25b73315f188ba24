# 063 a MemoryError that nobody catches is the memory limit
# expect: memory_limit
# limits: memory_mb=64


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    yield ["x" * 10**11]

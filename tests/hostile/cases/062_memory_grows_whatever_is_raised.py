# 062 the same by a report that goes on after MemoryError
# expect: memory_limit
# limits: memory_mb=64 cpu_s=5
# within: 8


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    kept = []
    yield ["a row before it"]
    while True:
        try:
            kept.append(bytearray(b"x") * (1 << 20))
        except MemoryError:
            continue

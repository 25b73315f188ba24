# 064 memory from the kernel itself, in many threads
# expect: memory_limit|plugin_error
# kind: memory|error
# limits: memory_mb=64
# message: (?i)memory
import mmap
import threading

kept = []


def grow():
    while True:
        page = mmap.mmap(-1, 1 << 20)
        page.write(b"\xff" * (1 << 20))
        kept.append(page)


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for _ in range(4):
        threading.Thread(target=grow, daemon=True).start()
    try:
        grow()
    except OSError as error:
        raise MemoryError("Cannot allocate memory") from error
    yield ["never"]

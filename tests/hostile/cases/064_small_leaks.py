# 064 memory leaked page by page
# expect: memory_limit|plugin_error
# kind: memory
# limits: memory_mb=64
import gc


class Node:
    def __init__(self):
        self.page = bytes(4096).replace(b"\0", b"x")
        self.me = self


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    gc.disable()
    while True:
        Node()
    yield ["never"]

# 065 recursion at its default depth is an error like any other
# expect: plugin_error
# kind: error
# message: RecursionError
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    def deeper(n):
        return deeper(n + 1)

    deeper(0)
    yield ["never"]

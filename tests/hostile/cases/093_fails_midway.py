# 093 an error after many rows
# expect: plugin_error
# kind: error
# renderer: json|csv|xlsx
# message: midway
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for number in range(10_000):
        yield [number]
    raise ValueError("midway")

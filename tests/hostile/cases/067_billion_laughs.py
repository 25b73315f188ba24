# 067 a template whose entities multiply
# expect: plugin_error
# kind: render
# renderer: xlsx
# with: billion_laughs
# within: 10
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["row"]

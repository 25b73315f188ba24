# 067 a template that inflates to gigabytes
# expect: plugin_error
# kind: render
# renderer: xlsx
# with: workbook_bomb
# within: 5
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["row"]

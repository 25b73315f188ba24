# 067 a template that inflates to more than it says
# expect: plugin_error
# kind: render
# renderer: xlsx
# with: lying_workbook_bomb
# within: 5
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["row"]

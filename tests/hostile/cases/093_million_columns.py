# 093 more columns than a workbook has
# expect: plugin_error
# kind: render
# renderer: xlsx
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield range(1_000_000)

# 067 a template that is as large as it may be costs only its own time
# expect: plugin_error|cpu_limit|memory_limit|idle_limit
# kind: render
# renderer: xlsx
# with: slow_workbook
# limits: cpu_s=1
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["row"]

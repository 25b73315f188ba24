# 092 characters that a workbook cannot hold
# expect: plugin_error
# kind: render
# message: row 2
# renderer: xlsx
# runs: 4
from probe import chosen


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["good"]
    yield [chosen(input_data, "NUL \0", "escape \x1b", "\ufffe", "\uffff")]

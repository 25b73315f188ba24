# 092 text longer than a cell of a workbook is cut, elsewhere it is whole
# expect: ok
# renderer: csv|xlsx|json
# check: long_text
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["x" * 40_000]
    yield ["\U0001f600" * 20_000]

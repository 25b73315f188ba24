# 093 rows without cells, ragged rows, very wide rows
# expect: ok
# renderer: csv|json
# limits: output_mb=64
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield []
    yield [1]
    yield [1, 2, 3]
    yield list(range(300_000))
    yield [[]] if renderer_type == "json" else [None]

# 092 half a character is replaced in cells and refused by json
# expect: ok|plugin_error
# renderer: csv|xlsx|json
# check: lone_surrogates
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a\ud800b"]

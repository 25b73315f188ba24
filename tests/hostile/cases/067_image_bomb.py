# 067 a document with an image of 50 000 times 50 000 pixels
# expect: memory_limit|plugin_error|cpu_limit|ok|output_limit
# kind: memory|render|error
# renderer: pdf
# with: image_bomb
# limits: cpu_s=10 wall_s=30
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield {"name": "row"}

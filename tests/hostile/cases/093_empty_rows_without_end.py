# 093 rows without end that hold nothing: still output
# expect: output_limit
# limits: output_mb=1 cpu_s=20 wall_s=60
# renderer: json|csv|xlsx


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    while True:
        yield []

# 068 a generator that loops behind its last row has not ended
# expect: cpu_limit
# limits: cpu_s=1 wall_s=60 idle_s=60


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    try:
        yield ["the only row"]
    finally:
        while True:
            pass

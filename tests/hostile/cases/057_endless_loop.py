# 057 while True in the main thread
# expect: cpu_limit
# limits: cpu_s=1
# message: cpu_s = 1
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    while True:
        pass
    yield ["never"]

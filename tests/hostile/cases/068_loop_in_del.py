# 068 a loop when the worker lets go of a row
# expect: cpu_limit
# limits: cpu_s=1
class Row(list):
    def __del__(self):
        while True:
            pass


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield Row(["x"])
    yield ["never"]

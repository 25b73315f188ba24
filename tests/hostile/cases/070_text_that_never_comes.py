# 070 an exception whose text takes forever
# expect: cpu_limit
# limits: cpu_s=1
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["before"]
    raise Endless

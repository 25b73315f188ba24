# 069 abort(), which as process 1 of a namespace ends in a fault
# expect: crashed
import os


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["before"]
    os.abort()

# 069 the socket closed, the report not
# expect: protocol_violation
# within: 3
import os
import time


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    os.close(3)
    time.sleep(100)
    yield ["never"]

# 069 exit before the outcome
# expect: protocol_violation
# message: without an outcome
# runs: 3
import os

from probe import chosen, syscall


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["before"]
    chosen(
        input_data,
        lambda: os._exit(0),
        lambda: os._exit(1),
        lambda: syscall(231, 0),  # exit_group
    )()

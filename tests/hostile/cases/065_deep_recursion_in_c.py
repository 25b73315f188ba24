# 065 recursion on the stack of the machine, which ends at 8 MiB
# expect: crashed|memory_limit
# message: Segmentation fault
# limits: cpu_s=5
import functools
import sys


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    sys.setrecursionlimit(10**9)

    class Deep:
        def __getattr__(self, name):
            return functools.partial(getattr, self, name + "x")()

    Deep().x
    yield ["never"]

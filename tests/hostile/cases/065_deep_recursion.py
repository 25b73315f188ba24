# 065 a function that calls itself without end
# expect: memory_limit|plugin_error|cpu_limit
# kind: memory
# limits: memory_mb=128 cpu_s=3
import sys


def deeper():
    return deeper()


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    sys.setrecursionlimit(10**9)
    deeper()
    yield ["never"]

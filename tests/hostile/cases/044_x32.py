# 044 system calls by their x32 numbers
# expect: killed_by_policy
# runs: 3
from probe import chosen, syscall

X32 = 0x40000000


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    number = chosen(input_data, 39, 59, 520)  # getpid, execve, execve of x32
    result = syscall(X32 | number)
    raise AssertionError(f"x32 answered {result}")

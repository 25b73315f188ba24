# 016 a crash leaves no core file
# expect: crashed
# message: Segmentation fault
# check: no_core_file
import ctypes
import os
import resource


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    os.chdir("/tmp")
    yield ["before"]
    ctypes.string_at(8)

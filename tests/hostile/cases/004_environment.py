# 004 the environment holds fixed variables only
# expect: ok
import ctypes
import os
import re

FIXED = {"LANG": "C.UTF-8", "TZ": "UTC", "HOME": "/tmp", "TMPDIR": "/tmp"}


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    assert dict(os.environ) == FIXED, dict(os.environ)
    # As C sees it.
    entries = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    seen, i = {}, 0
    while entries[i]:
        name, _, value = entries[i].decode().partition("=")
        seen[name] = value
        i += 1
    assert seen == FIXED, seen
    assert not re.search(input_data["secret"], repr(seen))
    yield ["environment", sorted(seen)]

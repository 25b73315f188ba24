# 007 the next run of the same checkout gets the same source
# expect: ok
# runs: 2 equal
# with: loose_permissions
import hashlib

from probe import fails


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    with open(__file__, "rb") as file:
        source = file.read()
    assert b"evil" + b"line" not in source
    yield fails("write", "EROFS", open, __file__, "ab")
    yield fails("cache", "EROFS", open, __file__ + "c", "wb")
    yield ["sha256", hashlib.sha256(source).hexdigest()]

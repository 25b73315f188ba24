# 063 values larger than any memory
# expect: ok
# uninstrumented: what it asks for must fit below the limit of memory, and just so
from probe import raises


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield raises("text", MemoryError, lambda: "x" * 10**11)
    yield raises("number", (MemoryError, OverflowError), lambda: 1 << 2**36)
    yield raises("list", MemoryError, lambda: [None] * 10**11)
    yield raises("bytes", MemoryError, bytearray, 1 << 40)
    yield raises("beyond size_t", (MemoryError, OverflowError), lambda: "x" * 2**63)
    yield raises("format", (MemoryError, ValueError, OverflowError), "{:>99999999999}".format, "x")

# 069 other ways to fall
# expect: crashed
# runs: 3
import ctypes
import faulthandler
import mmap

from probe import chosen


def run(code):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


def bus_error():
    with open("/tmp/short", "w+b") as file:
        file.truncate(4096)
        view = mmap.mmap(file.fileno(), 4096)
        file.truncate(0)
        view[0]


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    faulthandler.disable()
    chosen(input_data, lambda: run(b"\x0f\x0b"), lambda: ctypes.memset(1, 1, 1), bus_error)()
    yield ["never"]

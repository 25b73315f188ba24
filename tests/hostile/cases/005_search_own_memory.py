# 005 the worker's own memory, page by page, holds no credential of the host
# expect: ok
# limits: cpu_s=20 wall_s=40
import ctypes
import errno
import os
import re
import secrets

from probe import libc, syscall

PAGE = 4096
CHUNK = 16 * PAGE
GAP = 2 << 20  # unmapped space that is searched through on either side of what is mapped
SYS_WRITE, SYS_BRK = 1, 12


class Memory:
    """Reads any address: the kernel says when there is nothing."""

    def __init__(self):
        self.source, self.sink = os.pipe()
        self.pages = {}

    def read(self, address, size):
        count = syscall(SYS_WRITE, self.sink, ctypes.c_void_p(address), size)
        if count == -errno.EFAULT:
            return b""
        assert count > 0, count
        return os.read(self.source, count)

    def regions(self, seed, step):
        """Chunks from `seed` in one direction, until a wide gap."""
        address, empty = seed // CHUNK * CHUNK, 0
        while empty < GAP and 0 < address < 1 << 47:
            data = b""
            if address not in self.pages:
                self.pages[address] = True
                data = self.read(address, CHUNK)
                if len(data) < CHUNK:  # a hole in it: page by page
                    rest = range(address + max(len(data), PAGE), address + CHUNK, PAGE)
                    data += b"".join(self.read(page, PAGE) for page in rest)
                empty = 0 if data else empty + CHUNK
            else:
                empty = 0
            if data:
                yield data
            address += step * CHUNK


def seeds():
    on_stack = ctypes.c_long()
    yield id(object())
    yield id(os)
    yield id(generate)
    yield ctypes.addressof(on_stack)
    yield syscall(SYS_BRK, 0) - PAGE
    for name in ("printf", "Py_Initialize", "environ", "malloc", "dlopen", "lua_newstate"):
        try:
            yield ctypes.cast(getattr(libc, name), ctypes.c_void_p).value
        except AttributeError:
            continue
    stack = ctypes.cast(ctypes.POINTER(ctypes.c_void_p).in_dll(libc, "environ"), ctypes.c_void_p)
    yield stack.value
    yield ctypes.c_void_p.in_dll(libc, "__libc_stack_end").value if hasattr(
        libc, "__libc_stack_end") else stack.value


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    secret = re.compile(input_data["secret"].encode())
    own = b"OWN-" + secrets.token_hex(8).encode()
    kept = ctypes.create_string_buffer(own)
    memory, searched, found_own = Memory(), 0, False
    for seed in [ctypes.addressof(kept), *seeds()]:
        for step in (1, -1):
            for data in memory.regions(seed, step):
                searched += len(data)
                found_own = found_own or own in data
                hit = secret.search(data)
                assert not hit, "a secret of the host lies in the memory of the worker"
    assert found_own, "the search does not find what is there"
    assert searched > 8 << 20, searched
    yield ["searched at least 8 MiB", True]

"""Put beside every Python case: attempts that must fail, and raw system calls and frames."""

import ctypes
import errno
import json
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

SOCKET = 3  # the protocol
OUTPUT = 4  # the output file


def syscall(number, *arguments):
    """The result, or minus errno."""
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *wide)
    return -ctypes.get_errno() if result == -1 else result


def call_fails(what, codes, number, *arguments):
    """A row that says how the system call failed; an error when it did otherwise."""
    result = syscall(number, *arguments)
    names = codes.split("|")
    got = errno.errorcode.get(-result, str(result)) if result < 0 else f"success {result}"
    assert got in names, f"{what}: {got}, expected {codes}"
    return [what, got]


def fails(what, codes, function, *arguments, **named):
    """The same for a function that raises OSError."""
    try:
        result = function(*arguments, **named)
    except OSError as error:
        got = errno.errorcode.get(error.errno, repr(error))
        assert got in codes.split("|"), f"{what}: {error!r}, expected {codes}"
        return [what, got]
    raise AssertionError(f"{what}: succeeded with {result!r}, expected {codes}")


def raises(what, types, function, *arguments, **named):
    """The same for any other exception; its text is not shown, it may differ between runs."""
    try:
        result = function(*arguments, **named)
    except types as error:
        return [what, type(error).__name__]
    raise AssertionError(f"{what}: succeeded with {str(result)[:200]!r}")


def chosen(input_data, *choices):
    """The choice of this instance; `runs:` must be their number."""
    return choices[input_data["instance"]]


# The worker's frames; see sandbox/wire.h.
PREPARE, READY, REFUSED, JOB, PROGRESS, CALL, REPLY, OUTCOME = range(1, 9)


def frame(kind, payload=b"", length=None):
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    return struct.pack("<IB", len(payload) if length is None else length, kind) + payload


def envelope(header, body=b""):
    header = json.dumps(header).encode()
    return struct.pack("<I", len(header)) + header + body


def send(data):
    """Past the worker's own code, straight to the host."""
    view = memoryview(data)
    while view:
        view = view[os.write(SOCKET, view) :]

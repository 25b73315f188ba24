# 019 tcp to listeners of the host
# expect: ok
import asyncio
import socket

from probe import call_fails, fails

SYS_SOCKET, SYS_CONNECT, SYS_BIND, SYS_LISTEN, SYS_ACCEPT4 = 41, 42, 49, 50, 288


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield fails("tcp", "EPERM", socket.create_connection, ("127.0.0.1", input_data["tcp"]), 1)
    yield fails("tcp6", "EPERM", socket.create_connection, ("::1", input_data["tcp6"]), 1)
    yield fails("asyncio", "EPERM", asyncio.run,
                asyncio.open_connection("127.0.0.1", input_data["tcp"]))
    yield fails("server", "EPERM", socket.create_server, ("127.0.0.1", 0))
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        yield call_fails(f"socket {family:d}", "EPERM", SYS_SOCKET, int(family), 1, 0)
    # With a socket that it does have.
    own, _ = socket.socketpair()
    address = b"\x02\x00" + input_data["tcp"].to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    for fd in (own.fileno(), 3):
        yield call_fails(f"connect {fd}", "EPERM", SYS_CONNECT, fd, address, 16)
        yield call_fails(f"bind {fd}", "EPERM", SYS_BIND, fd, address, 16)
        yield call_fails(f"listen {fd}", "EPERM", SYS_LISTEN, fd, 1)
        yield call_fails(f"accept {fd}", "EPERM", SYS_ACCEPT4, fd, None, None, 0)

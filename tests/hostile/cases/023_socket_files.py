# 023 sockets of the host by path
# expect: ok
import os
import socket

from probe import call_fails, fails

SYS_CONNECT, SYS_SENDTO = 42, 44


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    paths = ["/run/docker.sock", "/var/run/docker.sock", "/run/systemd/private", "/dev/log",
             "/run/dbus/system_bus_socket", input_data["unix"], input_data["unix"] + "-datagram"]
    stream, _ = socket.socketpair()
    # A datagram socket of a pair could send to any path; when it is refused, the stream is tried.
    try:
        datagram, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    except PermissionError:
        datagram = stream
    for path in paths:
        yield fails(f"stat {path}", "ENOENT", os.stat, path)
        address = b"\x01\x00" + path.encode()
        yield call_fails(f"connect {path}", "EPERM", SYS_CONNECT, stream.fileno(), address,
                         len(address))
        yield call_fails(f"send {path}", "ENOENT|EISCONN|EOPNOTSUPP|EPERM", SYS_SENDTO,
                         datagram.fileno(), b"x", 1, 0, address, len(address))

# 022 abstract unix sockets of the host and of a report that runs at the same time
# expect: ok
# together: 2
import socket

from probe import call_fails, fails

SYS_CONNECT, SYS_BIND, SYS_SENDTO, SYS_SENDMSG, SYS_SETSOCKOPT = 42, 49, 44, 46, 54


def address_of(name):
    return b"\x01\x00" + name


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield fails("socket", "EPERM", socket.socket, socket.AF_UNIX)
    stream, _ = socket.socketpair()
    host = address_of(b"\0" + input_data["abstract"].encode())
    yield call_fails("connect to the host", "EPERM", SYS_CONNECT, stream.fileno(), host, len(host))
    sibling = address_of(b"\0carrel-sibling")
    yield call_fails("a name of its own", "EPERM", SYS_BIND, stream.fileno(), sibling,
                     len(sibling))
    # SO_PASSCRED would give the socket a name by itself.
    yield call_fails("pass credentials", "EPERM", SYS_SETSOCKOPT, stream.fileno(), 1, 16,
                     b"\x01\0\0\0", 4)
    try:
        datagram, peer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    except PermissionError:
        yield ["a pair for datagrams", "EPERM"]
        return
    # A datagram socket of a pair could send anywhere that its network namespace reaches.
    for name, target in (("host", host + b"-datagram"), ("sibling", sibling)):
        yield call_fails(f"datagram to the {name}", "ECONNREFUSED|EPERM", SYS_SENDTO,
                         datagram.fileno(), b"found you", 9, 0, target, len(target))
    peer.setblocking(False)
    yield fails("nothing came", "EAGAIN", peer.recv, 10)

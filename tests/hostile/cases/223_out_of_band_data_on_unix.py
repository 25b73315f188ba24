# 223 out-of-band data on unix sockets
# expect: ok
# CVE-2025-38236: MSG_OOB on a unix stream socket, which nobody needs, led from Chrome's
# renderer sandbox into the kernel. What asyncio's own pair needs is send and receive without
# flags.
import socket

from probe import call_fails


def generate(client, input_data, progress, renderer_type, context):
    left, right = socket.socketpair()
    left.send(b"x")
    assert right.recv(1) == b"x"
    flags = {
        "MSG_OOB": 1,
        "MSG_DONTROUTE": 4,
        "MSG_MORE": 0x8000,
        "MSG_ZEROCOPY": 0x4000000,
        "MSG_FASTOPEN": 0x20000000,
        "MSG_SPLICE_PAGES": 0x8000000,
    }
    for name, flag in flags.items():
        yield call_fails(f"send {name}", "EPERM", 44, left.fileno(), b"y", 1, flag, 0, 0)
        yield call_fails(f"send {name} to the host", "EPERM", 44, 3, b"", 0, flag, 0, 0)
    for name, flag in (("MSG_OOB", 1), ("MSG_ERRQUEUE", 0x2000), ("MSG_CMSG_CLOEXEC", 0x40000000)):
        yield call_fails(f"receive {name}", "EPERM", 45, right.fileno(), b"12345678", 8, flag, 0, 0)
    yield call_fails("sendmmsg", "EPERM", 307, left.fileno(), 0, 0, 0)
    yield call_fails("recvmmsg", "EPERM", 299, left.fileno(), 0, 0, 0, 0)

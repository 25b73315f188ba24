# 021 no socket of any kind
# expect: ok
import socket

from probe import call_fails

SYS_SOCKET, SYS_SOCKETPAIR = 41, 53
FAMILIES = {
    "UNIX": 1, "INET": 2, "AX25": 3, "INET6": 10, "KEY": 15, "NETLINK": 16, "PACKET": 17,
    "RDS": 21, "CAN": 29, "TIPC": 30, "BLUETOOTH": 31, "ALG": 38, "NFC": 39, "VSOCK": 40,
    "KCM": 41, "QIPCRTR": 42, "SMC": 43, "XDP": 44, "MCTP": 45,
}
KINDS = {"stream": 1, "datagram": 2, "raw": 3, "seqpacket": 5}


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for family, number in FAMILIES.items():
        for kind, value in KINDS.items():
            yield call_fails(f"{family} {kind}", "EPERM", SYS_SOCKET, number, value, 0)
    yield call_fails("icmp", "EPERM", SYS_SOCKET, 2, 2, 1)
    yield call_fails("all protocols", "EPERM", SYS_SOCKET, 17, 3, 0x300)
    pair = bytearray(8)
    for family in ("INET", "NETLINK", "TIPC", "VSOCK"):
        yield call_fails(f"pair {family}", "EPERM", SYS_SOCKETPAIR, FAMILIES[family], 1, 0,
                         bytes(pair))
    # High bits in the family, which the kernel ignores and a filter may not.
    yield call_fails("INET with high bits", "EPERM", SYS_SOCKETPAIR, (1 << 32) | 2, 1, 0,
                     bytes(pair))
    one, other = socket.socketpair()
    one.send(b"x")
    yield ["its own pair", other.recv(1).decode()]

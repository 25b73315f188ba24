# 224 who is at the other end
# expect: ok
# SO_PEERPIDFD (Linux 6.5) gives a descriptor of the process at the other end of a socket,
# whatever its namespace; SO_PEERCRED its numbers. The end of this socket is the host.
import os
import socket
import struct

from probe import fails


def generate(client, input_data, progress, renderer_type, context):
    wire = socket.socket(fileno=os.dup(3))
    try:
        pid, uid, gid = struct.unpack("3i", wire.getsockopt(socket.SOL_SOCKET, 17, 12))
        assert pid in (0, 1) and uid == gid == 65534, (pid, uid, gid)
        yield ["SO_PEERCRED", "nobody"]
    except PermissionError:
        yield ["SO_PEERCRED", "EPERM"]
    for option, name in ((77, "SO_PEERPIDFD"), (31, "SO_PEERSEC"), (59, "SO_PEERGROUPS")):
        yield fails(
            name,
            "EPERM|ENOPROTOOPT|EINVAL|ERANGE|ENODATA|ENOTCONN",
            wire.getsockopt,
            socket.SOL_SOCKET,
            option,
            64,
        )
    for option, value in ((16, 1), (76, 1), (35, 1), (42, 1), (8, 1 << 30), (32, 1 << 30), (26, 1)):
        yield fails(
            f"setsockopt {option}", "EPERM", wire.setsockopt, socket.SOL_SOCKET, option, value
        )
    wire.detach()

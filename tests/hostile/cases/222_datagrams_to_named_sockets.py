# 222 datagrams to named sockets
# expect: ok
# CVE-2020-15257 (containerd): an abstract socket is reached by whoever shares the network
# namespace. A pair of datagram ends needs no connect: sendto takes any name, and an end without
# a name gets one by itself when credentials are asked for.
import socket

from probe import fails


def generate(client, input_data, progress, renderer_type, context):
    yield fails("datagrams", "EPERM", socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)
    left, _ = socket.socketpair()
    names = {
        "abstract of the host": "\0" + input_data["abstract"],
        "path of the host": input_data["unix"],
        "systemd": "/run/systemd/notify",
        "log": "/dev/log",
        "docker": "/var/run/docker.sock",
        "autobind name of a sibling": "\x0000001",
        "x11": "\0/tmp/.X11-unix/X0",
    }
    refused = "EPERM|EACCES|ECONNREFUSED|ENOENT"
    for name, address in names.items():
        yield [name, fails(name, refused, left.sendto, b"hello", address)[0], "not reached"]
    yield fails("passcred", "EPERM", left.setsockopt, socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    yield fails("bind", "EPERM", left.bind, "\0report")
    yield fails("connect", "EPERM", left.connect, "\0" + input_data["abstract"])
    yield fails("listen", "EPERM", left.listen, 1)
    yield fails(
        "sendmsg", "EPERM", left.sendmsg, [b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, b"")]
    )

# 025 no descriptor comes or goes over a socket
# expect: ok
import array
import socket

from probe import SOCKET, call_fails, fails

SYS_RECVMSG, SYS_SENDMSG, SYS_RECVMMSG, SYS_SENDMMSG, SYS_PIDFD_GETFD = 47, 46, 299, 307, 438


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    protocol = socket.socket(fileno=SOCKET)
    one, other = socket.socketpair()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 4]))]
    for name, end in (("protocol", protocol), ("own pair", one)):
        yield fails(f"sendmsg {name}", "EPERM", end.sendmsg, [b"x"], rights)
        yield fails(f"recvmsg {name}", "EPERM", end.recvmsg, 10, 100, socket.MSG_DONTWAIT)
        for call in (SYS_RECVMMSG, SYS_SENDMMSG):
            yield call_fails(f"{call} {name}", "EPERM", call, end.fileno(), None, 1, 0, None)
    protocol.detach()
    other.close()

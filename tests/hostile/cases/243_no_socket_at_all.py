# 243 no socket at all
# expect: protocol_violation
# runs: 4
# Deno's and Firecracker's lesson of trusted channels: the report has the channel in its hands
# and may take it away from under the worker. The host sees a broken channel, never a result.
import os
import socket


def generate(client, input_data, progress, renderer_type, context):
    null = os.open("/dev/null", os.O_RDWR)
    wire = socket.socket(fileno=os.dup(3))
    [
        lambda: os.close(3),
        lambda: os.dup2(null, 3),
        lambda: wire.shutdown(socket.SHUT_RDWR),
        lambda: os.closerange(3, 1 << 16),
    ][input_data["instance"]]()
    wire.detach()
    yield ["row"]

# 050 noise where the protocol is
# expect: protocol_violation
# runs: 6
import os

from probe import chosen, send


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    send(chosen(
        input_data,
        os.urandom(1 << 20),
        b"GET / HTTP/1.1\r\n\r\n" * 1000,
        b"\xff" * 65536,
        b'{"status": "ok"}\n',
        b"\x00\x00\x00\x00\x00" * 100,
        b"\x01\x00\x00\x00\x63x",
    ))
    yield ["sent"]

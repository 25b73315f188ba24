# 090 frames whose content is not what it must be
# expect: protocol_violation
# runs: 24
import struct
import time

from probe import CALL, OUTCOME, PROGRESS, chosen, frame, send


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    def header(text, length=None):
        return struct.pack("<I", len(text) if length is None else length) + text

    send(chosen(
        input_data,
        frame(0),
        frame(9, b"{}"),
        frame(255, b"{}"),
        frame(PROGRESS, b"{} "[:2] + b"}"),
        frame(PROGRESS, b"{}{}"),
        frame(PROGRESS, b"[]"),
        frame(PROGRESS, b"null"),
        frame(PROGRESS, b'{"value": "\xff"}'),
        frame(PROGRESS, b'{"value": "\xc0\xaf"}'),  # overlong
        frame(PROGRESS, b'{"value": "\xed\xa0\x80"}'),  # a surrogate
        frame(PROGRESS, b'{"value": "\\ud800"}'),
        frame(PROGRESS, b'{"value": NaN}'),
        frame(PROGRESS, b'{"value": Infinity}'),
        frame(PROGRESS, b'{"value": 1e999}'),
        frame(PROGRESS, b'{"value": 1,}'),
        frame(PROGRESS, b"[" * 4000),
        frame(OUTCOME, b'{"status":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        frame(OUTCOME, b'{"status": "\xf5\x80\x80\x80"}'),
        frame(OUTCOME, b'"ok"'),
        frame(OUTCOME, b'{"status": "ok", "status"'),
        frame(CALL, header(b'{"id": 1}', 1 << 31)),
        frame(CALL, header(b'{"id": 1}', 0)),
        frame(CALL, header(b"{'id': 1}")),
        frame(CALL, header(b'{"id": 99999999999999999999999}')),
    ))
    time.sleep(50)
    yield ["never"]

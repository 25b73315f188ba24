# 070 exceptions that usually end a program end the report, as an error
# expect: plugin_error
# kind: error|expected
# message: .
# runs: 9
import asyncio

from probe import chosen


class Own(BaseException):
    pass


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    raise chosen(
        input_data,
        SystemExit(0),
        SystemExit(None),
        SystemExit("done"),
        KeyboardInterrupt(),
        Own("own"),
        GeneratorExit(),
        StopIteration("stop"),
        asyncio.CancelledError(),
        BaseExceptionGroup("group", [SystemExit(0), KeyboardInterrupt()]),
    )

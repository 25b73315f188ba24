# 074 an audit hook or a trace that refuses everything fails its own report at most
# expect: ok|plugin_error
# runs: 3
# limits: wall_s=60
import gc
import sys

from probe import chosen


def refuse(*_):
    raise SystemExit("refused")


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    chosen(
        input_data,
        lambda: sys.addaudithook(refuse),
        lambda: sys.settrace(refuse),
        lambda: gc.callbacks.append(refuse),
    )()
    yield ["and one after it"]

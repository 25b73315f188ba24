# 074 traces, audit and collector hooks do not outlive their report
# expect: ok
# runs: 2 equal
import gc
import sys
import threading


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    assert sys.gettrace() is None and sys.getprofile() is None and gc.callbacks == []
    assert sys.getswitchinterval() == 0.005 and gc.get_threshold()[0] == 700
    kept = []
    yield ["clean"]

    def trace(*arguments):
        kept.append(arguments)
        return trace

    sys.addaudithook(lambda *arguments: kept.append(arguments))
    gc.callbacks.append(lambda *arguments: kept.append(arguments))
    threading.settrace(trace)
    threading.setprofile(trace)
    sys.setswitchinterval(1000)
    gc.set_threshold(0)
    sys.unraisablehook = sys.excepthook = lambda *arguments: kept.append(arguments)
    sys.settrace(trace)
    yield ["hooked"]

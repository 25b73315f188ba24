# 072 a changed interpreter is gone with its report
# expect: ok
# runs: 3 equal
import builtins
import json
import os
import sys


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    import _carrel
    from connect.client import ConnectClient

    assert json.dumps([1]) == "[1]" and len("abc") == 3 and not hasattr(builtins, "evil")
    assert "evil" not in sys.modules and not hasattr(ConnectClient, "evil")
    assert not hasattr(_carrel, "evil") and "EVIL" not in os.environ
    yield ["clean", json.dumps({"a": 1})]
    builtins.evil = builtins.len = lambda *_: 0
    json.dumps = lambda *_, **__: "evil"
    sys.modules["evil"] = sys
    ConnectClient.evil = _carrel.evil = True
    os.environ["EVIL"] = "1"
    sys.path.insert(0, "/tmp")
    os.write = os.read = None

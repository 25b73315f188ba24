# 233 frames and every object
# expect: ok
# CVE-2026-0863 and CVE-2025-68668 (n8n): frames behind an exception, attributes by format
# strings and every object of the interpreter lead out of a sandbox made of Python. Here they
# lead to nothing: what the process holds is the report's own.
import gc
import re
import sys

from probe import fails


def generate(client, input_data, progress, renderer_type, context):
    def frames():
        try:
            raise KeyError
        except KeyError as error:
            frame = error.__traceback__.tb_frame
        while frame is not None:
            yield frame
            frame = frame.f_back

    secret = re.compile(input_data["secret"])
    key = re.compile("ApiKey (?!placeholder:)")
    looked_at = 0
    seen = set()
    todo = [*gc.get_objects(), *frames(), client.__dict__, sys.modules, f"{client.__class__}"]
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        looked_at += 1
        if isinstance(item, (str, bytes)):
            text = item if isinstance(item, str) else item.decode("latin-1")
            assert not secret.search(text), "a secret of the host is in this process"
            assert not key.match(text) or item is key.pattern, "a key is in this process"
        if looked_at < 2_000_000:
            todo.extend(gc.get_referents(item))
    assert looked_at > 10_000
    outermost = list(frames())[-1]
    assert "generate" in outermost.f_code.co_name, outermost
    yield ["objects", "no secret among them"]
    yield ["outermost frame", outermost.f_code.co_name]
    os_module = next(
        c for c in object.__subclasses__() if c.__name__ == "_wrap_close"
    ).close.__globals__
    yield fails("system by a subclass", "EPERM", os_module["posix_spawn"], "/bin/sh", ["sh"], {})
    yield fails("open by a subclass", "ENOENT", os_module["stat"], "/etc/shadow")

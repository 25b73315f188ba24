# 249 environment of the loader
# expect: ok
# CVE-2023-4911 (looney tunables) and LD_PRELOAD in every sandbox that spawns: variables set
# here, and an isolated interpreter that is told otherwise, reach no process but this one.
import os
import sys


def generate(client, input_data, progress, renderer_type, context):
    assert sys.flags.isolated and sys.flags.safe_path and sys.dont_write_bytecode
    assert sys.flags.ignore_environment and sys.flags.no_user_site
    wanted = {"LANG", "TZ", "HOME", "TMPDIR"}
    assert set(os.environ) <= wanted | {"LC_CTYPE"}, sorted(os.environ)
    if input_data["instance"] == 0:
        for name in ("LD_PRELOAD", "PYTHONPATH", "PYTHONSTARTUP", "GLIBC_TUNABLES", "PATH"):
            os.environ[name] = "/tmp/evil.so"
        os.environ["HOME"] = "/"
    yield ["home", "/tmp" if input_data["instance"] == 0 else os.environ["HOME"]]
    yield ["path", sys.path]

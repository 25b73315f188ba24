# 053 leaving the session, becoming an orphan
# expect: ok
import os

from probe import call_fails, fails, libc


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield fails("setsid", "EPERM", os.setsid)
    yield fails("setpgid", "EPERM", os.setpgid, 0, 0)
    yield fails("fork", "EPERM", os.fork)
    assert libc.daemon(0, 0) == -1
    yield ["daemon", "failed"]
    yield call_fails("subreaper", "EPERM", 157, 36, 1, 0, 0, 0)
    yield call_fails("parent death signal", "EPERM", 157, 1, 0, 0, 0, 0)

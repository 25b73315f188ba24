# 071 streams that are closed, replaced by anything or point elsewhere harm the report at most
# expect: ok
# runs: 5
import os
import sys

from probe import chosen


class Loud:
    def write(self, text):
        raise SystemExit(text)

    def flush(self):
        raise SystemExit(0)

    def __getattr__(self, name):
        raise SystemExit(name)


def close_all():
    sys.stdout.close()
    sys.stderr.close()
    os.close(1)
    os.close(2)


def replace():
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Loud()


def to_null():
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    chosen(
        input_data,
        close_all,
        replace,
        to_null,
        lambda: [delattr(sys, name) for name in ("stdout", "stderr")],
        lambda: [setattr(sys, name, None) for name in ("stdout", "stderr")],
    )()
    yield ["still a row", True]

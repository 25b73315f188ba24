# 070 exceptions that are no ordinary ones
# expect: plugin_error
# kind: error|expected|api|load|memory
# runs: 14
# check: bounded_texts
import sys

from probe import chosen


class Base(BaseException):
    pass


class NoText(Exception):
    def __str__(self):
        raise ValueError("no text")


class ExitsInText(Exception):
    def __str__(self):
        sys.exit(0)


class WrongText(Exception):
    def __str__(self):
        return 5


class LongText(Exception):
    def __str__(self):
        return "x" * (50 << 20)


class Impostor(Exception):
    @property
    def __class__(self):
        return SystemExit

    @property
    def __traceback__(self):
        raise KeyboardInterrupt

    @property
    def __cause__(self):
        raise SystemExit

    def __repr__(self):
        raise SystemExit


def group():
    error = ValueError("leaf")
    for _ in range(2000):
        error = ExceptionGroup("group", [error])
    raise error


def circle():
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    raise one


def throw(error):
    raise error


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["before"]
    chosen(
        input_data,
        lambda: sys.exit(0),
        lambda: throw(KeyboardInterrupt()),
        lambda: throw(Base("base")),
        lambda: throw(NoText()),
        lambda: throw(ExitsInText()),
        lambda: throw(WrongText()),
        lambda: throw(LongText()),
        lambda: throw(Impostor()),
        group,
        circle,
        lambda: throw(ValueError("line\nline\r\x1b[31mred\0\u202e\ud800" * 10_000)),
        lambda: throw(GeneratorExit()),
        lambda: throw(StopIteration("stop")),
        lambda: throw(type("T" * 100_000, (Exception,), {})("named")),
    )()

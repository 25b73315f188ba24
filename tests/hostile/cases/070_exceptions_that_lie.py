# 070 exceptions whose text cannot be made, lies or is without measure
# expect: plugin_error
# kind: error|expected|render|load|api
# message: .
# runs: 15
# check: bounded_texts
# limits: cpu_s=5
import sys

from probe import chosen


class Raises(Exception):
    def __str__(self):
        raise self


class Exits(Exception):
    def __str__(self):
        sys.exit(0)

    __repr__ = __str__


class NoText(Exception):
    def __str__(self):
        return 7


class Sub(str):
    def split(self, *_):
        return [7]

    def __getitem__(self, _):
        return self

    def __len__(self):
        return -1


class OwnText(Exception):
    def __str__(self):
        return Sub("x" * 10**6)


class Huge(Exception):
    def __str__(self):
        return "\x1b]0;x\x07\0\r\n" * 10**6


class Surrogates(Exception):
    def __str__(self):
        return "\udcff\ud800 \u202e"


class Liar(Exception):
    @property
    def __class__(self):
        sys.exit(0)

    def __getattribute__(self, name):
        sys.exit(0)


def chain(length):
    error = ValueError(0)
    for number in range(length):
        above = ValueError(number)
        above.__cause__ = error
        error = above
    return error


def cycle():
    one, two = ValueError(1), ValueError(2)
    one.__context__, two.__context__ = two, one
    return one


def group(depth):
    error = ValueError("x")
    for _ in range(depth):
        error = ExceptionGroup("g" * 100, [error, ValueError("y")])
    return error


def syntax():
    error = SyntaxError("x")
    error.filename, error.lineno, error.offset = b"\xff", -(2**70), "x"
    error.text, error.print_file_and_line = "y" * 10**6, 1
    return error


def recursive(depth=0):
    if depth == 900:
        raise ValueError("deep")
    recursive(depth + 1)


def noted():
    error = ValueError("x")
    error.__notes__ = ["n" * 10**6, Raises(), 7]
    return error


class Api(Exception):
    status_code = error_code = errors = property(lambda _: sys.exit(0))


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    error = chosen(
        input_data, Raises, Exits, NoText, OwnText, Huge, Surrogates, Liar,
        lambda: chain(5000), cycle, lambda: group(500), syntax, recursive, noted, Api,
        lambda: ValueError("z" * (32 << 20)),
    )()
    raise error

# 065 recursion of every kind: without a change of the limit it is an exception
# expect: ok
import copy
import functools
import json
import re

from probe import raises


def call(n):
    return call(n + 1)


class Text:
    def __repr__(self):
        return repr(self)

    def __getattr__(self, name):
        return getattr(self, name + "x")

    def __eq__(self, other):
        return self == Text()

    def __index__(self):
        return range(10)[self]

    __hash__ = None


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield raises("calls", RecursionError, call, 0)
    yield raises("repr", RecursionError, repr, Text())
    yield raises("getattr", RecursionError, getattr, Text(), "x")
    yield raises("eq", RecursionError, lambda: Text() == Text())
    yield raises("index", RecursionError, lambda: range(10)[Text()])
    value = nested(10**5)
    yield raises("repr of lists", RecursionError, repr, value)
    yield raises("compare lists", RecursionError, lambda: value == nested(10**5))
    yield raises("json", RecursionError, json.dumps, value)
    yield raises("json text", RecursionError, json.loads, "[" * 10**5)
    yield raises("deepcopy", RecursionError, copy.deepcopy, value)
    yield raises("eval", (RecursionError, MemoryError, SyntaxError), eval, "(" * 10**5)
    yield raises("unary", (RecursionError, MemoryError, SyntaxError), eval, "-" * 10**5 + "1")
    yield raises("regex", (RecursionError, re.error), re.compile, "(" * 10**5 + ")" * 10**5)
    partial = functools.partial(int)
    for _ in range(1000):
        partial = functools.partial(lambda f: f(), partial)
    yield raises("partials", RecursionError, partial)

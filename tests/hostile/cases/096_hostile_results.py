# 096 results that lie about what they are
# expect: plugin_error
# kind: error|render|expected|memory
# runs: 14
# check: bounded_texts
# renderer: json|csv
from probe import chosen


def raises(error):
    def method(*_):
        raise error
    return method


def make(**methods):
    return type("Hostile", (), methods)()


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield chosen(
        input_data,
        make(__iter__=raises(ValueError("iter"))),
        make(__iter__=raises(SystemExit(0))),
        make(__iter__=lambda self: 5),
        make(__getitem__=raises(KeyError("item")), __len__=lambda self: 5),
        make(__len__=lambda self: -1, __iter__=raises(KeyboardInterrupt())),
        make(__iter__=lambda self: iter([self]), __str__=raises(ValueError("text")),
             __repr__=raises(ValueError("text"))),
        make(__class__=property(raises(ValueError("class")))),
        make(__class__=list) if renderer_type == "csv" else {object(): 1},
        [make(__str__=raises(RuntimeError("cell")))],
        [make(__str__=lambda self: 5)],
        [make(__str__=lambda self: "x" * (17 << 20))],
        5 if renderer_type == "csv" else {5},
        None if renderer_type == "csv" else {1: {2: object()}},
        type("Text", (str,), {"__iter__": raises(ValueError("sub"))})("x") and object(),
    )

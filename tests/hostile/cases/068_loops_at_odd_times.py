# 068 code that loops where nobody waits for it: the limits count everywhere
# expect: cpu_limit
# limits: cpu_s=1 wall_s=60 idle_s=60
# together: 4
import gc
import sys
import weakref

from probe import chosen


def loop(*_):
    while True:
        pass


class Dies:
    def __del__(self):
        loop()


class Plain:
    pass


class Garbage:
    def __init__(self):
        self.itself = self

    def __del__(self):
        loop()


def by_del():
    Dies()


def by_collector():
    Garbage()
    gc.collect()


def by_weak_reference():
    weakref.finalize(Plain(), loop)


def by_trace():
    sys.settrace(loop)
    (lambda: None)()


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    chosen(input_data, by_del, by_collector, by_weak_reference, by_trace)()
    yield ["not reached"]

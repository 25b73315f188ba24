# 096 values that change while they are written as JSON, and that hold themselves
# expect: plugin_error|ok
# kind: render|error
# renderer: json|ndjson
# runs: 5
import dataclasses
import enum

from probe import chosen

VALUES = []


class Moving(enum.Enum):
    ONE = 1

    @property
    def value(self):
        VALUES.clear()
        return 7


@dataclasses.dataclass
class Record:
    one: object
    two: object = 2


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    looped = []
    looped.append(looped)
    keys = {}
    keys["itself"] = keys
    record = Record(Moving.ONE)
    record.two = record
    VALUES.extend([Moving.ONE, *([object()] * 100)])
    yield chosen(input_data, looped, keys, record, VALUES, [{1: 2}])

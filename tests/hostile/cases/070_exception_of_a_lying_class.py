# 070 an exception whose class runs code when it is looked at
# expect: plugin_error
# kind: error
# message: ^(OfMeta|the report raised an exception that cannot be described)
# check: bounded_texts
import sys


class Meta(type):
    @property
    def __name__(cls):
        sys.exit(0)

    def __instancecheck__(cls, _):
        sys.exit(0)

    def __subclasscheck__(cls, _):
        sys.exit(0)


class OfMeta(Exception, metaclass=Meta):
    pass


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield ["a row before it"]
    raise OfMeta

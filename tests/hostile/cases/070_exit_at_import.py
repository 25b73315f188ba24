# 070 the same while the module is imported
# expect: plugin_error
# message: .
import sys

sys.exit(0)


def generate(*_):
    yield ["not reached"]

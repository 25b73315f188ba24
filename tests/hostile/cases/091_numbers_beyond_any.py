# 091 numbers that a format cannot hold are an error that names them
# expect: plugin_error
# kind: render|error
# runs: 3
# renderer: json|xlsx
import decimal

from probe import chosen


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    huge = 10**400 if renderer_type == "xlsx" else 2**64
    yield ["good"]
    yield [chosen(input_data, huge, -huge,
                  decimal.Decimal("1E+999999") if renderer_type == "xlsx" else object())]

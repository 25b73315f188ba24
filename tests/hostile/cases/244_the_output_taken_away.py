# 244 the output taken away
# expect: plugin_error
# kind: render|output_limit
# runs: 3
# The same for the file: closed, or replaced by something that takes no rows. A result that is
# not in the host's file is not a result.
import os


def generate(client, input_data, progress, renderer_type, context):
    yield ["row"]
    _, sink = os.pipe()
    other = os.open("/plugin/report.py", os.O_RDONLY)
    os.dup2([sink, other, sink][input_data["instance"]], 4)
    if input_data["instance"] == 2:
        os.close(4)
    for number in range(10_000):
        yield ["row", number, "x" * 100]

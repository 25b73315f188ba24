# 075 a pickle in a cell is no value of json or a workbook
# expect: plugin_error
# kind: render|error
# message: (?i)row 1
# renderer: json|ndjson|xlsx
import os
import pickle


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/evil",)


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield [pickle.dumps(Evil())] if renderer_type != "xlsx" else [Evil()]

# 075 a pickle in a cell of csv is its text
# expect: ok
# renderer: csv
# check: pickle_is_text
import marshal
import os
import pickle


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/evil",)

    def __str__(self):
        return "evil"


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield [pickle.dumps(Evil()), marshal.dumps(generate.__code__)[:4], Evil()]

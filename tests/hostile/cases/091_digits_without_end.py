# 091 a number whose digits take forever is processor time
# expect: cpu_limit|plugin_error|ok
# kind: error|render
# limits: cpu_s=1
# renderer: csv
import sys


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    sys.set_int_max_str_digits(0)
    yield [1 << (1 << 24)]

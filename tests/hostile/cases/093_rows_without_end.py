# 093 rows without end
# expect: output_limit
# renderer: json|csv|xlsx|ndjson
# limits: output_mb=1 tmp_mb=16 cpu_s=30 wall_s=60
# message: (?i)limit|large|full
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    number = 0
    while True:
        number += 1
        yield [number, str(number) * 100, number / 7]

# 093 rows without columns, of unequal length and of every kind of iterable
# expect: ok
# renderer: csv|xlsx
# limits: cpu_s=10


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield []
    yield ()
    yield [1]
    yield range(300)
    yield {"only": "keys"}
    yield {1}
    yield (number for number in range(3))
    yield iter(())
    yield map(str, range(2))

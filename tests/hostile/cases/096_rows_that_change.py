# 096 rows that change while they are written
# expect: ok|plugin_error|memory_limit
# kind: error|render|memory
# renderer: csv|json
class Shrinks:
    def __init__(self, row):
        self.row = row

    def __str__(self):
        self.row.clear()
        return "gone"


class Grows(list):
    def __iter__(self):
        for item in list.__iter__(self):
            yield item

    def __len__(self):
        self.append(1)
        return 2**62


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    row = [1, 2, 3, 4]
    row.insert(1, Shrinks(row) if renderer_type == "csv" else "x")
    yield row
    yield Grows([1, 2])

# 066 a full /tmp that nobody catches is that limit
# expect: tmp_limit
# limits: tmp_mb=1 output_mb=16
# message: .


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    with open("/tmp/file", "wb") as file:
        while True:
            file.write(bytes(1 << 16))
            yield [file.tell()]

# 066 an error for too many descriptors that nobody catches is that limit
# expect: file_limit
# uninstrumented: its checks need a descriptor
# limits: files=32
# message: .


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    kept = []
    while True:
        kept.append(open("/dev/null"))
        yield [len(kept)]

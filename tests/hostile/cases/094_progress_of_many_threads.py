# 094 the same from threads, beside rows and requests
# expect: ok
# limits: cpu_s=20 wall_s=60 threads=16
# check: few_updates
import threading


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    def spam():
        for number in range(20000):
            progress_callback(number, 1)

    threads = [threading.Thread(target=spam) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(1000):
        yield [number]
    assert client.collection("items").all().count() == 2
    for thread in threads:
        thread.join()
    yield ["joined"]

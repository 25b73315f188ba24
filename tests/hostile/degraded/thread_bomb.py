# a thread bomb: the kernel counts a user's, the host counts a report's
# expect: thread_limit
# limits: threads=16
# message: threads = 16
# within: 20
import threading
import time


def generate(client, input_data, progress, renderer_type, context):
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        yield [threading.active_count()]

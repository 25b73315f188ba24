# 069 leaving from another thread, or by exit() of the C library with all its handlers
# expect: protocol_violation
# runs: 2
# within: 15
import ctypes
import os
import threading

from probe import chosen


def in_a_thread():
    thread = threading.Thread(target=os._exit, args=(0,))
    thread.start()
    thread.join()


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for number in range(1000):
        yield [number]
    chosen(
        input_data,
        in_a_thread,
        lambda: ctypes.CDLL(None).exit(0),
    )()
    yield ["not reached"]

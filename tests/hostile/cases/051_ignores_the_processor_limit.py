# 051 the signal of the processor limit, ignored
# expect: cpu_limit
# limits: cpu_s=1
import signal


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass
    yield ["never"]

# 235 a handler for the kill of the filter
# expect: killed_by_policy
# A filter that traps (SECCOMP_RET_TRAP) can be caught and gone on from. The kill cannot:
# neither by a handler, nor by blocking, nor from another thread.
import errno
import signal
import threading

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    signal.signal(signal.SIGSYS, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGSYS})
    thread = threading.Thread(target=attempt, args=(272, 0x10000000))
    thread.start()
    thread.join()
    yield ["survived"]

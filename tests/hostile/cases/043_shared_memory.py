# 043 shared memory, messages and semaphores of the host and of a sibling
# expect: ok
# together: 2
import os

from probe import call_fails, fails


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    yield call_fails("attach the host's", "EPERM", 30, input_data["shm"], None, 0)
    yield call_fails("ask about it", "EPERM", 31, input_data["shm"], 2, None)
    yield call_fails("shmget", "EPERM", 29, 0x1234, 4096, 0o1666)
    yield call_fails("semget", "EPERM", 64, 0x1234, 1, 0o1666)
    yield call_fails("semop", "EPERM", 65, 0, None, 0)
    yield call_fails("semctl", "EPERM", 66, 0, 0, 12, 0)
    yield call_fails("msgget", "EPERM", 68, 0x1234, 0o1666)
    yield call_fails("msgsnd", "EPERM", 69, 0, None, 0, 0)
    yield call_fails("msgrcv", "EPERM", 70, 0, None, 0, 0, 0)
    yield call_fails("mq_open", "EPERM", 240, b"canary", 0o102, 0o666, None)
    yield fails("/dev/shm", "ENOENT", os.listdir, "/dev/shm")
    yield fails("/dev/mqueue", "ENOENT", os.listdir, "/dev/mqueue")

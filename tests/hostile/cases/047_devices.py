# 047 devices that are the machine
# expect: ok
import os

from probe import call_fails, fails


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for name in ("mem", "kmem", "port", "kmsg", "sda", "vda", "loop0", "kvm", "fuse", "net/tun",
                 "vhost-net", "dri/card0", "input/event0", "hwrng", "userfaultfd", "full",
                 "cpu_dma_latency", "snapshot", "shm", "mqueue", "pts", "stdin", "fd"):
        yield fails(f"/dev/{name}", "ENOENT", os.stat, f"/dev/{name}")
    assert set(os.listdir("/dev")) == {"null", "zero", "urandom", "random"}
    yield call_fails("sethostname", "EPERM", 170, b"evil", 4)
    yield call_fails("setdomainname", "EPERM", 171, b"evil", 4)
    yield call_fails("sync", "EPERM", 162)
    yield call_fails("syncfs", "EPERM", 306, 4)

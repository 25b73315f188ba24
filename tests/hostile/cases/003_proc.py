# 003 no /proc and no /sys: environments, memory, maps, namespaces
# expect: ok
import os

from probe import fails


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for who in ("self", "thread-self", "1", "2", str(input_data["host_pid"])):
        for what in ("environ", "mem", "maps", "cmdline", "root/etc/shadow", "fd/0", "ns/mnt"):
            path = f"/proc/{who}/{what}"
            yield fails(path, "ENOENT", open, path, "rb")
    for path in ("/proc", "/sys", "/sys/fs/cgroup", "/dev/fd", "/dev/pts", "/dev/ptmx"):
        yield fails(path, "ENOENT", os.listdir, path)

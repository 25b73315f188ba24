# files of the host: their names can be seen, nothing in them can be read
# expect: ok
import os

from probe import fails


def generate(client, input_data, progress, renderer_type, context):
    for path in input_data["files"]:
        yield fails(path, "EACCES", os.open, path, os.O_RDONLY)
        yield fails(f"write {path}", "EACCES", os.open, path, os.O_WRONLY)
        yield fails(f"append {path}", "EACCES", os.open, path, os.O_WRONLY | os.O_APPEND)
    host = f"/proc/{input_data['host_pid']}"
    for path in (
        "/", "/etc/passwd", "/etc/shadow", "/etc/machine-id", "/bin/sh", "/usr/bin/python3", "/tmp",
        "/proc/self/environ", "/proc/self/mem", "/proc/version", f"{host}/environ", f"{host}/mem",
        f"{host}/maps", f"{host}/fd", f"{host}/cmdline", "/dev", "/dev/shm", "/sys/kernel",
        "/home", "/root", "/var/log",
    ):  # fmt: skip
        yield fails(path, "EACCES|ENOENT", os.open, path, os.O_RDONLY)
    # A descriptor that only names a file opens nothing below or behind it.
    for path in ("/", "/etc", host):
        handle = os.open(path, os.O_PATH)
        yield fails(f"read {path}", "EBADF", os.read, handle, 1)
        yield fails(f"list {path}", "EACCES", os.open, ".", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
    own = os.path.dirname(os.path.abspath(__file__))
    assert "report.py" in os.listdir(own)
    other = os.path.join(os.path.dirname(own), "other")
    yield fails("another checkout", "EACCES", os.listdir, other)
    yield fails("all checkouts", "EACCES", os.listdir, os.path.dirname(own))

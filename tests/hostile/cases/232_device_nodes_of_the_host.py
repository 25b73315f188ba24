# 232 device nodes of the host
# expect: ok
# LXC and docker, "device nodes are shared": /dev holds four nodes that are bound from the host.
# A mode, an owner or a time that a report could set there would be seen by everyone.
import os

from probe import fails


def generate(client, input_data, progress, renderer_type, context):
    assert sorted(os.listdir("/dev")) == ["null", "random", "urandom", "zero"]
    for name in (
        "tty",
        "console",
        "ptmx",
        "pts",
        "shm",
        "mqueue",
        "kvm",
        "fuse",
        "net/tun",
        "full",
        "vsock",
        "vhost-net",
        "dri",
        "loop-control",
        "mapper",
        "userfaultfd",
        "stdin",
        "fd",
    ):
        yield fails("/dev/" + name, "ENOENT", os.open, "/dev/" + name, os.O_RDWR)
    read_only = "EPERM|EACCES|EROFS"
    for name in ("null", "zero", "random", "urandom"):
        path = "/dev/" + name
        before = os.stat(path)
        yield fails("chmod " + path, read_only, os.chmod, path, 0o600)
        yield fails("chown " + path, read_only, os.chown, path, 65534, 65534)
        yield fails("times of " + path, read_only, os.utime, path)
        yield fails("set times of " + path, read_only, os.utime, path, (0, 0))
        yield fails("unlink " + path, read_only + "|EBUSY", os.unlink, path)
        yield fails("rename " + path, read_only + "|EBUSY|EXDEV", os.rename, path, "/dev/x")
        yield fails("truncate " + path, read_only + "|EINVAL", os.truncate, path, 0)
        after = os.stat(path)
        assert (before.st_mtime_ns, before.st_mode) == (after.st_mtime_ns, after.st_mode), path
    fd = os.open("/dev/null", os.O_WRONLY)
    assert os.write(fd, b"x" * 4096) == 4096
    yield ["/dev/null", "takes what is written"]

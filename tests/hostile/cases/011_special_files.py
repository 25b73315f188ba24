# 011 no links, pipes, devices or sockets by name
# expect: ok
import os
import stat

from probe import fails


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    open("/tmp/file", "w").close()
    yield fails("symlink", "EPERM", os.symlink, "/etc/passwd", "/tmp/symlink")
    yield fails("link", "EPERM", os.link, "/tmp/file", "/tmp/hardlink")
    yield fails("link of the runtime", "EPERM|EXDEV", os.link, "/usr/lib/python3.11/os.py",
                "/tmp/os")
    yield fails("mkfifo", "EPERM", os.mkfifo, "/tmp/fifo")
    yield fails("character device", "EPERM", os.mknod, "/tmp/mem", stat.S_IFCHR | 0o666,
                os.makedev(1, 1))
    yield fails("block device", "EPERM", os.mknod, "/tmp/disk", stat.S_IFBLK | 0o666,
                os.makedev(8, 0))
    yield fails("socket", "EPERM", os.mknod, "/tmp/socket", stat.S_IFSOCK | 0o666)
    yield fails("chown", "EPERM", os.chown, "/tmp/file", 0, 0)
    yield fails("xattr", "EPERM", os.setxattr, "/tmp/file", "user.x", b"x")
    assert os.listdir("/tmp") == ["file"]

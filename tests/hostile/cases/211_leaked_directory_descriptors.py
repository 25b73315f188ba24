# 211 leaked directory descriptors
# expect: ok
# CVE-2024-21626 (runc "leaky vessels"): a directory of the host stayed open, and a working
# directory through /proc/self/fd/7 was outside. No descriptor here is a directory, and none can
# be reached through a name.
import os
import stat

from probe import fails


def generate(client, input_data, progress, renderer_type, context):
    open_fds = []
    for fd in range(4096):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        open_fds.append(fd)
        assert not stat.S_ISDIR(mode) and not stat.S_ISBLK(mode), fd
        fails(f"fchdir {fd}", "ENOTDIR", os.fchdir, fd)
        fails(f"openat {fd}", "ENOTDIR", os.open, "../../../etc", os.O_RDONLY, dir_fd=fd)
    assert open_fds == [0, 1, 2, 3, 4], open_fds
    assert os.getcwd() == "/tmp"
    for fd in range(64):
        for form in ("/proc/self/fd/{}", "/dev/fd/{}", "/proc/1/fd/{}", "/proc/self/cwd/{}"):
            try:
                os.stat(form.format(fd))
                raise AssertionError(form.format(fd))
            except FileNotFoundError:
                pass
    yield ["descriptors", open_fds]
    yield ["names of descriptors", "ENOENT"]

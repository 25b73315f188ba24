# 049 exactly the descriptors that a report is given, each of its kind
# expect: ok
import errno
import fcntl
import os
import stat

KINDS = {0: stat.S_IFCHR, 1: stat.S_IFIFO, 2: stat.S_IFIFO, 3: stat.S_IFSOCK, 4: stat.S_IFREG}


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    found = {}
    for fd in range(1024):
        try:
            found[fd] = stat.S_IFMT(os.fstat(fd).st_mode)
        except OSError as error:
            assert error.errno == errno.EBADF, error
    assert found == KINDS, found
    for fd in (0, 1, 2):
        mode = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE
        assert mode == (os.O_RDONLY if fd == 0 else os.O_WRONLY), (fd, mode)
    assert os.major(os.fstat(0).st_rdev) == 1 and os.minor(os.fstat(0).st_rdev) == 3
    # No descriptor leads to a directory of the host.
    for fd in found:
        for name in ("..", ".", "../../../../etc/shadow", ""):
            try:
                os.open(name, os.O_RDONLY, dir_fd=fd)
            except OSError as error:
                assert error.errno in (errno.ENOTDIR, errno.ENOENT), error
            else:
                raise AssertionError(f"descriptor {fd} leads to {name!r}")
    yield ["descriptors", sorted(found)]

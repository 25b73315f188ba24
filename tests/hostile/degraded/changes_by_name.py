# files of the host's user: Landlock judges no modes, owners and times, so the filter does
# expect: ok
import os

from probe import call_fails, fails

SYS_SETXATTR, SYS_UTIME, SYS_UTIMES, SYS_FUTIMESAT, SYS_INOTIFY = 188, 132, 235, 261, 253


def generate(client, input_data, progress, renderer_type, context):
    for path in [*input_data["files"], os.path.abspath(__file__)]:
        name = path.encode()
        for what, call, arguments in (
            ("chmod", os.chmod, (path, 0o777)),
            ("chown", os.chown, (path, os.getuid(), os.getgid())),
            ("times", os.utime, (path, (0, 0))),
            ("truncate", os.truncate, (path, 0)),
            ("unlink", os.unlink, (path,)),
            ("rename", os.rename, (path, path + ".old")),
            ("link", os.link, (path, path + ".link")),
            ("symlink", os.symlink, (path, path + ".link")),
            ("mkdir", os.mkdir, (path + ".directory",)),
        ):
            yield fails(f"{what} {path}", "EPERM", call, *arguments)
        yield call_fails("setxattr", "EPERM", SYS_SETXATTR, name, b"user.x", b"x", 1, 0)
        yield call_fails("utime", "EPERM", SYS_UTIME, name, 0)
        yield call_fails("utimes", "EPERM", SYS_UTIMES, name, 0)
        yield call_fails("futimesat", "EPERM", SYS_FUTIMESAT, -100, name, 0)
    yield call_fails("inotify", "EPERM", SYS_INOTIFY)
    for directory in ("/tmp", "/dev/shm", "/var/tmp", os.getcwd()):
        path = f"{directory}/carrel-degraded"
        yield fails(path, "EACCES", os.open, path, os.O_WRONLY | os.O_CREAT)
        yield fails(
            f"{path} without a name", "EACCES", os.open, directory, os.O_TMPFILE | os.O_RDWR
        )

# 228 a device node by a rename
# expect: ok
# The overlayfs lesson again: renameat2(RENAME_WHITEOUT) leaves a character device 0:0 behind,
# which needs no privilege since Linux 5.8. O_TMPFILE and linkat give names to what has none.
import errno
import os

from probe import fails, syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    with open("/tmp/a", "w") as file:
        file.write("a")
    answer = attempt(316, -100, b"/tmp/a", -100, b"/tmp/b", 4)
    if answer == "ok":
        assert os.stat("/tmp/a").st_rdev == 0
        fails("open of the whiteout", "EACCES|ENXIO|EPERM", os.open, "/tmp/a", os.O_RDWR)
    else:
        assert answer in ("EPERM", "EACCES", "EINVAL"), answer
    yield ["whiteout", "no device to open"]
    hidden = os.open("/tmp", os.O_TMPFILE | os.O_RDWR, 0o777)
    os.write(hidden, b"x" * 1000)
    seen = {
        "linkat of a hidden file": attempt(265, hidden, b"", -100, b"/tmp/c", 0x1000),
        "linkat of the output": attempt(265, 4, b"", -100, b"/tmp/d", 0x1000),
        "linkat by descriptor": attempt(265, -100, b"/proc/self/fd/4", -100, b"/tmp/e", 0x400),
        "link": attempt(86, b"/tmp/b", b"/tmp/f"),
        "symlinkat": attempt(266, b"/etc", -100, b"/tmp/g"),
        "mknodat": attempt(259, -100, b"/tmp/h", 0o020666, 0x103),
    }
    for path in ("/plugin/x", "/dev/x", "/x", "/usr/x"):
        outside = attempt(316, -100, b"/tmp/b", -100, path.encode(), 0)
        assert outside in ("EXDEV", "EROFS", "EACCES"), (path, outside)

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

# 213 watching files
# expect: ok
# isolate's channel between boxes, and keystroke timing by inotify: watching shared files tells
# what siblings do. inotify, fanotify and dnotify are off.
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    seen = {
        "inotify_init": attempt(253),
        "inotify_init1": attempt(294, 0),
        "inotify_add_watch": attempt(254, 3, b"/lib", 0xFFF),
        "fanotify_init": attempt(300, 0, 0),
        "fanotify_init unprivileged": attempt(300, 0x200, 0),
        "fanotify_mark": attempt(301, 3, 1, 0x20, -100, b"/"),
        "F_NOTIFY": attempt(72, 4, 1026, 0x80000000 | 0x3F),
        "F_SETLEASE": attempt(72, 4, 1024, 0),
        "flock": attempt(73, 4, 2),
        "getxattr": attempt(191, b"/lib", b"user.x", 0, 0),
    }

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

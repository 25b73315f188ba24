# 212 paths that climb
# expect: ok
# CVE-2024-28185 (Judge0), CVE-2026-47107 and every chroot escape: "..", absolute links, RESOLVE
# flags, paths through files; the root of the report is the root, whatever the way there.
import ctypes
import errno
import json
import os

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    def beneath(path, flags, resolve, directory=-100):
        how = (ctypes.c_uint64 * 3)(flags, 0, resolve)
        return attempt(437, directory, path, how, 24)

    def identity(path):
        info = os.stat(path)
        return info.st_dev, info.st_ino

    root = identity("/")
    for path in ("/..", "/../../..", "/plugin/../..", "/tmp/../../../..", "/dev/../.."):
        assert identity(path) == root, path
        yield [path, "the same root"]
    os.chdir("/..")
    assert identity(".") == root
    os.chdir("/tmp")
    no_symlinks, in_tree, in_root = 4, 8, 16
    plugin = os.open("/plugin", os.O_RDONLY | os.O_DIRECTORY)
    seen = {
        "beneath, parent": (beneath(b"../tmp", 0, in_tree, plugin), "EXDEV"),
        "beneath, absolute": (beneath(b"/etc/passwd", 0, in_tree, plugin), "EXDEV"),
        "in root, shadow": (beneath(b"/../../../etc/shadow", 0, in_root, plugin), "ENOENT"),
        "shadow": (beneath(b"/../../etc/shadow", 0, 0), "ENOENT"),
        "link refused": (beneath(b"/lib", 0, no_symlinks), "ELOOP"),
        "path through a file": (beneath(b"/etc/passwd/..", 0, 0), "ENOTDIR"),
        "unknown resolve flag": (beneath(b"/", 0, 1 << 20), "EINVAL"),
        "unknown open flag": (beneath(b"/", 1 << 40, 0), "EINVAL"),
        "write to a file of the runtime": (beneath(json.__file__.encode(), 1, 0), None),
    }
    for name, (answer, wanted) in seen.items():
        allowed = {wanted} if wanted else {"EROFS", "EACCES"}
        assert answer in allowed, (name, answer)
        yield [name, answer]

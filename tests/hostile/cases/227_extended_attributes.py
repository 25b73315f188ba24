# 227 extended attributes
# expect: ok
# CVE-2023-0386 and CVE-2021-3493 (overlayfs): a file capability set as an attribute inside a
# namespace was honoured outside. No attribute can be set, read or listed, on no file.
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    with open("/tmp/file", "w") as file:
        file.write("x")
    capability = b"\x01\x00\x00\x02\xff\xff\xff\xff" + bytes(12)
    seen = {}
    for name in (
        b"security.capability",
        b"user.x",
        b"trusted.overlay.opaque",
        b"system.posix_acl_access",
        b"security.selinux",
    ):
        for path in (b"/tmp/file", b"/plugin/report.py", b"/dev/null"):
            seen[f"set {name} of {path}"] = attempt(188, path, name, capability, 20, 0)
            seen[f"get {name} of {path}"] = attempt(191, path, name, 0, 0)
        seen[f"set {name} of the output"] = attempt(190, 4, name, capability, 20, 0)
        seen[f"remove {name} of the output"] = attempt(199, 4, name)
    seen["list"] = attempt(194, b"/tmp/file", 0, 0)
    seen["flist"] = attempt(196, 4, 0, 0)

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

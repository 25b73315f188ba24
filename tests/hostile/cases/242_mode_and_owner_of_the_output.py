# 242 mode and owner of the output
# expect: ok
# The output is a file of the host. CVE-2019-5736's other half: what runs inside must not choose
# the mode, the owner, the flags or the times of what the host keeps; a setuid program least of
# all.
import os

from probe import call_fails, fails


def generate(client, input_data, progress, renderer_type, context):
    before = os.fstat(4)
    for mode in (0o4777, 0o2777, 0o777, 0o000, 0o600):
        yield fails(f"fchmod {mode:o}", "EPERM", os.fchmod, 4, mode)
        yield call_fails(f"fchmodat2 {mode:o}", "EPERM", 452, 4, b"", mode, 0x1000)
        yield call_fails(f"fchmodat {mode:o}", "ENOENT|ENOTDIR|EPERM", 268, 4, b"", mode)
        yield fails(f"chmod {mode:o}", "ENOENT", os.chmod, "/proc/self/fd/4", mode)
    yield fails("fchown", "EPERM", os.fchown, 4, 65534, 65534)
    yield call_fails("fchownat", "EPERM", 260, 4, b"", 0, 0, 0x1000)
    yield call_fails("utimensat without a name", "EPERM", 280, 4, 0, 0, 0)
    yield call_fails("utimensat of an empty name", "EPERM", 280, 4, b"", 0, 0x1000)
    yield fails("fsetxattr", "EPERM", os.setxattr, 4, "user.x", b"x")
    yield call_fails("FS_IOC_SETFLAGS immutable", "EPERM", 16, 4, 0x40086602, b"\x10" + bytes(7))
    yield call_fails("flock", "EPERM", 73, 4, 2)
    after = os.fstat(4)
    assert (before.st_mode, before.st_mtime_ns) == (after.st_mode, after.st_mtime_ns)
    assert before.st_mode & 0o7133 == 0, oct(before.st_mode)

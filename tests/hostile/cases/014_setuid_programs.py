# 014 no setuid program, no program at all, and no mount would honour one
# expect: ok
# limits: cpu_s=20
import os
import stat
import subprocess

from probe import fails


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for program in ("/bin/su", "/usr/bin/su", "/usr/bin/sudo", "/usr/bin/passwd"):
        yield fails(program, "ENOENT", os.stat, program)
        yield fails(f"exec {program}", "EPERM", os.execv, program, [program])
    yield fails("subprocess", "EPERM", subprocess.run, ["/usr/bin/su"])
    found = []
    for base, _, names in os.walk("/"):
        for name in names:
            mode = os.lstat(os.path.join(base, name)).st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                found.append(os.path.join(base, name))
    for path in ["/", "/plugin", "/tmp", "/usr/lib/python3.11", "/carrel/packages", *found]:
        flags = os.statvfs(path).f_flag
        assert flags & os.ST_NOSUID and flags & os.ST_NODEV, f"{path}: {flags:#x}"
        assert path == "/tmp" or flags & os.ST_RDONLY, f"{path}: {flags:#x}"
        yield [path, "nosuid, nodev"]
    for path in ("/plugin", "/tmp"):
        assert os.statvfs(path).f_flag & os.ST_NOEXEC, path
        yield [path, "noexec"]
    # Whose setuid bit can be set at all.
    with open("/tmp/program", "wb") as file:
        file.write(b"#!/bin/sh\n")
    os.chmod("/tmp/program", 0o6755)
    yield fails("own program", "EPERM|EACCES", os.execv, "/tmp/program", ["program"])

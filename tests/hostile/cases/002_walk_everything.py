# 002 a walk over all that can be seen finds only the runtime, the checkout and /tmp
# expect: ok
# limits: cpu_s=20
import os
import re
import stat

TOP = {"carrel", "dev", "etc", "lib", "lib64", "plugin", "store", "tmp", "usr", "var"}
DEVICES = {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"}
# Read in full: everything outside the installed software.
SOFTWARE = ("/usr/", "/lib/", "/lib64/", "/var/cache/fontconfig", "/dev/", "/carrel/packages")


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    top = set(os.listdir("/"))
    assert top <= TOP, top - TOP
    yield ["/", sorted(top)]
    assert os.listdir("/store") == []
    etc = set(os.listdir("/etc"))
    assert etc <= {"alternatives", "fonts", "group", "passwd"}, etc
    secret = re.compile(input_data["secret"].encode())
    names = {os.path.basename(path) for path in input_data["files"]}
    files = read = 0
    for base, _, entries in os.walk("/"):
        for entry in entries:
            path = os.path.join(base, entry)
            files += 1
            assert entry not in names or path.startswith("/usr/"), path
            info = os.lstat(path)
            kind = stat.S_IFMT(info.st_mode)
            if path in DEVICES:
                assert kind == stat.S_IFCHR, path
                continue
            assert kind in (stat.S_IFREG, stat.S_IFLNK), f"{path}: {stat.filemode(info.st_mode)}"
            if kind == stat.S_IFREG and not path.startswith(SOFTWARE):
                with open(path, "rb") as file:
                    assert not secret.search(file.read()), path
                read += 1
    assert read >= 2  # its own files
    yield ["files", files > 1000]

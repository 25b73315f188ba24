# 006 nothing but /tmp can be written, whatever the file modes say
# expect: ok
# with: loose_permissions
import os

from probe import fails


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for path in ("/new", "/plugin/new", "/dev/new", "/etc/new", "/carrel/new", "/store/new",
                 "/usr/new", "/usr/lib/python3.11/new.py", "/carrel/packages/new.py"):
        yield fails(f"create {path}", "EROFS", open, path, "wb")
    for path in ("/plugin/report.py", "/plugin/loose.txt"):
        yield fails(f"write {path}", "EROFS", open, path, "r+b")
        yield fails(f"append {path}", "EROFS", open, path, "ab")
        yield fails(f"truncate {path}", "EROFS", os.truncate, path, 0)
        yield fails(f"remove {path}", "EROFS", os.remove, path)
        yield fails(f"rename {path}", "EROFS|EXDEV", os.rename, path, "/plugin/x")
        yield fails(f"chmod {path}", "EROFS", os.chmod, path, 0o777)
        yield fails(f"touch {path}", "EROFS", os.utime, path)
    # Of another owner, which is found out first.
    for path in ("/usr/lib/python3.11/os.py", "/carrel/packages/carrel/http.py", "/etc/passwd"):
        yield fails(f"write {path}", "EROFS|EACCES", open, path, "r+b")
        yield fails(f"remove {path}", "EROFS|EACCES", os.remove, path)
    for path in ("/plugin/dir", "/dev/dir", "/usr/lib/dir"):
        yield fails(f"mkdir {path}", "EROFS", os.mkdir, path)

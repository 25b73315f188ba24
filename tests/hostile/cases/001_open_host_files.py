# 001 files of the host that hold secrets or identity
# expect: ok
import os

from probe import fails

HOST_FILES = [
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/machine-id",
    "/etc/ssl/private",
    "/etc/ssh",
    "/root/.ssh/id_rsa",
    "/root",
    "/home",
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
    "/run",
    "/boot",
    "/bin/sh",
    "/usr/bin/python3",
]


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for path in HOST_FILES + input_data["files"]:
        yield fails(path, "ENOENT", open, path, "rb")
        yield fails(f"stat {path}", "ENOENT", os.stat, path)
    # The only account that the synthetic file knows is nobody.
    with open("/etc/passwd") as file:
        accounts = file.read()
    assert accounts.startswith("nobody:") and accounts.count("\n") == 1, accounts
    yield ["/etc/passwd", accounts.strip()]

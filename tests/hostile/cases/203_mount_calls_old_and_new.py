# 203 mount calls old and new
# expect: killed_by_policy
# runs: 14
# CVE-2021-41133 (flatpak): a filter that knew mount(2) but not the newer mount calls.
# CVE-2022-0185: fsconfig. CVE-2023-0386: overlayfs. CVE-2022-0492: mounting a cgroup to reach
# its release_agent.
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    calls = [
        (
            "mount",
            165,
            (b"none", b"/tmp", b"overlay", 0, b"lowerdir=/usr,upperdir=/tmp,workdir=/tmp"),
        ),
        ("mount cgroup", 165, (b"cgroup", b"/tmp", b"cgroup", 0, b"rdma")),
        ("umount2", 166, (b"/plugin", 2)),
        ("pivot_root", 155, (b"/tmp", b"/tmp")),
        ("chroot", 161, (b"/tmp",)),
        ("open_tree", 428, (-100, b"/", 1)),
        ("move_mount", 429, (4, b"", -100, b"/tmp", 4)),
        ("fsopen", 430, (b"ext4", 0)),
        ("fsconfig", 431, (4, 1, b"A" * 4095, b"B", 0)),
        ("fsmount", 432, (4, 0, 0)),
        ("fspick", 433, (-100, b"/", 0)),
        ("mount_setattr", 442, (-100, b"/plugin", 0, 0, 0)),
        ("setns", 308, (3, 0)),
        ("unshare", 272, (0x10000000,)),
    ]
    name, number, arguments = calls[input_data["instance"]]
    answer = attempt(number, *arguments)
    yield [name, answer, "survived"]

# 226 files that run a helper of the kernel
# expect: ok
# CVE-2022-0492: release_agent of a cgroup; core_pattern, modprobe, uevent_helper, binfmt_misc
# and sysrq are the same idea: a file that, once written, makes the kernel run a program
# outside.
import os

from probe import fails


def generate(client, input_data, progress, renderer_type, context):
    paths = [
        "/sys/fs/cgroup/release_agent",
        "/sys/fs/cgroup/rdma/release_agent",
        "/sys/kernel/uevent_helper",
        "/sys/kernel/debug",
        "/sys/fs/bpf",
        "/sys/class/mem",
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/modprobe",
        "/proc/sys/fs/binfmt_misc/register",
        "/proc/sysrq-trigger",
        "/proc/sys/vm/panic_on_oom",
        "/proc/kcore",
        "/proc/kallsyms",
        "/proc/self/uid_map",
        "/proc/self/oom_score_adj",
        "/proc/self/attr/exec",
        "/proc/1/root/etc/shadow",
        "/proc/self/ns",
        "/proc/keys",
        "/proc/sched_debug",
        "/proc/timer_list",
        "/dev/mem",
        "/dev/kmsg",
        "/etc/ld.so.preload",
        "/run",
        "/var/run",
        "/home",
        "/root",
        "/boot",
        "/mnt",
        "/host",
        "/.dockerenv",
        "/sys",
        "/proc",
    ]
    for path in paths:
        yield fails(path, "ENOENT", os.stat, path)
        yield fails(
            "create " + path, "ENOENT|EROFS|EACCES|EPERM", os.open, path, os.O_WRONLY | os.O_CREAT
        )

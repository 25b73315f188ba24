# 205 calls newer than the filter
# expect: ok
# CVE-2021-41133 (flatpak): a list of what is forbidden ages, each kernel adds calls. Whatever
# the kernel of today or of tomorrow offers, the answer is no.
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    newer = {
        "pidfd_send_signal": 424,
        "pidfd_open": 434,
        "process_madvise": 440,
        "epoll_pwait2": 441,
        "quotactl_fd": 443,
        "memfd_secret": 447,
        "process_mrelease": 448,
        "futex_waitv": 449,
        "set_mempolicy_home_node": 450,
        "cachestat": 451,
        "fchmodat2": 452,
        "map_shadow_stack": 453,
        "futex_wake": 454,
        "futex_wait": 455,
        "futex_requeue": 456,
        "statmount": 457,
        "listmount": 458,
        "lsm_get_self_attr": 459,
        "lsm_set_self_attr": 460,
        "lsm_list_modules": 461,
        "mseal": 462,
        "setxattrat": 463,
        "getxattrat": 464,
        "listxattrat": 465,
        "removexattrat": 466,
        "open_tree_attr": 467,
        "file_getattr": 468,
        "file_setattr": 469,
    }
    seen = {name: attempt(number, 0, 0, 0, 0, 0, 0) for name, number in newer.items()}
    for number in (*range(470, 512), 548, 1000, 4095, 0x3FFFFFFF, -1):
        seen[str(number)] = attempt(number, 0, 0, 0, 0, 0, 0)

    assert set(seen.values()) == {"EPERM"}, seen
    for name, answer in seen.items():
        yield [name, answer]

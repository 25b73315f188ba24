# 204 calls that should kill
# expect: killed_by_policy
# runs: 16
# CVE-2023-2598 (io_uring), CVE-2016-0728 (keyrings), CVE-2021-3490 (bpf), the "shocker"
# container escape (open_by_handle_at), Dirty COW's ptrace variant: calls that no report has a
# use for end it.
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    calls = [
        ("ptrace attach", 101, (16, 1, 0, 0)),
        ("ptrace traceme", 101, (0, 0, 0, 0)),
        ("process_vm_writev", 311, (1, 0, 0, 0, 0, 0)),
        ("pidfd_getfd", 438, (3, 0, 0)),
        ("bpf", 321, (0, 0, 0)),
        ("userfaultfd", 323, (0,)),
        ("userfaultfd user mode only", 323, (1,)),
        ("io_uring_setup", 425, (1, 0)),
        ("io_uring_register", 427, (3, 0, 0, 0)),
        ("keyctl join session", 250, (1, 0)),
        ("add_key", 248, (b"user", b"x", b"y", 1, -3)),
        ("name_to_handle_at", 303, (-100, b"/", 0, 0, 0)),
        ("open_by_handle_at", 304, (-100, 0, 0)),
        ("perf_event_open", 298, (0, 0, -1, -1, 0)),
        ("personality", 135, (0x0040000,)),
        ("modify_ldt", 154, (1, 0, 0)),
    ]
    name, number, arguments = calls[input_data["instance"]]
    answer = attempt(number, *arguments)
    yield [name, answer, "survived"]

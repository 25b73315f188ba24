# 048 no call makes the confinement weaker, or changes it at all
# expect: ok
import ctypes

from probe import call_fails, fails

SYS_PRCTL, SYS_SECCOMP, SYS_CAPSET = 157, 317, 126
SYS_LANDLOCK = (444, 445, 446)
PRCTL = {
    "SET_PDEATHSIG": 1, "SET_DUMPABLE": 4, "SET_KEEPCAPS": 8, "SET_TIMING": 14, "SET_NAME-": 99,
    "SET_SECCOMP": 22, "CAPBSET_READ": 23, "CAPBSET_DROP": 24, "SET_SECUREBITS": 28,
    "SET_TIMERSLACK": 29, "SET_MM": 35, "SET_CHILD_SUBREAPER": 36, "SET_NO_NEW_PRIVS": 38,
    "SET_THP_DISABLE": 41, "CAP_AMBIENT": 47, "SET_SPECULATION_CTRL": 53, "SET_IO_FLUSHER": 57,
    "SET_SYSCALL_USER_DISPATCH": 59, "SCHED_CORE": 62, "SET_MDWE": 65, "SET_VMA": 0x53564D41,
    "SET_PTRACER": 0x59616D61,
}


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for name, option in PRCTL.items():
        yield call_fails(name, "EPERM", SYS_PRCTL, option, 0, 0, 0, 0)
        yield call_fails(f"{name} 1", "EPERM", SYS_PRCTL, option, 1, 0, 0, 0)
    program = ctypes.create_string_buffer(16)
    for operation in range(4):
        yield call_fails(f"seccomp {operation}", "EPERM", SYS_SECCOMP, operation, 0, program)
    for call in SYS_LANDLOCK:
        yield call_fails(f"landlock {call}", "EPERM", call, program, 8, 0, 0)
    header = (0x20080522).to_bytes(4, "little") + bytes(4)
    yield call_fails("capset", "EPERM", SYS_CAPSET, header, b"\xff" * 24)
    for name, number in (("setuid", 105), ("setgid", 106), ("setreuid", 113), ("setregid", 114),
                         ("setgroups", 116), ("setresuid", 117), ("setresgid", 119),
                         ("setfsuid", 122), ("setfsgid", 123)):
        yield call_fails(name, "EPERM", number, 0, 0, 0)
    # Still as it was.
    yield fails("chown", "EPERM", __import__("os").chown, "/tmp", 0, 0)

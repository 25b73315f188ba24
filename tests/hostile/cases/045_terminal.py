# 045 typing into the host's terminal
# expect: ok
import os
import termios

from probe import call_fails, fails

SYS_IOCTL = 16
TIOCSTI, TIOCLINUX, TIOCSCTTY, TIOCSWINSZ, TIOCGSID = 0x5412, 0x541C, 0x540E, 0x5414, 0x5429


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for fd in range(5):
        for name, request in (("TIOCSTI", TIOCSTI), ("TIOCLINUX", TIOCLINUX),
                              ("TIOCSCTTY", TIOCSCTTY), ("TIOCSWINSZ", TIOCSWINSZ),
                              ("TIOCGSID", TIOCGSID)):
            yield call_fails(f"{name} {fd}", "EPERM", SYS_IOCTL, fd, request, b"x")
            # The kernel looks at 32 bits of the request only.
            yield call_fails(f"{name} {fd} high", "EPERM", SYS_IOCTL, fd, request | 1 << 32, b"x")
        assert not os.isatty(fd)
    for path in ("/dev/tty", "/dev/console", "/dev/tty0", "/dev/ptmx", "/dev/pts/0"):
        yield fails(path, "ENOENT", os.open, path, os.O_RDWR)
    try:
        termios.tcgetattr(1)
    except termios.error as error:
        yield ["tcgetattr", error.args[0]]

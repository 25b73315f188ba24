# 047 the machine itself: ports, modules, clock, log, reboot
# expect: killed_by_policy
# runs: 14
from probe import chosen, syscall


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    chosen(
        input_data,
        lambda: syscall(172, 3),  # iopl
        lambda: syscall(173, 0x378, 1, 1),  # ioperm
        lambda: syscall(169, 0xFEE1DEAD, 0x28121969, 0, None),  # reboot, an order without effect
        lambda: syscall(175, b"x", 1, b""),  # init_module
        lambda: syscall(313, 0, b"", 0),  # finit_module
        lambda: syscall(176, b"x", 0),  # delete_module
        lambda: syscall(227, 0, b"\0" * 16),  # clock_settime
        lambda: syscall(164, b"\0" * 16, None),  # settimeofday
        lambda: syscall(305, 0, b"\0" * 256),  # clock_adjtime
        lambda: syscall(103, 10, None, 0),  # syslog
        lambda: syscall(246, 0, 0, None, 0),  # kexec_load
        lambda: syscall(167, b"/tmp/x", 0),  # swapon
        lambda: syscall(163, None),  # acct
        lambda: syscall(153),  # vhangup
    )()
    yield ["it went on"]

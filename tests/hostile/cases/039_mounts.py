# 039 the mount family
# expect: killed_by_policy
# runs: 12
from probe import chosen, syscall


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    chosen(
        input_data,
        lambda: syscall(165, b"tmpfs", b"/tmp", b"tmpfs", 0, None),  # mount
        lambda: syscall(166, b"/tmp", 2),  # umount2
        lambda: syscall(155, b".", b"."),  # pivot_root
        lambda: syscall(161, b"/tmp"),  # chroot
        lambda: syscall(428, -100, b"/", 1),  # open_tree
        lambda: syscall(429, 3, b"", -100, b"/tmp", 4),  # move_mount
        lambda: syscall(430, b"tmpfs", 0),  # fsopen
        lambda: syscall(431, 3, 6, None, None, 0),  # fsconfig
        lambda: syscall(432, 3, 0, 0),  # fsmount
        lambda: syscall(433, -100, b"/", 0),  # fspick
        lambda: syscall(442, -100, b"/", 0, b"\0" * 32, 32),  # mount_setattr
        lambda: syscall(304, 3, b"\0" * 32, 0),  # open_by_handle_at
    )()
    yield ["it went on"]

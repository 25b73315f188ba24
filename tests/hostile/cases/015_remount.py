# 015 making the checkout writable
# expect: killed_by_policy
# runs: 4
from probe import chosen, syscall

MS_REMOUNT_BIND = 0x20 | 0x1000
SYS_MOUNT, SYS_UMOUNT2, SYS_MOUNT_SETATTR = 165, 166, 442


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    chosen(
        input_data,
        lambda: syscall(SYS_MOUNT, None, b"/plugin", None, MS_REMOUNT_BIND, None),
        lambda: syscall(SYS_MOUNT, b"tmpfs", b"/plugin", b"tmpfs", 0, None),
        lambda: syscall(SYS_UMOUNT2, b"/plugin", 2),
        lambda: syscall(SYS_MOUNT_SETATTR, -100, b"/plugin", 0, b"\0" * 32, 32),
    )()
    yield ["it went on"]

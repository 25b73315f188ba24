# 042 keys of the host's user
# expect: killed_by_policy
# runs: 5
from probe import chosen, syscall

SYS_ADD_KEY, SYS_REQUEST_KEY, SYS_KEYCTL = 248, 249, 250
READ, SEARCH, USER_KEYRING = 11, 10, -4


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    name = input_data["key"].encode()
    chosen(
        input_data,
        lambda: syscall(SYS_KEYCTL, SEARCH, USER_KEYRING, b"user", name, 0),
        lambda: syscall(SYS_KEYCTL, READ, input_data["key_id"], None, 0, 0),
        lambda: syscall(SYS_KEYCTL, 0, USER_KEYRING, 1, 0, 0),
        lambda: syscall(SYS_REQUEST_KEY, b"user", name, None, USER_KEYRING),
        lambda: syscall(SYS_ADD_KEY, b"user", b"message-for-a-sibling", b"x", 1, USER_KEYRING),
    )()
    yield ["it went on"]

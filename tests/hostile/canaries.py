"""What a report must never reach: files, listeners, shared memory, a key, a secret in the host.

Every canary file is watched with inotify, so that opening it is seen from any mount namespace.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECRET_PATTERN = "CANARY-[0-9a-f]{32}"

_libc = ctypes.CDLL(None, use_errno=True)

_IN_ACCESS, _IN_MODIFY, _IN_ATTRIB, _IN_OPEN = 0x1, 0x2, 0x4, 0x20
_IN_DELETE_SELF, _IN_MOVE_SELF = 0x400, 0x800
_WATCHED = _IN_ACCESS | _IN_MODIFY | _IN_ATTRIB | _IN_OPEN | _IN_DELETE_SELF | _IN_MOVE_SELF
_IPC_CREAT, _IPC_RMID = 0o1000, 0
_SYS_ADD_KEY, _SYS_KEYCTL = 248, 250
_KEYCTL_UNLINK = 9
_USER_KEYRING = -4
_KEY_NAME = "carrel-hostile-canary"


def new_secret() -> str:
    return f"CANARY-{secrets.token_hex(16)}"


class FileWatch:
    """Tells which of its files were touched since the last question."""

    def __init__(self) -> None:
        self._fd = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self._paths: dict[int, Path] = {}

    def add(self, path: Path) -> None:
        watch = _libc.inotify_add_watch(self._fd, os.fsencode(path), _WATCHED)
        if watch < 0:
            raise OSError(ctypes.get_errno(), str(path))
        self._paths[watch] = path

    def touched(self) -> list[str]:
        found = []
        while True:
            try:
                events = os.read(self._fd, 65536)
            except BlockingIOError:
                return found
            while events:
                watch = int.from_bytes(events[:4], "little", signed=True)
                mask = int.from_bytes(events[4:8], "little")
                length = int.from_bytes(events[12:16], "little")
                found.append(f"{self._paths.get(watch)}: {mask:#x}")
                events = events[16 + length :]

    def close(self) -> None:
        os.close(self._fd)


class SharedMemory:
    """A System V segment that every user of the machine may read."""

    def __init__(self, content: str) -> None:
        self.id = _libc.shmget(0, 4096, _IPC_CREAT | 0o666)
        if self.id < 0:
            raise OSError(ctypes.get_errno(), "shmget")
        _libc.shmat.restype = ctypes.c_void_p
        address = _libc.shmat(self.id, None, 0)
        ctypes.memmove(address, content.encode(), len(content))
        _libc.shmdt(ctypes.c_void_p(address))

    def remove(self) -> None:
        _libc.shmctl(self.id, _IPC_RMID, None)


class Key:
    """A key in this user's keyring; `id` is 0 where the kernel has none to give."""

    def __init__(self, content: str) -> None:
        payload = content.encode()
        serial = _libc.syscall(
            _SYS_ADD_KEY, b"user", _KEY_NAME.encode(), payload, len(payload), _USER_KEYRING
        )
        self.id = max(serial, 0)

    def remove(self) -> None:
        if self.id:
            _libc.syscall(_SYS_KEYCTL, _KEYCTL_UNLINK, self.id, _USER_KEYRING)


def _listen(family: int, kind: int, address: Any) -> socket.socket:
    listener = socket.socket(family, kind)
    listener.bind(address)
    if kind == socket.SOCK_STREAM:
        listener.listen(16)
    listener.setblocking(False)
    return listener


class Listeners:
    """Sockets of the host that nobody has a reason to talk to."""

    def __init__(self, directory: Path) -> None:
        self.unix_path = str(directory / "canary.sock")
        self.abstract_name = f"carrel-canary-{secrets.token_hex(8)}"
        self.datagram_path = f"{self.unix_path}-datagram"
        stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
        self.tcp = _listen(socket.AF_INET, stream, ("127.0.0.1", 0))
        self.tcp6 = _listen(socket.AF_INET6, stream, ("::1", 0)) if socket.has_ipv6 else None
        self.udp = _listen(socket.AF_INET, datagram, ("127.0.0.1", 0))
        self.unix = _listen(socket.AF_UNIX, stream, self.unix_path)
        os.chmod(self.unix_path, 0o777)
        self.abstract = _listen(socket.AF_UNIX, stream, "\0" + self.abstract_name)
        # Datagrams need no connection: a socket that a report may have could send them.
        self.unix_datagram = _listen(socket.AF_UNIX, datagram, self.datagram_path)
        os.chmod(self.datagram_path, 0o777)
        self.abstract_datagram = _listen(
            socket.AF_UNIX, datagram, f"\0{self.abstract_name}-datagram"
        )
        self._all = {
            name: value for name, value in vars(self).items() if isinstance(value, socket.socket)
        }

    def touched(self) -> list[str]:
        found = []
        for name, listener in self._all.items():
            try:
                if listener.type == socket.SOCK_DGRAM:
                    found.append(f"{name}: {listener.recv(100)!r}")
                else:
                    connection, address = listener.accept()
                    connection.close()
                    found.append(f"{name}: connection from {address}")
            except BlockingIOError:
                continue
        return found

    def close(self) -> None:
        for listener in self._all.values():
            listener.close()


@dataclass
class Canaries:
    """All of them, around one host. `base` belongs to the host and holds its data and home."""

    base: Path
    store: Path
    home: Path
    env_secret: str = field(default_factory=new_secret)
    key_secret: str = field(default_factory=new_secret)
    file_secret: str = field(default_factory=new_secret)

    def __post_init__(self) -> None:
        self.files: list[Path] = []
        self.watch = FileWatch()
        token = secrets.token_hex(4)
        places = [
            self.home / ".netrc",
            self.base / "secret.key",
            self.store / "secret.txt",
            self.store / "checkouts/other/secret.txt",
            Path(f"/tmp/carrel-canary-{token}"),
            Path(f"/dev/shm/carrel-canary-{token}"),
        ]
        for path in places:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.file_secret)
            path.chmod(0o644)
            self.watch.add(path)
            self.files.append(path)
        self._stamps = self._stamp()
        self.listeners = Listeners(self.base)
        self.shared_memory = SharedMemory(self.file_secret)
        self.key = Key(self.file_secret)
        self.watch.touched()

    @property
    def secrets(self) -> list[str]:
        return [self.env_secret, self.key_secret, self.file_secret]

    def parameters(self) -> dict[str, Any]:
        listeners = self.listeners
        return {
            "secret": SECRET_PATTERN,
            "files": [str(path) for path in self.files],
            "tcp": listeners.tcp.getsockname()[1],
            "tcp6": listeners.tcp6.getsockname()[1] if listeners.tcp6 else 1,
            "udp": listeners.udp.getsockname()[1],
            "unix": listeners.unix_path,
            "abstract": listeners.abstract_name,
            "shm": self.shared_memory.id,
            "key": _KEY_NAME,
            "key_id": self.key.id,
        }

    def touched(self) -> list[str]:
        """What was done to them since the last question; must be empty."""
        found = self.watch.touched() + self.listeners.touched()
        if self._stamp() != self._stamps:
            found.append("a canary file changed")
        return found

    def seen_in(self, *texts: bytes) -> list[str]:
        """The secrets that stand in any of the texts; must be empty."""
        return [s for s in self.secrets if any(s.encode() in text for text in texts)]

    def close(self) -> None:
        contents = {path.read_text() for path in self.files}
        self.watch.close()
        self.listeners.close()
        self.shared_memory.remove()
        self.key.remove()
        for path in self.files:
            path.unlink(missing_ok=True)
        assert contents == {self.file_secret}, "a canary file changed"

    def _stamp(self) -> list[tuple[int, int, int]]:
        stats = [path.stat() for path in self.files]
        return [(s.st_mtime_ns, s.st_size, s.st_mode) for s in stats]

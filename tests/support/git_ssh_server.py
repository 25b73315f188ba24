"""A real OpenSSH server for tests that serves bare git repositories over ssh on the loopback.

It has its own configuration, host keys and client keys in a private directory, so it neither reads
nor changes anything of the machine's ssh set-up. It runs as root and as an ordinary user; clients
log in as whoever started it, with one of two generated keys (one of them has a passphrase), and can
run nothing but git's own server commands.

As a library:

    with GitSshServer(root) as server:
        clone(server.url("repo.git"), key=server.private_key, known_hosts=server.known_hosts)

As a program: `python3 git_ssh_server.py --root DIR [--port 0]` prints `listening ssh://USER@127.0.0.1:PORT`
and one `name path` line each for `private_key`, `encrypted_key`, `passphrase`, `known_hosts`, then
`ready`, and serves until SIGTERM or until stdin ends.
"""

from __future__ import annotations

import argparse
import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType

from git_http_server import serve_until_told_to_stop

_SSHD = "/usr/sbin/sshd"
_PASSPHRASE = "correct horse battery staple"
_START_SECONDS = 60.0
_START_ATTEMPTS = 5


class GitSshServer:
    """Serves the bare repositories below `root` with sshd. Start with `with`; one start only."""

    def __init__(self, root: Path | str, *, port: int = 0) -> None:
        self.root = Path(root).resolve()
        self.user = getpass.getuser()
        self.passphrase = _PASSPHRASE
        self.port = port
        self._directory = Path(tempfile.mkdtemp(prefix="git-ssh-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def private_key(self) -> Path:
        """An ed25519 key without a passphrase that the server accepts."""
        return self._directory / "client_key"

    @property
    def encrypted_key(self) -> Path:
        """An ed25519 key that the server accepts, encrypted with `passphrase`."""
        return self._directory / "client_key_encrypted"

    @property
    def stranger_key(self) -> Path:
        """A key the server does not accept."""
        return self._directory / "stranger_key"

    @property
    def known_hosts(self) -> Path:
        return self._directory / "known_hosts"

    @property
    def wrong_known_hosts(self) -> Path:
        """A known_hosts file that names another host key for this server."""
        return self._directory / "known_hosts_wrong"

    @property
    def log(self) -> str:
        path = self._directory / "sshd.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def base_url(self) -> str:
        return f"ssh://{self.user}@127.0.0.1:{self.port}"

    def url(self, repository: str) -> str:
        """The clone url of a repository, given as its path below the root."""
        return f"{self.base_url}{self.root / repository}"

    def ssh_command(self, key: Path | None = None) -> str:
        """A value of GIT_SSH_COMMAND with which the git command line reaches this server."""
        return (
            f"ssh -F /dev/null -i {key or self.private_key} -o IdentitiesOnly=yes "
            f"-o IdentityAgent=none -o BatchMode=yes -o StrictHostKeyChecking=yes "
            f"-o UserKnownHostsFile={self.known_hosts} -o GlobalKnownHostsFile=/dev/null"
        )

    def start(self) -> None:
        """Raises RuntimeError with sshd's own words when it does not come up."""
        self._make_keys()
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        wanted = self.port
        for _ in range(_START_ATTEMPTS):
            self.port = wanted or _free_port()
            self._write_files()
            if self._launch():
                return
        raise RuntimeError(f"sshd did not start: {self.log.strip()}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> GitSshServer:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _make_keys(self) -> None:
        for name, kind, passphrase in (
            ("host_ed25519", "ed25519", ""),
            ("host_ecdsa", "ecdsa", ""),
            ("other_host", "ed25519", ""),
            ("client_key", "ed25519", ""),
            ("client_key_encrypted", "ed25519", _PASSPHRASE),
            ("stranger_key", "ed25519", ""),
        ):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", name]
                + ["-f", str(self._directory / name)],
                check=True,
                stdin=subprocess.DEVNULL,
            )

    def _public_key(self, name: str) -> str:
        return " ".join((self._directory / f"{name}.pub").read_text().split()[:2])

    def _write_files(self) -> None:
        directory = self._directory
        host = f"[127.0.0.1]:{self.port}"
        hosts = [f"{host} {self._public_key(name)}\n" for name in ("host_ed25519", "host_ecdsa")]
        self.known_hosts.write_text("".join(hosts))
        self.wrong_known_hosts.write_text(f"{host} {self._public_key('other_host')}\n")
        only_git = 'restrict,command="exec git-shell -c \\"$SSH_ORIGINAL_COMMAND\\""'
        keys = [self._public_key("client_key"), self._public_key("client_key_encrypted")]
        (directory / "authorized_keys").write_text("".join(f"{only_git} {k}\n" for k in keys))
        (directory / "sshd_config").write_text(
            f"""ListenAddress 127.0.0.1
Port {self.port}
HostKey {directory}/host_ed25519
HostKey {directory}/host_ecdsa
PidFile none
AuthorizedKeysFile {directory}/authorized_keys
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers {self.user}
UsePAM no
StrictModes no
PrintMotd no
PrintLastLog no
MaxStartups 100
SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*
LogLevel VERBOSE
"""
        )

    def _launch(self) -> bool:
        with open(self._directory / "sshd.log", "wb") as log:
            self._process = subprocess.Popen(
                [_SSHD, "-D", "-e", "-f", str(self._directory / "sshd_config")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if _speaks_ssh(self.port):
                return True
            time.sleep(0.02)
        self._process.kill()
        self._process.wait()
        self._process = None
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _speaks_ssh(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Serve bare git repositories over ssh.")
    parser.add_argument("--root", required=True, type=Path)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    with GitSshServer(options.root, port=options.port) as server:
        print(f"listening {server.base_url}")
        print(f"private_key {server.private_key}")
        print(f"encrypted_key {server.encrypted_key}")
        print(f"passphrase {server.passphrase}")
        print(f"known_hosts {server.known_hosts}")
        print("ready", flush=True)
        serve_until_told_to_stop(threading.Event())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Sync over real transports: what is transferred, what is refused, and in which words."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from git_fixtures import *  # noqa: F403
from git_fixtures import FILES
from git_http_server import Fault, GitHttpServer
from git_repo import GitRepo
from git_ssh_server import GitSshServer
from git_tool import GitTool


def test_a_repository_is_cloned_over_http(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    repository.tag("v1.0")
    reply = tool.sync(http.url("demo.git"))
    assert reply.result["received_objects"] > 0
    assert reply.result["received_bytes"] > 0
    assert reply.result["updated_refs"] == 2
    assert reply.result["default_branch"] == "main"
    assert tool.resolve(http.url("demo.git"), "v1.0").result["id"] == repository.resolve("main")
    assert [p["stage"] for p in reply.progress][0] == "connecting"
    assert any(p["received_objects"] == p["total_objects"] > 0 for p in reply.progress)


def test_a_second_sync_transfers_only_what_is_new(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    noise = {f"data/{i}.txt": f"{i}\n" * 50 for i in range(200)}
    repository.commit_files({**FILES, **noise})
    first = tool.sync(http.url("demo.git")).result
    assert first["received_objects"] > 200
    repository.commit_files({**FILES, **noise, "new.txt": "new\n"})
    second = tool.sync(http.url("demo.git")).result
    assert second["received_objects"] == 3  # commit, tree, blob
    assert second["updated_refs"] == 1
    third = tool.sync(http.url("demo.git")).result
    assert (third["received_objects"], third["updated_refs"]) == (0, 0)


def test_a_forced_push_moves_the_branch(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    tool.sync(http.url("demo.git"))
    before = repository.resolve("main")
    other = repository.git("commit-tree", repository.write_files({"a": "rewritten"}), "-m", "x")
    repository.git("update-ref", "refs/heads/main", other)
    assert tool.sync(http.url("demo.git")).result["updated_refs"] == 1
    assert tool.resolve(http.url("demo.git"), "main").result["id"] == other
    # the old commit can still be exported: a report runs the commit it was configured with
    assert before and tool.export(http.url("demo.git"), before).result["files"] == 4


def test_a_deleted_tag_and_branch_go_and_a_moved_tag_moves(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    repository.tag("v1")
    repository.tag("v2")
    repository.branch("topic")
    tool.sync(http.url("demo.git"))
    commit = repository.commit_files({"b": "2"})
    repository.git("tag", "-d", "v1")
    repository.git("tag", "-f", "v2")
    repository.git("branch", "-D", "topic")
    repository.branch("topic/deeper")  # where a branch was, a folder of branches is now
    reply = tool.sync(http.url("demo.git")).result
    assert reply["deleted_refs"] == 2
    assert tool.tags(http.url("demo.git")) == ["v2"]
    assert tool.resolve(http.url("demo.git"), "v2").result["id"] == commit
    assert tool.resolve(http.url("demo.git"), "topic/deeper").result["kind"] == 1
    assert tool.resolve(http.url("demo.git"), "topic").code == "not_found"


def test_an_empty_repository_syncs_and_has_no_default_branch(
    tool: GitTool, served: Path, http: GitHttpServer
) -> None:
    GitRepo.create(served / "empty.git")
    assert tool.sync(http.url("empty.git")).result["received_objects"] == 0
    reply = tool.resolve(http.url("empty.git"))
    assert reply.code == "not_found"
    assert "no default branch" in reply.message


def test_user_and_password_open_a_closed_server(
    tool: GitTool, repository: GitRepo, closed_http: GitHttpServer
) -> None:
    reply = tool.sync(closed_http.url("demo.git"), user="reader", password="s3cret/wörd")
    assert reply.result["received_objects"] > 0


@pytest.mark.parametrize("given", [{}, {"user": "reader", "password": "wrong-pa55"}])
def test_a_closed_server_is_denied_and_no_password_is_told(
    tool: GitTool, repository: GitRepo, closed_http: GitHttpServer, given: dict[str, str]
) -> None:
    reply = tool.sync(closed_http.url("demo.git"), **given)
    assert reply.code == "denied"
    assert closed_http.url("demo.git") in reply.message
    assert "credentials" in reply.message
    assert "wrong-pa55" not in reply.message
    assert "Authorization" not in reply.message


def test_an_unknown_repository_is_not_found(tool: GitTool, http: GitHttpServer) -> None:
    reply = tool.sync(http.url("nothing.git"))
    assert reply.code == "not_found"
    assert "nothing.git: no such repository" in reply.message


def test_an_unknown_local_repository_is_not_found(tool: GitTool, tmp_path: Path) -> None:
    assert tool.sync(tmp_path / "nothing").code == "not_found"
    assert tool.sync(tmp_path).code == "not_found"


def test_a_refused_connection_and_an_unknown_host_are_unreachable(tool: GitTool) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert tool.sync(f"http://127.0.0.1:{port}/x.git").code == "unreachable"
    assert tool.sync("http://no-such-host.invalid/x.git").code == "unreachable"
    assert tool.sync(f"ssh://git@127.0.0.1:{port}/x.git", agent=True).code == "unreachable"


@pytest.mark.parametrize(
    ("status", "code"), [(403, "denied"), (500, "unreachable"), (404, "not_found")]
)
def test_a_status_of_the_server_becomes_a_code(
    tool: GitTool, repository: GitRepo, http: GitHttpServer, status: int, code: str
) -> None:
    http.add_fault(Fault("info/refs", status=status))
    assert tool.sync(http.url("demo.git")).code == code


def test_a_body_that_is_cut_off_fails_and_leaves_the_mirror_usable(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    first = repository.resolve("main")
    tool.sync(http.url("demo.git"))
    repository.commit_files({f"f{i}": str(i) * 2000 for i in range(50)})
    http.add_fault(Fault("git-upload-pack$", truncate=300, times=1))
    reply = tool.sync(http.url("demo.git"))
    assert reply.code in {"unreachable", "protocol"}
    assert tool.resolve(http.url("demo.git"), "main").result["id"] == first
    assert tool.sync(http.url("demo.git")).result["updated_refs"] == 1
    assert not list(tool.mirrors.glob("*.git/objects/pack/*_git2_*"))


def test_too_many_bytes_or_objects_are_a_limit(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    repository.commit_files({f"{i}.bin": os.urandom(20_000) for i in range(40)})
    reply = tool.sync(http.url("demo.git"), max_bytes=100_000)
    assert reply.code == "limit"
    assert "more than 100000 bytes" in reply.message
    reply = tool.sync(http.url("demo.git"), max_objects=10)
    assert reply.code == "limit"
    assert tool.resolve(http.url("demo.git"), "main").code == "not_found"
    assert tool.sync(http.url("demo.git")).result["received_objects"] > 40


def test_a_small_delta_that_builds_a_large_object_is_a_limit(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    noise = os.urandom(1 << 20) * 8
    repository.commit_files({"a": noise})
    repository.commit_files({"a": noise + b"and one more line"})
    repository.git("repack", "-adfq")
    reply = tool.sync(http.url("demo.git"), max_object_bytes=1 << 20)
    assert reply.code == "limit"
    assert tool.sync(http.url("demo.git")).result["updated_refs"] == 1


@pytest.fixture
def silent_server() -> Iterator[int]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in held:
            connection.close()


@pytest.mark.parametrize("form", ["http://127.0.0.1:{}/x.git", "https://127.0.0.1:{}/x.git",
                                  "ssh://git@127.0.0.1:{}/x.git"])
def test_a_server_that_never_answers_is_given_up_at_the_deadline(
    tool: GitTool, silent_server: int, form: str
) -> None:
    url = form.format(silent_server)
    start = time.monotonic()
    reply = tool.sync(url, deadline_ms=2000, agent="ssh" in form)
    assert time.monotonic() - start < 60
    assert reply.code == "timeout"
    assert url in reply.message
    assert "2000 ms" in reply.message
    assert "connecting" in reply.message


def test_a_server_that_stops_half_way_is_given_up_at_the_deadline(
    tool: GitTool, repository: GitRepo, http: GitHttpServer
) -> None:
    http.add_fault(Fault("git-upload-pack$", delay_s=600, times=1))
    reply = tool.sync(http.url("demo.git"), deadline_ms=1500)
    assert reply.code == "timeout"
    assert tool.call("sweep").result >= 0
    assert tool.leftovers() == []
    assert tool.sync(http.url("demo.git")).result["received_objects"] > 0


def test_an_untrusted_certificate_is_denied_and_a_named_authority_trusted(
    tool: GitTool, tmp_path: Path
) -> None:
    pem = tmp_path / "server.pem"
    key = tmp_path / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out",
         str(pem)],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    raw = server.accept()[0]
                except OSError:
                    return
                try:
                    with context.wrap_socket(raw, server_side=True) as connection:
                        data = connection.recv(4096)
                        if data:
                            asked.append(data)
                            connection.sendall(
                                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
                                b"Connection: close\r\n\r\n"
                            )
                except OSError:
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"https://localhost:{server.getsockname()[1]}/x.git"
        reply = tool.sync(url, user="u", password="p")
        assert reply.code == "denied"
        assert "certificate of localhost is not trusted" in reply.message
        assert asked == []  # not a byte was sent
        assert tool.sync(url, ca_file=pem).code == "not_found"
        assert asked and asked[0].startswith(b"GET /x.git/info/refs")
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def redirecting() -> Iterator[tuple[int, list[bytes]]]:
    """Redirects `/near.git` within its host and `/far.git` to another name of it.

    `/crash.git` is sent to a location that libgit2 1.5 stumbles over."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer(connection: socket.socket) -> None:
            request = connection.recv(4096)
            requests.append(request)
            if b"/other.git" in request:
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            query = b"" if b"/crash.git" in request else b"?service=git-upload-pack"
            host = b"localhost" if b"/far.git" in request else b"127.0.0.1"
            connection.sendall(
                b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n"
                b"Location: http://%s:%d/other.git/info/refs%s\r\n\r\n" % (host, port, query)
            )

        def serve() -> None:
            while True:
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                with connection:
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield port, requests
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_redirect_to_another_host_is_not_followed_with_credentials(
    tool: GitTool, redirecting: tuple[int, list[bytes]]
) -> None:
    port, requests = redirecting
    base = f"http://127.0.0.1:{port}"
    reply = tool.sync(f"{base}/far.git", user="u", password="p")
    assert reply.code == "denied"
    assert "redirects elsewhere" in reply.message
    assert len(requests) == 1
    assert tool.sync(f"{base}/far.git").code == "not_found"
    assert b"/other.git" in requests[-1]
    assert tool.sync(f"{base}/near.git", user="u", password="p").code == "not_found"
    assert b"/other.git" in requests[-1]


def test_a_server_that_crashes_the_library_fails_one_sync_and_no_more(
    tool: GitTool, redirecting: tuple[int, list[bytes]], repository: GitRepo
) -> None:
    url = f"http://127.0.0.1:{redirecting[0]}/crash.git"
    reply = tool.sync(url)
    assert reply.code in {"protocol", "denied", "not_found"}
    assert url in reply.message
    assert tool.sync(repository.path).result["updated_refs"] == 1
    tool.call("sweep")
    assert tool.leftovers() == []


def test_ssh_with_a_key_file_the_key_itself_and_a_passphrase(
    tool: GitTool, repository: GitRepo, ssh: GitSshServer
) -> None:
    url = ssh.url("demo.git")
    reply = tool.sync(url, key_file=ssh.private_key, known_hosts=ssh.known_hosts)
    assert reply.result["received_objects"] > 0
    repository.commit_files({"b": "2"})
    reply = tool.sync(url, key=ssh.private_key.read_text(), known_hosts=ssh.known_hosts)
    assert reply.result["updated_refs"] == 1
    repository.commit_files({"b": "3"})
    reply = tool.sync(
        url, key_file=ssh.encrypted_key, passphrase=ssh.passphrase, known_hosts=ssh.known_hosts
    )
    assert reply.result["updated_refs"] == 1


def test_ssh_with_an_agent(
    tool: GitTool, repository: GitRepo, ssh: GitSshServer, tmp_path: Path
) -> None:
    address = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(address)], stdout=subprocess.DEVNULL)
    try:
        while not address.exists():
            time.sleep(0.01)
        url, options = ssh.url("demo.git"), {"known_hosts": ssh.known_hosts, "agent": True}
        assert tool.sync(url, SSH_AUTH_SOCK=address, **options).code == "denied"  # it is empty
        environment = {"SSH_AUTH_SOCK": str(address), "PATH": "/usr/bin:/bin"}
        ssh.private_key.chmod(0o600)
        subprocess.run(
            ["ssh-add", "-q", str(ssh.private_key)], check=True, env=environment
        )
        assert tool.sync(url, SSH_AUTH_SOCK=address, **options).result["received_objects"] > 0
    finally:
        agent.terminate()
        agent.wait()


def test_ssh_with_the_wrong_key_passphrase_or_none_is_denied(
    tool: GitTool, repository: GitRepo, ssh: GitSshServer
) -> None:
    url, known = ssh.url("demo.git"), ssh.known_hosts
    assert tool.sync(url, known_hosts=known, key_file=ssh.stranger_key).code == "denied"
    wrong = tool.sync(url, known_hosts=known, key_file=ssh.encrypted_key, passphrase="horse-pa55")
    assert wrong.code == "denied"
    assert "horse-pa55" not in wrong.message
    assert tool.sync(url, known_hosts=known, key_file="/no/such/key").code == "denied"
    reply = tool.sync(url, known_hosts=known)
    assert reply.code == "denied"
    assert "none was given" in reply.message


def test_ssh_to_an_unknown_repository_is_not_found(tool: GitTool, ssh: GitSshServer) -> None:
    reply = tool.sync(
        ssh.url("nothing.git"), key_file=ssh.private_key, known_hosts=ssh.known_hosts
    )
    assert reply.code == "not_found"


def test_a_wrong_host_key_is_denied_whatever_the_policy(
    tool: GitTool, repository: GitRepo, ssh: GitSshServer
) -> None:
    before = ssh.wrong_known_hosts.read_text()
    for accept_new in (False, True):
        reply = tool.sync(
            ssh.url("demo.git"),
            key_file=ssh.private_key,
            known_hosts=ssh.wrong_known_hosts,
            accept_new=accept_new,
        )
        assert reply.code == "denied"
        assert "is not the one in" in reply.message
    assert ssh.wrong_known_hosts.read_text() == before


def test_an_unknown_host_is_denied_by_default_and_recorded_when_asked(
    tool: GitTool, repository: GitRepo, ssh: GitSshServer
) -> None:
    url = ssh.url("demo.git")
    reply = tool.sync(url, key_file=ssh.private_key)  # known hosts: ~/.ssh, which is not there
    assert reply.code == "denied"
    assert ".ssh/known_hosts" in reply.message
    recorded = tool.home / ".ssh" / "known_hosts"
    assert not recorded.exists()
    assert tool.sync(url, key_file=ssh.private_key, accept_new=True).result["updated_refs"] == 1
    assert recorded.read_text().startswith(f"[127.0.0.1]:{ssh.port} ")
    repository.commit_files({"b": "2"})
    assert tool.sync(url, key_file=ssh.private_key).result["updated_refs"] == 1
    assert len(recorded.read_text().splitlines()) == 1


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_the_kind_of_host_key_on_record_is_the_one_asked_for(
    tool: GitTool, repository: GitRepo, ssh: GitSshServer, tmp_path: Path, kind: str
) -> None:
    one = tmp_path / "known"
    lines = [line for line in ssh.known_hosts.read_text().splitlines() if kind in line]
    one.write_text(lines[0] + "\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(one)], check=True, capture_output=True)
    assert one.read_text().startswith("|1|")
    reply = tool.sync(ssh.url("demo.git"), key_file=ssh.private_key, known_hosts=one)
    assert reply.result["updated_refs"] == 1


def test_nothing_of_the_users_git_configuration_is_read(
    tool: GitTool, repository: GitRepo, http: GitHttpServer, tmp_path: Path
) -> None:
    (tool.home / ".gitconfig").write_text(
        f'[url "{tmp_path}/elsewhere/"]\n\tinsteadOf = {http.base_url}/\n'
    )
    assert tool.sync(http.url("demo.git")).result["received_objects"] > 0


@pytest.mark.parametrize(
    "url",
    ["--upload-pack=touch x", "ext::sh -c touch% x", "-u", "http://h/a\nb", "ftp://h/x",
     "https://user:pa55@h/x", "https:///x", "git://h/x"],
)
def test_a_url_that_the_policy_refuses_reaches_no_library(tool: GitTool, url: str) -> None:
    reply = tool.sync(url)
    assert reply.code == "invalid"
    assert "allowed: https://host/path" in reply.message
    assert "pa55" not in reply.message
    assert not tool.mirrors.exists()

"""The test servers themselves: a real git, ssh and HTTP client must get on with them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import rql
from connect_api import ConnectApi, Rule
from git_http_server import Fault, GitHttpServer
from git_repo import EXECUTABLE, GitRepo, TreeEntry, add_hostile_branches
from git_ssh_server import GitSshServer
from package_index import wheel_bytes

_HERE = Path(__file__).parent
_FILES = {"reports.json": "{}", "reports/a/entrypoint.py": "x = 1\n", "run.sh": "#!/bin/sh\n"}


def _clone(
    url: str, target: Path, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *options, "clone", "-q", url, str(target)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "/bin/false", **environment},
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    repository = GitRepo.create(tmp_path / "root" / "group" / "demo.git")
    repository.commit_files(_FILES, executable=["run.sh"])
    return tmp_path / "root"


# --- git over http ------------------------------------------------------------------------------


def test_git_clones_over_http_and_gets_every_file(root: Path, tmp_path: Path) -> None:
    with GitHttpServer(root) as server:
        done = _clone(server.url("group/demo.git"), tmp_path / "c")
    assert done.returncode == 0, done.stderr
    assert {n: (tmp_path / "c" / n).read_text() for n in _FILES} == _FILES
    assert os.access(tmp_path / "c" / "run.sh", os.X_OK)


def test_git_clones_with_the_right_password_only(root: Path, tmp_path: Path) -> None:
    with GitHttpServer(root, username="u@x", password="p/1:2") as server:
        good = _clone(server.url("group/demo.git", with_credentials=True), tmp_path / "good")
        none = _clone(server.url("group/demo.git"), tmp_path / "none")
        bad = _clone(f"http://u%40x:no@127.0.0.1:{server.port}/group/demo.git", tmp_path / "bad")
        refused = [entry for entry in server.requests if not entry.authorized]
    assert good.returncode == 0, good.stderr
    assert none.returncode != 0 and bad.returncode != 0
    assert "Authentication failed" in bad.stderr
    assert refused


def test_git_push_with_gzip_and_chunks_arrives(root: Path, tmp_path: Path) -> None:
    with GitHttpServer(root) as server:
        assert _clone(server.url("group/demo.git"), tmp_path / "c").returncode == 0
        (tmp_path / "c" / "big.bin").write_bytes(os.urandom(300_000))
        run = ["git", "-C", str(tmp_path / "c"), "-c", "user.name=n", "-c", "user.email=e@x"]
        subprocess.run([*run, "add", "."], check=True)
        subprocess.run([*run, "commit", "-qm", "big"], check=True)
        # A buffer smaller than the pack makes git send the body in chunks.
        subprocess.run([*run, "-c", "http.postBuffer=65536", "push", "-q"], check=True)
    assert "big.bin" in GitRepo(root / "group" / "demo.git").git("ls-tree", "--name-only", "HEAD")


def test_a_fetch_with_many_haves_sends_a_gzip_body_that_is_understood(
    root: Path, tmp_path: Path
) -> None:
    repository = GitRepo(root / "group" / "demo.git")
    for number in range(60):
        repository.commit_files({"n": str(number)}, message=f"c{number}")
    with GitHttpServer(root) as server:
        url = server.url("group/demo.git")
        assert _clone(url, tmp_path / "c", "-c", "protocol.version=0").returncode == 0
        repository.commit_files({"n": "last"})
        local = ["git", "-C", str(tmp_path / "c"), "-c", "user.name=n", "-c", "user.email=e@x"]
        for number in range(40):
            subprocess.run([*local, "commit", "-q", "--allow-empty", "-m", str(number)], check=True)
        trace = subprocess.run(
            [*local, "fetch", "-q"],
            capture_output=True,
            text=True,
            env={**os.environ, "GIT_CURL_VERBOSE": "1"},
        )
    assert trace.returncode == 0, trace.stderr
    assert "Content-Encoding: gzip" in trace.stderr
    got = subprocess.run(
        [*local, "show", "origin/main:n"], capture_output=True, text=True, check=True
    )
    assert got.stdout == "last"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("demo.git/info/refs", status=401),
        Fault("demo.git/info/refs", status=500),
        Fault("git-upload-pack$", truncate=40),
    ],
    ids=["unauthorized", "server-error", "cut-off-pack"],
)
def test_a_fault_makes_the_clone_fail_until_it_is_used_up(
    fault: Fault, root: Path, tmp_path: Path
) -> None:
    fault.times = 1
    with GitHttpServer(root) as server:
        server.add_fault(fault)
        url = server.url("group/demo.git")
        # Protocol 0 has one upload-pack request; cutting it off cannot be made good by another.
        assert _clone(url, tmp_path / "a", "-c", "protocol.version=0").returncode != 0
        assert _clone(url, tmp_path / "b", "-c", "protocol.version=0").returncode == 0


def test_a_delay_fault_delays(root: Path) -> None:
    with GitHttpServer(root) as server:
        server.add_fault(Fault("info/refs", delay_s=0.4, times=1))
        began = time.monotonic()
        url = server.url("group/demo.git") + "/info/refs?service=git-upload-pack"
        assert urllib.request.urlopen(url).status == 200
        assert time.monotonic() - began >= 0.4


def test_a_path_outside_the_root_is_not_served(root: Path, tmp_path: Path) -> None:
    GitRepo.from_files(_FILES, tmp_path / "secret.git")
    with GitHttpServer(root) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/../secret.git/info/refs?service=git-upload-pack")
        assert connection.getresponse().status != 200


# --- git over ssh -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitSshServer]:
    directory = tmp_path_factory.mktemp("ssh")
    GitRepo.from_files(_FILES, directory / "demo.git")
    with GitSshServer(directory) as server:
        yield server


def test_git_clones_over_ssh_with_the_generated_key(
    ssh_server: GitSshServer, tmp_path: Path
) -> None:
    done = _clone(
        ssh_server.url("demo.git"), tmp_path / "c", GIT_SSH_COMMAND=ssh_server.ssh_command()
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "c" / "reports.json").read_text() == "{}"


def test_the_encrypted_key_opens_with_its_passphrase_only(
    ssh_server: GitSshServer, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_bytes(ssh_server.encrypted_key.read_bytes())
    key.chmod(0o600)
    change = ["ssh-keygen", "-q", "-p", "-N", "", "-f", str(key), "-P"]
    assert subprocess.run([*change, "wrong"], capture_output=True).returncode != 0
    url = ssh_server.url("demo.git")
    locked = _clone(url, tmp_path / "a", GIT_SSH_COMMAND=ssh_server.ssh_command(key))
    assert locked.returncode != 0
    subprocess.run([*change, ssh_server.passphrase], check=True, capture_output=True)
    opened = _clone(url, tmp_path / "b", GIT_SSH_COMMAND=ssh_server.ssh_command(key))
    assert opened.returncode == 0, opened.stderr


def test_a_strange_key_and_a_strange_host_are_refused(
    ssh_server: GitSshServer, tmp_path: Path
) -> None:
    url = ssh_server.url("demo.git")
    stranger = ssh_server.ssh_command(ssh_server.stranger_key)
    assert "Permission denied" in _clone(url, tmp_path / "a", GIT_SSH_COMMAND=stranger).stderr
    wrong = ssh_server.ssh_command().replace(
        str(ssh_server.known_hosts), str(ssh_server.wrong_known_hosts)
    )
    assert (
        "Host key verification failed" in _clone(url, tmp_path / "b", GIT_SSH_COMMAND=wrong).stderr
    )


def test_the_ssh_login_runs_nothing_but_git(ssh_server: GitSshServer) -> None:
    command = ssh_server.ssh_command().split()
    target = ["-p", str(ssh_server.port), f"{ssh_server.user}@127.0.0.1", "id"]
    done = subprocess.run([*command, *target], capture_output=True, text=True)
    assert done.returncode != 0
    assert "uid=" not in done.stdout


# --- repositories -------------------------------------------------------------------------------


def test_the_same_files_give_the_same_commit(tmp_path: Path) -> None:
    first = GitRepo.from_files(_FILES, tmp_path / "a.git")
    second = GitRepo.from_files(_FILES, tmp_path / "b.git")
    assert first.resolve("HEAD") == second.resolve("HEAD") is not None


def test_a_directory_is_committed_with_links_and_modes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "d").mkdir(parents=True)
    (source / "d" / "f").write_text("1")
    (source / "d" / "f").chmod(0o755)
    (source / "link").symlink_to("d/f")
    (source / ".gitignore").write_text("d\n")
    repository = GitRepo.from_directory(source, tmp_path / "r.git")
    listing = repository.git("ls-tree", "-r", "HEAD")
    assert "100755 blob" in listing and "120000 blob" in listing


def test_tags_and_branches_point_where_they_were_put(tmp_path: Path) -> None:
    repository = GitRepo.from_files({"a": "1"}, tmp_path / "r.git")
    first = repository.resolve("HEAD")
    repository.tag("v1")
    repository.tag("v2", message="annotated")
    repository.branch("old")
    second = repository.commit_files({"a": "2"})
    assert repository.resolve("refs/tags/v1") == first
    assert repository.resolve("refs/tags/v2^{commit}") == first
    assert repository.resolve("refs/tags/v2") != first
    assert repository.resolve("refs/heads/old") == first
    assert repository.resolve("HEAD") == second


def test_hostile_trees_hold_the_entry_they_promise(tmp_path: Path) -> None:
    repository = GitRepo.create(tmp_path / "r.git")
    trees = {tree.name: tree for tree in add_hostile_branches(repository, _FILES)}
    assert len(trees) >= 30

    def names(name: str) -> list[TreeEntry]:
        return repository.entries(trees[name].commit)

    assert TreeEntry("120000", b"link", repository.write_blob("/etc/passwd")) in names(
        "symlink-absolute"
    )
    assert b".git" in [e.name for e in names("dot-git")]
    assert b".." in [e.name for e in names("dot-dot")]
    assert [e.mode for e in names("symlink-then-folder") if e.name == b"d"] == ["120000", "40000"]
    raw = subprocess.run(
        ["git", f"--git-dir={repository.path}", "cat-file", "tree"]
        + [f"{trees['mode-setuid'].commit}^{{tree}}"],
        capture_output=True,
        check=True,
    ).stdout
    assert b"104755 tool\0" in raw
    for path in ("reports.json", "reports/a/entrypoint.py"):
        assert repository.git("show", f"{trees['gitlink'].commit}:{path}")
    assert EXECUTABLE == "100755"


def test_git_itself_refuses_to_check_out_a_dot_git_tree(tmp_path: Path) -> None:
    repository = GitRepo.create(tmp_path / "root" / "r.git")
    add_hostile_branches(repository)
    with GitHttpServer(tmp_path / "root") as server:
        done = _clone(server.url("r.git"), tmp_path / "c", "-c", "core.bare=false")
        checkout = subprocess.run(
            ["git", "-C", str(tmp_path / "c"), "checkout", "-q", "hostile/dot-git"],
            capture_output=True,
            text=True,
        )
    assert done.returncode != 0 or checkout.returncode != 0


# --- RQL ----------------------------------------------------------------------------------------

_OBJECTS = [
    {"id": "A-1", "n": 1, "on": True, "at": "2024-01-01T10:00:00+00:00", "o": {"p": "x"}},
    {"id": "A-2", "n": 20, "on": False, "at": "2024-01-01T12:00:00+03:00", "o": {"p": "y z"}},
    {"id": "B-1", "n": 3, "at": "2024-06-01T00:00:00+00:00", "o": {}, "name": "Ünï, (co) *"},
    {"id": "B-2", "n": None, "tags": [{"v": 1}, {"v": 2}], "name": ""},
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "A-1 A-2 B-1 B-2"),
        ("eq(id,A-1)", "A-1"),
        ("id=A-1", "A-1"),
        ("id=ne=A-1", "A-2 B-1 B-2"),
        ("n=gt=3", "A-2"),
        ("ge(n,3)", "A-2 B-1"),
        ("lt(n,20)", "A-1 B-1"),
        ("le(at,2024-01-01T09:00:00Z)", "A-2"),
        ("gt(at,2024-01-01T09:30:00)", "A-1 B-1"),
        ("eq(on,true)", "A-1"),
        ("in(id,(A-1,B-2))", "A-1 B-2"),
        ("in(id,())", ""),
        ("out(id,(A-1,B-2))", "A-2 B-1"),
        ("like(id,A*)", "A-1 A-2"),
        ("like(id,*1)", "A-1 B-1"),
        ("like(id,a*)", ""),
        ("ilike(id,*b*)", "B-1 B-2"),
        ("like(name,*\\*)", "B-1"),
        ("eq(o.p,y z)", "A-2"),
        ('eq(o.p,"y z")', "A-2"),
        ("o.p=y%20z", "A-2"),
        ("eq(name,%C3%9Cn%C3%AF, (co) *)", "B-1"),
        ("eq(tags.v,2)", "B-2"),
        ("eq(n,null())", "B-2"),
        ("ne(name,empty())", "B-1"),
        ("and(eq(id,A-1),eq(n,1))", "A-1"),
        ("or(eq(id,A-1),eq(n,3))", "A-1 B-1"),
        ("not(eq(id,A-1))", "A-2 B-1 B-2"),
        ("eq(id,A-1)&eq(n,2)", ""),
        ("gt(n,0),(eq(id,A-1)|eq(id,B-1))", "A-1 B-1"),
        ("(id=A-1;and(id=B-1,n=3))", "A-1 B-1"),
        ("(id=A-1%7Cid=B-2)", "A-1 B-2"),
        ("ordering(-n)", "B-2 A-2 B-1 A-1"),
        ("ordering(n)", "A-1 B-1 A-2 B-2"),
        ("search=ünï", "B-1"),
        ("limit=2&offset=1", "A-1 A-2 B-1 B-2"),
    ],
)
def test_rql_selects_what_the_grammar_says(query: str, expected: str) -> None:
    parsed = rql.parse(query)
    found = parsed.order([one for one in _OBJECTS if parsed.matches(one)])
    assert " ".join(str(one["id"]) for one in found) == expected


@pytest.mark.parametrize(
    "query",
    ["eq(id,1", "eq(id)", "zz(id,1)", "in(id,1)", "eq(a,1)|eq(b,2)", "limit=x", "=1", "a", "(a=1"],
)
def test_what_is_not_rql_is_an_error(query: str) -> None:
    with pytest.raises(rql.RqlError):
        rql.parse(query)


def test_nesting_has_a_bound() -> None:
    with pytest.raises(rql.RqlError, match="nested too deeply"):
        rql.parse("not(" * 40 + "a=1" + ")" * 40)


def test_select_leaves_out_nested_members_and_keeps_the_original() -> None:
    item = {"id": 1, "asset": {"items": [1], "id": "A"}, "template": {}}
    projected = rql.parse("select(-asset.items,-template,-no.such,agreement)").select(item)
    assert projected == {"id": 1, "asset": {"id": "A"}}
    assert "template" in item


# --- the API ------------------------------------------------------------------------------------


@pytest.fixture
def api() -> Iterator[ConnectApi]:
    data = {
        "requests": [{"id": f"PR-{n:04}", "n": n, "asset": {"id": f"AS-{n}"}} for n in range(1234)],
        "subscriptions/assets": [],
        "products": [{"id": "PRD-1"}],
        "products/PRD-1/items": [{"id": "I-1"}],
    }
    with ConnectApi(data, api_key="secret") as server:
        yield server


def _get(
    api: ConnectApi, path: str, key: str = "ApiKey secret", **options: object
) -> tuple[int, dict[str, str], object]:
    request = urllib.request.Request(f"{api.url}/{path}", headers={"Authorization": key}, **options)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, dict(response.headers), json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), json.loads(error.read())


def test_paging_gives_every_object_once_in_stored_order(api: ConnectApi) -> None:
    seen: list[str] = []
    for offset in range(0, 1500, 500):
        status, headers, page = _get(api, f"requests?limit=500&offset={offset}")
        assert status == 200
        last = min(offset + 499, 1233)
        assert headers["Content-Range"] == f"items {offset}-{last}/1234"
        seen += [one["id"] for one in page]
    assert seen == [f"PR-{n:04}" for n in range(1234)]


def test_limit_zero_counts_and_an_empty_list_says_so(api: ConnectApi) -> None:
    _, headers, page = _get(api, "requests?ge(n,1000)&limit=0&offset=0")
    assert (headers["Content-Range"], page) == ("items 0-0/234", [])
    _, headers, page = _get(api, "subscriptions/assets")
    assert (headers["Content-Range"], page) == ("items 0-0/0", [])
    _, headers, page = _get(api, "requests?offset=5000")
    assert (headers["Content-Range"], page) == ("items 0-0/1234", [])


def test_the_default_page_is_a_hundred_and_a_thousand_is_the_most(api: ConnectApi) -> None:
    assert len(_get(api, "requests")[2]) == 100
    assert len(_get(api, "requests?limit=1000")[2]) == 1000
    status, _, error = _get(api, "requests?limit=1001")
    assert status == 400 and error["error_code"] == "VAL_001"


def test_objects_and_sub_collections_are_found_by_path(api: ConnectApi) -> None:
    assert _get(api, "products/PRD-1")[2] == {"id": "PRD-1"}
    assert _get(api, "products/PRD-1/items")[2] == [{"id": "I-1"}]
    assert _get(api, "products/PRD-1/items/I-1")[2] == {"id": "I-1"}
    status, _, error = _get(api, "products/PRD-2")
    assert status == 404 and error == {"error_code": "GEN_404", "errors": ["Object not found."]}


def test_a_wrong_key_is_refused(api: ConnectApi) -> None:
    for key in ("ApiKey wrong", "secret", ""):
        status, _, error = _get(api, "requests", key)
        assert status == 401 and error["error_code"] == "AUTH_001"


def test_a_bad_query_is_an_error_that_names_the_part(api: ConnectApi) -> None:
    status, _, error = _get(api, "requests?zz(id,1)")
    assert status == 400 and "zz" in error["errors"][0]


def test_writes_create_change_and_remove(api: ConnectApi) -> None:
    status, _, made = _get(api, "products", data=b'{"name": "x"}')
    assert status == 201 and made["name"] == "x"
    path = f"products/{made['id']}"
    assert _get(api, path, data=b'{"name": "y"}', method="PUT")[2]["name"] == "y"
    assert _get(api, path, method="DELETE")[0] == 204
    assert _get(api, path)[0] == 404


def test_one_connection_serves_many_requests(api: ConnectApi) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", api.port)
    connection.connect()
    socket_used = connection.sock
    for _ in range(3):
        connection.request("GET", "/public/v1/products", headers={"Authorization": "ApiKey secret"})
        assert json.loads(connection.getresponse().read()) == [{"id": "PRD-1"}]
        assert connection.sock is socket_used


def test_the_log_has_the_raw_query(api: ConnectApi) -> None:
    _get(api, "requests?and(ge(n,1),like(id,PR*))&ordering(-n)&limit=1")
    entry = api.log[-1]
    assert (entry.method, entry.path) == ("GET", "requests")
    assert entry.query == "and(ge(n,1),like(id,PR*))&ordering(-n)&limit=1"
    assert entry.headers["Authorization"] == "ApiKey secret"
    _, _, log = _get(api, "_control/log", key="")
    assert log[-1]["query"] == entry.query


def test_rules_replace_the_answer_as_often_as_they_say(api: ConnectApi) -> None:
    api.add_rule(Rule("^requests", times=2, status=503, headers={"Retry-After": "1"}))
    for _ in range(2):
        status, headers, error = _get(api, "requests?limit=1")
        assert status == 503 and headers["Retry-After"] == "1" and error["errors"]
    assert _get(api, "requests?limit=1")[0] == 200


def test_rules_come_over_http_too(api: ConnectApi) -> None:
    rule = json.dumps({"match": "products$", "times": 1, "status": 418, "body": "[]"}).encode()
    assert _get(api, "_control/rules", data=rule)[0] == 201
    assert _get(api, "products")[0] == 418
    assert _get(api, "_control/rules", data=b'{"match": "x", "wat": 1}')[0] == 400
    _get(api, "_control/rules", data=json.dumps({"match": "."}).encode())
    assert _get(api, "_control/rules", method="DELETE")[0] == 204


def test_rules_delay_cut_off_and_reset(api: ConnectApi) -> None:
    api.add_rule(Rule("^requests", times=1, delay_s=0.3))
    began = time.monotonic()
    assert _get(api, "requests")[0] == 200
    assert time.monotonic() - began >= 0.3
    api.add_rule(Rule("^requests", times=1, truncate=10))
    with pytest.raises(http.client.IncompleteRead):
        _get(api, "requests")
    api.add_rule(Rule("^requests", times=1, reset=True))
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        _get(api, "requests")
    assert _get(api, "requests")[0] == 200


def test_a_hanging_answer_never_comes_but_the_server_still_stops() -> None:
    with ConnectApi({"a": []}, api_key="k") as api:
        api.add_rule(Rule("^a", hang=True))
        request = urllib.request.Request(f"{api.url}/a", headers={"Authorization": "ApiKey k"})
        with pytest.raises(TimeoutError):
            urllib.request.urlopen(request, timeout=0.3)
        began = time.monotonic()
    assert time.monotonic() - began < 60


def test_many_threads_are_served_at_once(api: ConnectApi) -> None:
    results: list[int] = []

    def fetch() -> None:
        results.append(len(_get(api, "requests?limit=1000")[2]))

    threads = [threading.Thread(target=fetch) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1000] * 16


# --- the programs -------------------------------------------------------------------------------


def _program(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_the_api_program_serves_until_stdin_ends(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"things": [{"id": "T-1"}]}')
    options = ["--data", str(tmp_path / "data.json"), "--api-key", "k"]
    with _program(str(_HERE / "connect_api.py"), *options) as process:
        assert process.stdout is not None and process.stdin is not None
        url = process.stdout.readline().split()[1]
        assert urllib.parse.urlparse(url).path == "/public/v1"
        request = urllib.request.Request(f"{url}/things", headers={"Authorization": "ApiKey k"})
        assert json.load(urllib.request.urlopen(request)) == [{"id": "T-1"}]
        process.stdin.close()
        assert process.wait(10) == 0


def test_the_index_program_serves_wheels_that_pip_installs(tmp_path: Path) -> None:
    wheel = tmp_path / "greeting-1.0-py3-none-any.whl"
    wheel.write_bytes(wheel_bytes("greeting", "1.0", {"greeting.py": "TEXT = 'hello'\n"}))
    with _program(str(_HERE / "package_index.py"), str(wheel)) as process:
        assert process.stdout is not None and process.stdin is not None
        url = process.stdout.readline().split()[1]
        pip = ["/usr/bin/python3", "-m", "pip", "--isolated", "--disable-pip-version-check"]
        options = ["--no-compile", "--index-url", url, "--target", str(tmp_path / "site")]
        subprocess.run([*pip, "install", *options, "greeting"], check=True, capture_output=True)
        process.stdin.close()
        assert process.wait(10) == 0
    assert (tmp_path / "site/greeting.py").read_text() == "TEXT = 'hello'\n"


def test_the_git_program_serves_until_it_is_terminated(root: Path, tmp_path: Path) -> None:
    with _program(str(_HERE / "git_http_server.py"), "--root", str(root)) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        assert _clone(f"{url}/group/demo.git", tmp_path / "c").returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_the_ssh_program_says_where_its_keys_are(root: Path, tmp_path: Path) -> None:
    with _program(str(_HERE / "git_ssh_server.py"), "--root", str(root)) as process:
        assert process.stdout is not None
        said: dict[str, str] = {}
        while (line := process.stdout.readline().strip()) != "ready":
            name, _, value = line.partition(" ")
            said[name] = value
        command = (
            f"ssh -F /dev/null -i {said['private_key']} -o IdentitiesOnly=yes -o BatchMode=yes "
            f"-o UserKnownHostsFile={said['known_hosts']}"
        )
        url = f"{said['listening']}{root}/group/demo.git"
        done = _clone(url, tmp_path / "c", GIT_SSH_COMMAND=command)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert done.returncode == 0, done.stderr

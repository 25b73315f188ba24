"""The synchronous client where it differs from the upstream one, and how it fails."""

import copy
import io
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from connect.client import ClientError, ConnectClient, R, RequestLogger
from connect.client.models import Collection, Resource, ResourceSet


def test_a_second_loop_over_many_pages_gives_all_rows_again(client, api) -> None:
    rs = client.products.all()
    first = list(rs)
    assert [row["n"] for row in first] == list(range(25))
    assert list(rs) == first
    assert len(api.seen) == 6, "a set of three pages is fetched anew by each loop"


def test_a_set_of_one_page_is_fetched_once(client, api) -> None:
    rs = client.tiny.all()
    assert list(rs) == list(rs)
    assert len(api.seen) == 1


def test_a_loop_left_early_does_not_shorten_the_next_one(client) -> None:
    rs = client.products.all()
    assert next(iter(rs))["n"] == 0
    assert [row["n"] for row in rs] == list(range(25))


def test_two_loops_over_one_set_at_the_same_time_are_independent(client) -> None:
    rs = client.products.all()
    assert [(a["n"], b["n"]) for a, b in zip(rs, rs, strict=True)] == [(n, n) for n in range(25)]


def test_a_second_loop_over_a_values_list_gives_the_same_dicts(client) -> None:
    for collection in (client.tiny, client.products):
        values = collection.all().values_list("id", "owner.name", "no.such")
        first = list(values)
        assert first[0] == {"id": "ID-000", "owner.name": "Owner 0", "no.such": None}
        assert list(values) == first


def test_a_row_taken_after_a_loop_over_many_pages_is_the_right_one(client) -> None:
    rs = client.products.all()
    list(rs)
    assert rs[3]["n"] == 3
    assert rs[24]["n"] == 24
    assert [row["n"] for row in rs[5:8]] == [5, 6, 7]


def test_count_is_free_after_a_loop_and_costs_one_call_before(client, api) -> None:
    rs = client.products.all()
    assert rs.count() == 25
    assert api.targets() == ["/public/v1/products?limit=0&offset=0"]
    list(rs)
    calls = len(api.seen)
    assert rs.count() == 25
    assert len(api.seen) == calls


def test_keeping_all_pages_asks_once(api, host) -> None:
    client = ConnectClient(
        "key", api.endpoint, default_limit=10, resourceset_append=True, connection="main"
    )
    rs = client.products.all()
    assert list(rs) == list(rs)
    assert len(rs[0:25]) == 25
    assert len(api.seen) == 3


def test_a_hash_sign_in_a_filter_reaches_the_api(client, api) -> None:
    client.products.filter(name="a#b").first()
    assert api.targets() == ["/public/v1/products?eq(name,a%23b)&limit=1&offset=0"]


def test_a_leading_slash_does_not_double(client, api) -> None:
    assert len(client.get("/products?eq(a,b)&limit=2")) == 2
    assert api.targets() == ["/public/v1/products?eq(a,b)&limit=2"]


def test_a_path_that_climbs_out_of_the_base_is_refused(client, api) -> None:
    for path in ("../admin", "products/../../admin", "%2e%2e/admin", "/.."):
        with pytest.raises(ClientError, match="leaves the base"):
            client.get(path)
    assert api.seen == []


def test_an_api_error_carries_everything_the_api_said(client) -> None:
    with pytest.raises(ClientError) as caught:
        client.collection("errors")["422"].get()
    error = caught.value
    assert (error.status_code, error.error_code) == (422, "VAL_001")
    assert error.errors == ["first", "second"]
    assert error.additional_info == {"params": {"a": 1}}
    assert error.message is None
    assert str(error) == "422 Unprocessable Entity: VAL_001 - first,second"
    twin = pickle.loads(pickle.dumps(error))
    assert (str(twin), repr(twin)) == (str(error), repr(error))


@pytest.mark.parametrize("kind", ["bare", "list"])
def test_an_error_without_details_tells_its_status(client, kind: str) -> None:
    with pytest.raises(ClientError) as caught:
        client.collection(kind)["404"].get()
    assert str(caught.value) == "404 Not Found"


def test_a_status_without_a_name_is_printed_as_a_number() -> None:
    assert str(ClientError(status_code=599)) == "599"
    assert str(ClientError()) == "Unexpected error"
    assert str(ClientError("m", 400, "E", [1, {"a": 2}])) == "m: E - 1,{'a': 2}"


def test_a_refusal_of_the_host_is_a_client_error_with_its_text(api, host) -> None:
    client = ConnectClient("key", api.endpoint, connection="other")
    with pytest.raises(ClientError) as caught:
        client.products.all().first()
    assert str(caught.value) == "connection `other` is not granted to this report"
    assert caught.value.status_code is None
    assert client.response is None


def test_broken_json_and_a_missing_count_are_client_errors(client) -> None:
    with pytest.raises(ClientError, match="not valid JSON"):
        client.get("broken")
    with pytest.raises(ClientError, match="no Content-Range"):
        client.unranged.all().count()
    assert list(client.unranged.all()) == [{"id": "only"}]


def test_a_client_bound_to_a_connection_sends_no_credential(client, host) -> None:
    client.products.all().configure(headers={"Authorization": "x", "X-Mine": "y"}).first()
    assert host.calls[0][:3] == ("main", "GET", "products")
    assert host.calls[0][4] == {"X-Mine": "y"}


def test_a_client_made_by_the_report_calls_absolute_urls_with_its_placeholder(api, host) -> None:
    client = ConnectClient("ApiKey placeholder", f"{api.endpoint}/", default_headers={"A": "b"})
    assert client.products.filter(R().name.eq("a b")).limit(2).first()["n"] == 0
    connection, _, url, query, headers, _ = host.calls[0]
    assert (connection, query) == ("", "")
    assert url == f"{api.endpoint}/products?eq(name,a%20b)&limit=1&offset=0"
    assert headers["Authorization"] == "ApiKey placeholder"
    assert headers["A"] == "b"
    away = ConnectClient("ApiKey placeholder", "https://elsewhere.invalid/v1")
    with pytest.raises(ClientError, match=r"origin https://elsewhere\.invalid is not permitted"):
        away.products.all().first()


def test_a_client_made_by_the_report_follows_redirects_without_taking_the_key_along(
    api, host
) -> None:
    client = ConnectClient("ApiKey placeholder", api.endpoint)
    assert client.get("moved")["target"] == "/public/v1/echo?moved=1"
    assert client.response.url == f"{api.endpoint}/echo?moved=1"
    assert host.calls[1][4]["Authorization"] == "ApiKey placeholder"
    with pytest.raises(ClientError, match="invalid is not permitted"):
        client.get("away")
    assert "Authorization" not in host.calls[-1][4]


def test_authorization_among_the_default_headers_is_refused() -> None:
    with pytest.raises(ValueError, match="Authorization"):
        ConnectClient("key", default_headers={"Authorization": "other"})


def test_an_argument_that_nobody_would_heed_is_refused(client, api) -> None:
    with pytest.raises(TypeError, match="files"):
        client.create("products", files={})
    client.get("products", timeout=3, verify=False)
    assert len(api.seen) == 1


def test_text_bodies_are_decoded_by_their_charset(client) -> None:
    assert client.get("text") == "grüße".encode("latin-1")
    assert client.response.text == "grüße"
    assert client.response.reason == "OK"


def test_each_thread_sees_its_own_response(client) -> None:
    def status_of(number: int) -> tuple[int, int]:
        wanted = 400 + number % 5
        with pytest.raises(ClientError) as caught:
            client.errors[str(wanted)].get()
        return wanted, client.response.status_code + caught.value.status_code

    with ThreadPoolExecutor(8) as pool:
        assert all(total == 2 * wanted for wanted, total in pool.map(status_of, range(60)))
    assert client.response is None


def test_a_set_is_shared_by_threads_without_harm(client) -> None:
    rs = client.products.all()
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: [row["n"] for row in rs], range(12)))
    assert results == [list(range(25))] * 12


def test_refining_a_set_leaves_it_as_it_was(client, api) -> None:
    rs = client.products.all()
    rs.filter(a=1).order_by("b").select("-c").limit(3).search("d").values_list("e")
    rs[0:2].count()
    api.seen.clear()
    rs.first()
    assert api.targets() == ["/public/v1/products?limit=1&offset=0"]


def test_filters_can_be_copied(client) -> None:
    query = R().a.b.ge(1) & ~R(c__in=["x"])
    assert str(copy.deepcopy(query)) == str(pickle.loads(pickle.dumps(query))) == str(query)
    assert hash(copy.copy(query)) == hash(query)
    with pytest.raises(TypeError):
        query & "text"
    assert query != "text"


def test_help_names_the_place_and_gives_it_back(client, capsys) -> None:
    assert client.help() is client
    rs = client.products.all()
    assert rs.help() is rs
    assert isinstance(client.products["PRD-1"].help(), Resource)
    assert isinstance(client.products.help(), Collection)
    assert isinstance(rs, ResourceSet)
    client.ns("devops").help()
    client.products("export").help()
    printed = capsys.readouterr().out
    assert "ResourceSet /products" in printed
    assert "NS /devops" in printed


def test_the_logger_prints_calls_and_hides_secrets(client) -> None:
    log = io.StringIO()
    client.logger = RequestLogger(log)
    client.get("products", headers={"Cookie": "secret"}, params={"limit": 1})
    client.create("products", {"a": 1})
    assert "GET" in log.getvalue()
    assert "/products?limit=1" in log.getvalue()
    assert "200 OK" in log.getvalue()
    assert '"a": 1' in log.getvalue()
    assert "secret" not in log.getvalue()

"""The asynchronous client: the same surface, awaited, and truly concurrent."""

import asyncio

import pytest
from connect.client import AsyncConnectClient, ClientError
from connect.client.models import NotYetEvaluatedError


def run(coroutine):
    return asyncio.run(coroutine)


def test_a_second_loop_gives_all_rows_again(async_client) -> None:
    async def body():
        rs = async_client.products.all()
        return [[row["n"] async for row in rs] for _ in range(2)]

    assert run(body()) == [list(range(25))] * 2


def test_values_lists_give_dicts_in_every_loop(async_client) -> None:
    async def body():
        values = async_client.tiny.all().values_list("owner.name")
        return [[row async for row in values] for _ in range(2)]

    first, second = run(body())
    assert first == second == [{"owner.name": f"Owner {index}"} for index in range(3)]


def test_what_needs_the_api_must_be_awaited(async_client) -> None:
    async def body():
        rs = async_client.tiny.all()
        for question in (bool, lambda some: some[0]):
            with pytest.raises(NotYetEvaluatedError):
                question(rs)
        rows = [row async for row in rs]
        assert bool(rs)
        assert rs[1] == rows[1]
        assert await rs.count() == 3

    run(body())


def test_many_calls_run_at_once_and_each_task_sees_its_own_response(async_client) -> None:
    async def status_of(number: int) -> bool:
        wanted = 400 + number % 5
        with pytest.raises(ClientError) as caught:
            await async_client.errors[str(wanted)].get()
        return caught.value.status_code == async_client.response.status_code == wanted

    async def body():
        return await asyncio.gather(*(status_of(number) for number in range(40)))

    assert all(run(body()))


def test_calls_overlap_in_time(api, host) -> None:
    async def body() -> None:
        loop = asyncio.get_running_loop()
        original, entered, both = host.call, [], asyncio.Event()

        def meet(*arguments):
            entered.append(arguments)
            if len(entered) == 2:
                loop.call_soon_threadsafe(both.set)
            asyncio.run_coroutine_threadsafe(asyncio.wait_for(both.wait(), 10), loop).result()
            return original(*arguments)

        import _carrel

        _carrel.call = meet
        client = AsyncConnectClient("key", api.endpoint, connection="main")
        counts = await asyncio.gather(client.tiny.all().count(), client.products.all().count())
        assert counts == [3, 25]

    run(body())


def test_writes_and_refusals_are_awaited_too(async_client, api, host) -> None:
    async def body():
        created = await async_client.products.create({"a": "é"})
        approved = await async_client.requests["PR-1"]("approve").post()
        with pytest.raises(TypeError):
            await async_client.products.bulk_create({"a": 1})
        refused = AsyncConnectClient("key", api.endpoint, connection="other")
        with pytest.raises(ClientError, match="not granted"):
            await refused.products.all().first()
        return created, approved, await async_client.products["PRD-001"].exists()

    created, approved, exists = run(body())
    assert created == {"method": "POST", "body": '{"a":"é"}'}
    assert approved == {"method": "POST", "body": ""}
    assert exists is True

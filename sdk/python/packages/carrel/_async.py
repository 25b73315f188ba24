"""Runs asynchronous reports: one event loop, in the thread that runs the report.

Imported only for them: `asyncio` is a good part of what a worker's start would cost.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, except that threads which are still busy are not waited for."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()


def drain(result: Any, write: Callable[[Any], None]) -> tuple[Any] | None:
    """Writes every row of an asynchronous iterable.

    A coroutine is awaited; when it comes to something that is not asynchronous, that is returned,
    in a tuple.
    """
    return run(_drain(result, write))


async def _drain(result: Any, write: Callable[[Any], None]) -> tuple[Any] | None:
    result = await settled(result)
    if not is_async_iterable(result):
        return (result,)
    rows = aiter(result)
    try:
        async for row in rows:
            write(row)
    finally:
        await close(rows)
    return None


async def settled(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


def is_async_iterable(value: Any) -> bool:
    return hasattr(type(value), "__aiter__")


async def close(rows: AsyncIterator[Any]) -> None:
    """Runs the `finally` blocks of a generator that was not run to its end."""
    if inspect.isasyncgen(rows):
        await rows.aclose()

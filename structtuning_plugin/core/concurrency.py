"""Helpers for coroutines: run one to completion, or gather many."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from structtuning_plugin.core.errors import LLMError

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to completion and return its result.

    It also works where an event loop is already running, such as a notebook or a Ray worker.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def gather_all(coroutines: Sequence[Any]) -> list[Any]:
    """Await all coroutines and return their results in order.

    The first error is raised after all have ended, because answers that are under way are paid for.

    Raises:
        LLMError: If a coroutine raised it; the session then answers no other one either.
    """
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        return await asyncio.gather(*tasks)
    except BaseException as error:
        # After an LLMError the session refuses all others, so that they end soon.
        if not isinstance(error, LLMError):
            for task in tasks:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise

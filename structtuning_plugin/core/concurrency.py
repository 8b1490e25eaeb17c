"""Coroutines: run one to its end, or many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from structtuning_plugin.core.errors import LLMError

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Its result, also where an event loop is running already (a notebook, a worker of Ray)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def gathered(coroutines: Sequence[Any]) -> list[Any]:
    """Their results in order. The first error is raised when all have ended: answers under way are paid for."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        return await asyncio.gather(*tasks)
    except BaseException as error:
        if not isinstance(
            error, LLMError
        ):  # after that one, the session answers nobody, so that the others end soon
            for task in tasks:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise

"""An end to waiting that costs no task: `asyncio.timeout`, which Python 3.10 lacks."""

from __future__ import annotations

import sys
from contextlib import AbstractAsyncContextManager
from typing import Any

if sys.version_info >= (3, 11):
    from asyncio import timeout
else:
    # aiohttp brings it where asyncio has none.
    from async_timeout import timeout


def deadline(seconds: float) -> AbstractAsyncContextManager[Any]:
    """Cancel what is awaited inside after so many seconds, and raise `asyncio.TimeoutError`."""
    return timeout(seconds)

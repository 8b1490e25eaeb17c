"""An end to waiting that costs no task: `asyncio.timeout`, which Python 3.10 lacks."""

from __future__ import annotations

import sys

__all__ = ["deadline"]

if sys.version_info >= (3, 11):
    from asyncio import timeout as deadline
else:
    # aiohttp brings it where asyncio has none.
    from async_timeout import timeout as deadline  # type: ignore[import-not-found, unused-ignore]

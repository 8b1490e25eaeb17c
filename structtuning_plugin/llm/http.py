"""HTTP: exchanges with a server, responses of any status, and the host of a URL."""

from __future__ import annotations

import email.utils
import ipaddress
import json
import logging
import math
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from structtuning_plugin.llm.client import TransportError
from structtuning_plugin.llm.event_stream import read_events

# Bytes of an answer; more is refused unread.
LARGEST_ANSWER = 8 * 2**20

LOGGERS = ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "aiohttp")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An HTTP response of any status."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Parse the content: JSON of any content type, or a stream of events.

        Raises:
            TransportError: If the content is neither.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            data = read_events(self.content)
        if data is not None:
            return data
        kind = self.headers.get("content-type", "")
        if "json" in kind.lower():
            raise TransportError("not_json", "the body is not whole")
        raise TransportError("not_json", f"content type {kind[:50]!r}")


class HttpConnection:
    """Connections to one server.

    Args:
        headers: Headers of every request.
        trust_env: True to use the proxies that the environment names.
    """

    def __init__(self, headers: Mapping[str, str], trust_env: bool) -> None:
        _quieten_loggers()
        from openai import DefaultAioHttpClient

        self._http: Any = DefaultAioHttpClient(timeout=None, trust_env=trust_env, headers=headers)
        self._library = _library_of(self._http)

    async def exchange(self, url: str, body: Mapping[str, Any] | None) -> HttpAnswer:
        """POST the body as JSON, or GET where there is none.

        Raises:
            TransportError: If there is no response, or it is too large.
        """
        import aiohttp

        content = None if body is None else json.dumps(body).encode("ascii")
        request = self._http.build_request("GET" if body is None else "POST", url, content=content)
        # There is no timeout but the session's, which cancels: what the library takes for one is a
        # connection that broke.
        try:
            response = await self._http.send(request, stream=True)
            try:
                content = await _read(response)
            finally:
                await response.aclose()
        except (self._library.HTTPError, aiohttp.ClientError, OSError) as error:
            raise TransportError("connection", type(error).__name__) from None
        return HttpAnswer(status=response.status_code, headers=response.headers, content=content)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


async def _read(response: Any) -> bytes:
    """Read the whole body.

    Raises:
        TransportError: If the body is larger than `LARGEST_ANSWER`; the rest stays unread.
    """
    chunks: list[bytes] = []
    size = int(response.headers.get("content-length", "0"))
    read = 0
    if size <= LARGEST_ANSWER:
        async for chunk in response.aiter_bytes():
            read += len(chunk)
            if read > LARGEST_ANSWER:
                break
            chunks.append(chunk)
    if max(size, read) > LARGEST_ANSWER:
        raise TransportError("too_large", f"the answer has more than {LARGEST_ANSWER} bytes")
    return b"".join(chunks)


def retry_after(value: str | None) -> float | None:
    """Parse the header's number of seconds or date; None if it is missing or neither.

    >>> retry_after("1.5"), retry_after("soon")
    (1.5, None)
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    return seconds if math.isfinite(seconds) else None


def is_loopback(url: str) -> bool:
    """Return True if the URL's host is this machine, judged by its name or address alone.

    >>> is_loopback("http://127.0.0.1:8000/v1"), is_loopback("https://api.example.com/v1")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _library_of(http_client: Any) -> Any:
    """Return the module `httpx`, or `httpx2` with which openai sends since version 3.

    The exceptions of the two are different classes.
    """
    base = next(kind for kind in type(http_client).__mro__ if kind.__name__ == "AsyncClient")
    return sys.modules[base.__module__.partition(".")[0]]


def _quieten_loggers() -> None:
    """Keep headers and bodies out of logs, at any log level of the host."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)

"""An OpenAI-compatible server on loopback that fails as servers fail.

By a plan, or at a rate that a seed decides.

    with serving(FaultServer(answer=lambda body: '{"groups": []}', rate=0.2)) as server:
        ... server.base_url ...

Which fault a request gets depends on the seed, its own text and how often it came, not on the order
of arrival. Faults of the answer's content (`CONTENT`) stay with a question; faults of the transport
(`TRANSPORT`) pass when it comes again.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

TRANSPORT = ("429", "500", "hang", "drip", "huge", "html", "broken", "no_choices", "reset")
CONTENT = ("cut", "cut_quietly", "prose", "wrong", "empty")
KINDS = TRANSPORT + CONTENT
HUGE = 10 * 2**20
_JSON = "application/json"


class FaultServer:
    """`answer(body)` is the text of an answer.

    `plan` gives the first requests' faults (None: no fault), `rate` the others'.
    """

    def __init__(
        self,
        answer: Callable[[dict[str, Any]], str],
        *,
        plan: Sequence[str | None] = (),
        rate: float = 0.0,
        kinds: Sequence[str] = KINDS,
        seed: int = 0,
        delay: float = 0.0,
        together: int = 0,
        models: Sequence[str] | None = ("m",),
        retry_after: str | None = None,
        statuses: dict[str, tuple[int, str]] | None = None,
        reply: Callable[[dict[str, Any]], tuple[int, Any]] | None = None,
    ) -> None:
        # A whole response, in place of `answer`: its status, and its JSON, or its bytes.
        self.reply = reply
        self.answer, self.plan, self.rate, self.kinds, self.seed = (
            answer,
            list(plan),
            rate,
            kinds,
            seed,
        )
        self.delay, self.models, self.retry_after = delay, models, retry_after
        # More faults: a name, and the status and text that it answers with.
        self.statuses = {
            "429": (429, "slow down"),
            "500": (500, "out of memory"),
            **(statuses or {}),
        }
        # All requests but the first are held until so many are under way at once.
        self._together, self._gate = together, asyncio.Event()
        self.bodies: list[dict[str, Any]] = []
        self.heads: list[str] = []
        self.faults: Counter[str] = Counter()
        self.asked_for_models = 0
        self.at_once = self.most_at_once = 0
        self._seen: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def requests(self) -> int:
        """Questions that came, with all retries."""
        return len(self.bodies)

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aenter__(self) -> FaultServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
        content = await reader.readexactly(int(length.group(1))) if length else b""
        self.heads.append(head)
        if head.startswith("GET"):
            self.asked_for_models += 1
            status, body = (
                (200, {"data": [{"id": name} for name in self.models]})
                if self.models is not None
                else (404, {})
            )
            writer.write(_http(status, json.dumps(body).encode()))
            return True
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._question(json.loads(content), writer, reader)
        finally:
            self.at_once -= 1

    def _fault(self, text: str) -> str | None:
        if len(self.bodies) < len(self.plan):
            return self.plan[len(self.bodies)]
        steady, passing = (
            random.Random(f"{self.seed} {text}"),
            random.Random(f"{self.seed} {text} {self._seen[text]}"),
        )
        content = [kind for kind in self.kinds if kind in CONTENT]
        transport = [kind for kind in self.kinds if kind not in CONTENT]
        share = len(content) / len(self.kinds) if self.kinds else 0
        if content and steady.random() < self.rate * share:
            return steady.choice(content)
        return (
            passing.choice(transport)
            if transport and passing.random() < self.rate * (1 - share)
            else None
        )

    async def _question(
        self, body: dict[str, Any], writer: asyncio.StreamWriter, reader: asyncio.StreamReader
    ) -> bool:
        text = json.dumps(body, sort_keys=True)
        fault = self._fault(text)
        self._seen[text] += 1
        self.bodies.append(body)
        self.faults[fault or "none"] += 1
        await asyncio.sleep(self.delay)
        await self._wait_for_others()
        if fault == "reset":
            # Abort, not close: the client sees a connection that broke.
            writer.transport.abort()
            return False
        if fault == "hang":
            await reader.read(1)
            return False
        if fault == "drip":
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
            )
            while not reader.at_eof():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
            return False
        if fault == "huge":
            writer.write(_http(200, b'"' + b"x" * HUGE))
            await writer.drain()
            return True
        if self.reply is not None and fault is None:
            status, data = self.reply(body)
            content = data if isinstance(data, bytes) else json.dumps(data).encode()
            writer.write(_http(status, content, kind="text/plain" if content is data else _JSON))
        else:
            writer.write(self._plain(fault, self.answer(body)))
        await writer.drain()
        return True

    async def _wait_for_others(self) -> None:
        if self.at_once >= self._together:
            self._gate.set()
        if len(self.bodies) > 1:
            await self._gate.wait()

    def _plain(self, fault: str | None, text: str) -> bytes:
        if fault in self.statuses:
            status, words = self.statuses[fault]
            after = {"Retry-After": self.retry_after} if self.retry_after is not None else {}
            return _http(status, json.dumps({"error": {"message": words}}).encode(), **after)
        finish = "stop"
        if fault in ("cut", "cut_quietly"):
            text, finish = text[: len(text) // 2], "length" if fault == "cut" else "stop"
        elif fault == "prose":
            text = f"Sure! Here is what you asked for:\n\n```json\n{text}\n```\nLet me know [any] {{time}}."
        elif fault == "wrong":
            text = re.sub(r"\d+", "999999", text)
        elif fault == "empty":
            text = ""
        choice = {
            "index": 0,
            "finish_reason": finish,
            "message": {"role": "assistant", "content": text},
        }
        completion = {
            "choices": [] if fault == "no_choices" else [choice],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20},
        }
        content = json.dumps(completion).encode()
        if fault == "broken":
            content = content[: len(content) // 2]
        if fault == "html":
            return _http(200, b"<html><body>Sign in</body></html>", kind="text/html")
        return _http(200, content)


def _http(status: int, content: bytes, kind: str = _JSON, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


@contextmanager
def serving(server: FaultServer) -> Iterator[FaultServer]:
    """The server in a thread of its own, for code that runs its own event loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout=10)

    run(server.__aenter__())
    try:
        yield server
    finally:
        run(server.__aexit__())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()

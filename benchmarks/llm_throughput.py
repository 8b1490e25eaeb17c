"""How close a session comes to keeping a server busy: 2,000 questions at 64 at once, each answered after 50 ms.

    python benchmarks/llm_throughput.py [--runs 3]

The server runs in a process of its own. Each run asks through `Session.ask` with the real client and a new cache. A ratio
of 1.2 means: a fifth longer than the server's own time, requests * 0.05 s / 64. A last run is answered by the cache alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.openai_client import OpenAIClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Message

REQUESTS, AT_ONCE, SECONDS, CHARACTERS = 2000, 64, 0.05, 10_000
CONTENT = json.dumps({"groups": [{"title": "Valves", "start": 1, "end": 4}]})
MESSAGE = {"role": "assistant", "content": CONTENT}
BODY = json.dumps(
    {
        "choices": [{"index": 0, "finish_reason": "stop", "message": MESSAGE}],
        "usage": {"prompt_tokens": 500, "completion_tokens": 20},
    }
).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)


def serve(pipe: Connection) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (
                        line[15:]
                        for line in head.lower().split(b"\r\n")
                        if line.startswith(b"content-length:")
                    ),
                    b"0",
                )
                await reader.readexactly(int(length))
                await asyncio.sleep(SECONDS if int(length) else 0)
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def seconds_to_ask(port: int, cache: Cache) -> tuple[float, Usage]:
    config = LLMConfig(base_url=f"http://127.0.0.1:{port}/v1", model="m", max_concurrency=AT_ONCE)
    usage = Usage(cache, "benchmark")

    def groups(data: Any) -> Any:
        return data["groups"]

    def question(number: int) -> list[Message]:
        text = f"{number} ".ljust(CHARACTERS, "x")
        return [
            Message(role="system", content="Group these headings."),
            Message(role="user", content=text),
        ]

    async with Session(OpenAIClient(config), config, cache, 42, usage) as session:
        began = time.perf_counter()
        await asyncio.gather(
            *(session.ask(question(n), {"type": "object"}, groups, str(n)) for n in range(REQUESTS))
        )
        return time.perf_counter() - began, usage


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    port, ideal = ours.recv(), REQUESTS * SECONDS / AT_ONCE
    print("| run | requests sent | from the cache | s | ideal, s | ratio |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for run in [*range(1, runs + 1), runs]:
            with Cache(Path(folder) / f"{run}.sqlite") as cache:
                wall, usage = asyncio.run(seconds_to_ask(port, cache))
            sent, kept = usage.run["requests"], usage.run["from_cache"]
            print(
                f"| {run} | {sent} | {kept} | {wall:.2f} | {ideal:.2f} | {wall / ideal:.2f} |",
                flush=True,
            )
    server.terminate()


if __name__ == "__main__":
    main()

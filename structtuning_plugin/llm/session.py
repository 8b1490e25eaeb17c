"""Session with a language model: ask for JSON, check the answers, and ask again where one is wrong.

    async with Session(client, config, cache, seed, usage) as session:
        answers = await asyncio.gather(*(session.ask(...) for window in windows))

Start all `ask` calls at once: the session keeps `max_concurrency` requests under way, never more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.client import LLMClient, LLMClientFactory
from structtuning_plugin.llm.dispatcher import Dispatcher, UnansweredError
from structtuning_plugin.llm.reply import Reading, read_answer
from structtuning_plugin.llm.types import Fault, Message, Reply, Request

T = TypeVar("T")

# Times that a wrong answer is shown to the model again, with what is wrong.
ASK_AGAIN = 2

# Characters of a wrong answer that are shown to the model again, and of a fault's detail.
QUOTED_ANSWER = 2000
QUOTED_DETAIL = 300


class WrongAnswerError(Exception):
    """An answer that cannot be used; `data` is the JSON in it, None if there is none."""

    def __init__(self, reason: str, detail: str, data: Any = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.data = data


def ask_again(fault: str) -> str:
    """Format the message about a wrong answer, for callers that have no template of their own."""
    return (
        f"That answer cannot be used. {fault} Give the whole answer again, corrected, as JSON "
        "only, without any other text."
    )


def no_repair(data: Any) -> None:
    """Decline to repair a wrong answer; the default of `repair`."""


class Session:
    """Session of one run. It closes its client; the owner of the cache closes the cache."""

    def __init__(
        self, client: LLMClient, config: LLMConfig, cache: Cache | None, seed: int, usage: Usage
    ) -> None:
        self._client = client
        self._dispatcher = Dispatcher(client, config, cache, seed, usage)
        self._faults: list[tuple[str, int, Fault]] = []
        self._asking = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def faults(self) -> list[Fault]:
        """All faults so far, in an order that depends only on the answers."""
        return [
            fault
            for _, _, fault in sorted(
                self._faults, key=lambda entry: (*entry[:2], entry[2].reason, entry[2].detail)
            )
        ]

    @property
    def notices(self) -> list[str]:
        """Messages for people about the server, such as a model that it does not list."""
        return list(self._dispatcher.notices)

    def check_any_answer(self) -> None:
        """Check at the end of a run that the server answered at least one request.

        Raises:
            LLMError: If requests were sent and none was answered.
        """
        self._dispatcher.check_any_answer()

    def key_of(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
        """Return the cache key of a request (`llm.cache.cache_key`)."""
        return self._dispatcher.key(Request(messages=tuple(messages), schema=schema))

    async def ask(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        check: Callable[[Any], T],
        about: str,
        repair: Callable[[Any], T | None] = no_repair,
        again: Callable[[str], str] = ask_again,
        subject: object = None,
    ) -> T | None:
        """Ask for JSON and return the result of `check`; None if there is no usable answer.

        `check` gets an object or a list and raises a ValueError whose text tells the model the
        fault. The model is then asked again, twice at most, with the message that `again` makes of
        that text. In the end `repair` may make a result of the last data, or return None.

        Raises:
            LLMError: If the server fails or refuses, or the budget is spent; replies stay cached.
            ArtifactError: If the cache cannot be used.
        """
        with self._counted():
            talk = tuple(messages)
            data: Any = None
            requests: list[Request] = []
            for turn in range(ASK_AGAIN + 1):
                request = Request(messages=talk, schema=schema, about=about, subject=subject)
                requests.append(request)
                try:
                    reply = await self._dispatcher.answer(request)
                    return _checked(reply, check)
                except UnansweredError as error:
                    wrong = WrongAnswerError("unanswered", str(error), data)
                    return self._repaired(about, requests, wrong, repair)
                except WrongAnswerError as wrong:
                    if wrong.reason == "cut_off":
                        self._dispatcher.tell_about_limit(reply)
                    data = wrong.data if wrong.data is not None else data
                    if turn == ASK_AGAIN:
                        last = WrongAnswerError(wrong.reason, wrong.detail, data)
                        return self._repaired(about, requests, last, repair)
                    self._record(about, requests, wrong, "asked_again")
                    talk = (*talk, *_complaint(reply, again(wrong.detail)))
            raise AssertionError("the last turn returns")

    async def complete(self, messages: Sequence[Message], about: str) -> Reply | None:
        """Ask once for free text; None if the server gave none, which is then recorded as a fault.

        Raises:
            LLMError: If the server fails or refuses, or the budget is spent; replies stay cached.
            ArtifactError: If the cache cannot be used.
        """
        with self._counted():
            request = Request(messages=tuple(messages), about=about)
            try:
                return await self._dispatcher.answer(request)
            except UnansweredError as error:
                wrong = WrongAnswerError("unanswered", str(error))
                self._record(about, [request], wrong, "left_out")
                return None

    def _repaired(
        self,
        about: str,
        requests: Sequence[Request],
        wrong: WrongAnswerError,
        repair: Callable[[Any], T | None],
    ) -> T | None:
        value = None
        if wrong.data is not None:
            try:
                value = repair(wrong.data)
            except (ValueError, RecursionError):
                value = None
        self._record(about, requests, wrong, "replaced" if value is None else "repaired")
        return value

    def _record(
        self, about: str, requests: Sequence[Request], wrong: WrongAnswerError, outcome: str
    ) -> None:
        fault = Fault(
            about=about,
            reason=wrong.reason,
            outcome=outcome,
            detail=_clipped(wrong.detail, QUOTED_DETAIL),
            requests=tuple(map(self._dispatcher.key, requests)),
        )
        self._faults.append((about, len(requests), fault))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._asking += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._asking -= 1
            if not self._asking:
                self._quiet.set()

    async def close(self) -> None:
        """Wait until requests under way are in the cache, send no others, and close the client."""
        self._dispatcher.stop(LLMError("The session with the language model is closed."))
        try:
            await self._quiet.wait()
        finally:
            await self._client.close()

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _checked(reply: Reply, check: Callable[[Any], T]) -> T:
    reading: Reading = read_answer(reply)
    if reading.reason:
        raise WrongAnswerError(reading.reason, reading.detail, reading.data)
    try:
        return check(reading.data)
    except RecursionError:
        raise WrongAnswerError("wrong_answer", "It is nested too deeply.") from None
    except ValueError as error:
        raise WrongAnswerError("wrong_answer", str(error), reading.data) from None


def _complaint(reply: Reply, words: str) -> tuple[Message, Message]:
    # Some chat templates refuse an empty turn, or two turns of the user in a row.
    answer = _clipped(reply.text, QUOTED_ANSWER) or "(no answer)"
    return Message(role="assistant", content=answer), Message(role="user", content=words)


def _clipped(text: str, length: int) -> str:
    text = text.strip()
    return text if len(text) <= length else text[:length] + " [...]"


# Seconds between two lines about requests.
_TELL_EVERY = 15.0


@asynccontextmanager
async def open_session(
    factory: LLMClientFactory,
    config: LLMConfig,
    answers: Path,
    build: str,
    seed: int,
    progress: Progress,
) -> AsyncIterator[Session]:
    """Open the session of a build, with the cache `answers` and counters for `build`.

    Nothing is sent before the first request.

    Raises:
        LLMError: If the client cannot be made (a key is missing), or the server fails.
        ArtifactError: If the cache cannot be used.
    """
    with Cache(answers) as cache:
        usage = Usage(cache, build)
        async with Session(factory.create(config), config, cache, seed, usage) as session:
            telling = asyncio.ensure_future(_tell(usage, progress))
            try:
                if cache.removed:
                    progress.say(
                        f"{cache.removed:,} replies without an answer were removed from {answers}; "
                        "their questions are asked again."
                    )
                yield session
                session.check_any_answer()
            finally:
                telling.cancel()
                for notice in session.notices:
                    progress.say(notice)


async def _tell(usage: Usage, progress: Progress) -> None:
    """Print a line now and then: a long document has many requests but one step of progress."""
    while True:
        await asyncio.sleep(_TELL_EVERY)
        run = usage.run
        progress.say(
            f"asked: {run['requests']:,} requests sent, {run['answers']:,} answered, "
            f"{run['from_cache']:,} from the cache"
        )

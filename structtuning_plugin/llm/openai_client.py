"""Client for OpenAI-compatible servers: vLLM, SGLang, llama.cpp, Ollama, `transformers serve`, ...

We use the HTTP client of the `openai` package on aiohttp: at 64 requests at once it takes a tenth
of the time of the package's default. We do not use `AsyncOpenAI`. Building each of its requests
costs half as much again, and it sends the keys that it finds in the environment (`OPENAI_API_KEY`,
`OPENAI_ORG_ID`, ...) to any server. Retries, counts and checks are done by the session.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.core.errors import ConfigError, LLMError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.llm.api_key import read_key, redact, redact_spellings
from structtuning_plugin.llm.client import LLMClient, LLMClientFactory, TransportError
from structtuning_plugin.llm.features import (
    is_too_long,
    refused_field,
    sent_fields,
    without_system,
)
from structtuning_plugin.llm.http import HttpAnswer, HttpConnection, is_loopback, retry_after
from structtuning_plugin.llm.message import read_message
from structtuning_plugin.llm.server_errors import (
    QUOTED,
    error_message,
    error_status,
    refused_answer,
)
from structtuning_plugin.llm.types import Message, Reply, Request

# Seconds after which the list of models is asked for again while nothing has answered yet.
TRIES_AT = (0.0, 0.5, 1.5, 3.5, 7.5)

# Set to anything, it forbids every server that is not on this machine: tests set it.
LOOPBACK_ONLY = "STRUCTTUNING_LLM_LOOPBACK_ONLY"

# Statuses that the same request may not get again; 5xx too.
PASSING = (408, 409, 425, 429)


class OpenAIClient:
    """Client of one server and one model.

    Raises:
        LLMError: If the key is missing, or `STRUCTTUNING_LLM_LOOPBACK_ONLY` forbids the server.
    """

    name = "openai"

    def __init__(self, config: LLMConfig) -> None:
        self._config = config
        self._key = read_key(config)
        on_this_machine = is_loopback(config.base_url)
        if os.environ.get(LOOPBACK_ONLY) and not on_this_machine:
            raise LLMError(
                f"{config.base_url} is not on this machine, and {LOOPBACK_ONLY} is set: unset it, "
                "or give another URL."
            )
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        self._connection = HttpConnection(headers, trust_env=not on_this_machine)

    def body(self, request: Request, seed: int) -> Mapping[str, Any]:
        """Build the JSON of a request. A field that `extra_body` sets to null is left out."""
        without = request.without
        messages = request.messages
        if "system" in without:
            messages = without_system(messages)
        body: dict[str, Any] = {
            "model": self._config.model,
            "messages": [_message(message) for message in messages],
            "temperature": None if "temperature" in without else self._config.temperature,
            "seed": None if "seed" in without else seed,
        }
        limit = "max_completion_tokens" if "max_tokens" in without else "max_tokens"
        if limit not in without:
            body[limit] = self._config.max_output_tokens
        if request.schema is not None and "response_format" not in without:
            schema = {"name": "answer", "strict": True, "schema": request.schema}
            body["response_format"] = (
                {"type": "json_object"}
                if "json_schema" in without
                else {"type": "json_schema", "json_schema": schema}
            )
        return {
            name: value
            for name, value in {**body, **self._config.extra_body}.items()
            if value is not None
        }

    async def complete(self, request: Request, seed: int) -> Reply:
        """Make one attempt.

        Raises:
            TransportError: If there is no answer, a malformed one, or a refusal that may pass or
                concerns this request only.
            LLMError: If the key, the URL or the model is wrong.
        """
        answer = await self._exchange("/chat/completions", self.body(request, seed))
        if answer.status != 200:
            raise self._failure(answer.status, answer)
        return self._reply(answer.json(), answer)

    def refused(self, request: Request, fault: TransportError, guess: bool) -> str | None:
        """Return the field of a refused request to leave out, or None."""
        fields = sent_fields(self.body(request, 0)) - set(self._config.extra_body)
        return refused_field(fault.kind, fault.detail, fields, guess)

    def _failure(self, status: int, answer: HttpAnswer) -> Exception:
        """Return the error of a status: of the response, or of an error in its JSON."""
        if status in (401, 403, 404):
            return self._refusal(status, answer)
        words = self._quoted(answer)
        return TransportError(
            "too_long" if status == 400 and is_too_long(words) else str(status),
            words,
            retry_after=retry_after(answer.headers.get("retry-after")),
            again=status >= 500 or status in PASSING,
        )

    async def check_alive(self) -> list[str]:
        """Ask for the list of models, repeatedly while nothing answers, within `timeout` seconds.

        Raises:
            LLMError: If nothing answers, or the key is refused.
        """
        tries = [
            asyncio.create_task(self._models(after))
            for after in TRIES_AT
            if after < self._config.timeout
        ]
        try:
            for first in asyncio.as_completed(tries, timeout=self._config.timeout):
                try:
                    return self._notices(await first)
                except TransportError:
                    continue
        except asyncio.TimeoutError:
            pass
        finally:
            for task in tries:
                task.cancel()
            await asyncio.gather(*tries, return_exceptions=True)
        raise LLMError(
            f"No language model answers at {self._config.base_url}. Start the server, or correct "
            "`structtuning.llm.base_url`; "
            "everything answered so far is kept."
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def _exchange(self, path: str, body: Mapping[str, Any] | None) -> HttpAnswer:
        return await self._connection.exchange(self._config.base_url + path, body)

    async def _models(self, after: float) -> HttpAnswer:
        await asyncio.sleep(after)
        return await self._exchange("/models", None)

    def _notices(self, answer: HttpAnswer) -> list[str]:
        if answer.status in (401, 403):
            raise self._refusal(answer.status, answer)
        names = _model_names(answer)
        if not names or self._config.model in names:
            return []
        listed = redact(", ".join(names[:10]), self._key)
        return [
            f"The server at {self._config.base_url} lists no model `{self._config.model}`, but: "
            f"{listed}."
        ]

    def _reply(self, data: Any, answer: HttpAnswer) -> Reply:
        status = error_status(data)
        if status is not None:
            raise self._failure(status, answer)
        try:
            choice = data["choices"][0]
            message, finish = choice["message"], choice.get("finish_reason")
            text, thoughts = read_message(message)
            usage = data.get("usage") or {}
            input_tokens, output_tokens = (
                _count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens")
            )
        except (KeyError, IndexError, TypeError, AttributeError):
            raise TransportError("no_choices", "the JSON is no chat completion") from None
        except ValueError as error:
            raise TransportError("no_choices", str(error)) from None
        if not text.strip() and (refusal := refused_answer(message, finish)):
            raise TransportError("refused_answer", redact(refusal, self._key), again=False)
        return Reply(
            text=redact(text, self._key),
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            finish=finish if isinstance(finish, str) else "stop",
            thoughts=redact(thoughts, self._key),
        )

    def _refusal(self, status: int, answer: HttpAnswer) -> LLMError:
        variable = self._config.api_key_env
        if status == 404:
            cure = (
                "Correct `structtuning.llm.base_url` (it mostly ends in /v1) or "
                "`structtuning.llm.model`."
            )
        elif variable is None:
            cure = (
                "Set `structtuning.llm.api_key_env` to the name of an environment variable that "
                "holds the key."
            )
        else:
            cure = f"Set the environment variable `{variable}` to a key that may use this model."
        return LLMError(
            f"{self._config.base_url} refuses requests for the model `{self._config.model}` with "
            f"status {status} "
            f"({self._quoted(answer)}). {cure}"
        )

    def _quoted(self, answer: HttpAnswer) -> str:
        """Quote the server's words in one line, without the key."""
        text = error_message(answer.content) or answer.content[:100_000].decode("utf-8", "replace")
        text = redact_spellings(text, self._key)
        return " ".join(text.split())[:QUOTED] or "no more was said"


def _message(message: Message) -> dict[str, str]:
    # Lone surrogates, which some texts hold, cannot be sent.
    return {"role": message.role, "content": message.content.encode("utf-8", "replace").decode()}


def _model_names(answer: HttpAnswer) -> list[str]:
    """Return the names in the server's list of models; empty if it has no such list."""
    try:
        return [str(entry["id"]) for entry in answer.json()["data"]] if answer.status == 200 else []
    except (TransportError, KeyError, TypeError):
        return []


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


class OpenAIFactory:
    """Factory of `llm.client: openai`."""

    name = "openai"

    def check(self, config: LLMConfig) -> None:
        """Check the block before any work.

        Raises:
            ConfigError: If `extra_body` sets a field that the plugin sets.
            LLMError: If the key is missing.
        """
        read_key(config)
        for field in ("messages", "stream", "n"):
            if field in config.extra_body:
                raise ConfigError(
                    f"structtuning.llm.extra_body: `{field}` cannot be set there: the plugin sets "
                    "it. Take it out."
                )

    def create(self, config: LLMConfig) -> LLMClient:
        """Create a client.

        Raises:
            ConfigError: If `extra_body` sets a field that the plugin sets.
            LLMError: If the key is missing.
        """
        self.check(config)
        return OpenAIClient(config)


@hookimpl
def register_llm_clients() -> list[LLMClientFactory]:
    """Register the client `openai`."""
    return [OpenAIFactory()]

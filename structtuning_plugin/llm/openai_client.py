"""Client for OpenAI-compatible servers: vLLM, SGLang, llama.cpp, Ollama, `transformers serve`, ...

We use the HTTP client of the `openai` package on aiohttp: at 64 requests at once it takes a tenth
of the time of the package's default. We do not use `AsyncOpenAI`. Building each of its requests
costs half as much again, and it sends the keys that it finds in the environment (`OPENAI_API_KEY`,
`OPENAI_ORG_ID`, ...) to any server. Retries, counts and checks are done by the session.
"""

from __future__ import annotations

import asyncio
import email.utils
import ipaddress
import json
import logging
import math
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.core.errors import ConfigError, LLMError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.llm.client import LLMClient, LLMClientFactory, TransportError
from structtuning_plugin.llm.features import (
    is_too_long,
    refused_field,
    sent_fields,
    without_system,
)
from structtuning_plugin.llm.message import read_message
from structtuning_plugin.llm.types import Message, Reply, Request

# Shorter ones are placeholders ("EMPTY", "x") that servers without keys are given, and occur in any
# text.
SHORTEST_SECRET = 6


def read_key(config: LLMConfig) -> str | None:
    """Read the key from the environment; None if the block names no variable.

    Raises:
        LLMError: If the variable is not set, or holds characters that no header can carry.
    """
    name = config.api_key_env
    if name is None:
        return None
    key = os.environ.get(name, "").strip()
    if not key:
        raise LLMError(
            f"The environment variable `{name}` is not set, but `structtuning.llm.api_key_env` "
            "names it: set it to the key of "
            f"{config.base_url}, or take `api_key_env` out if the server needs none."
        )
    if not (key.isascii() and key.isprintable()):
        raise LLMError(
            f"The key in the environment variable `{name}` holds characters that no key has: set "
            "it again."
        )
    return key


def redact(text: str, key: str | None) -> str:
    """Replace the key in a text.

    >>> redact("Incorrect key sk-12345.", "sk-12345")
    'Incorrect key [key].'
    """
    return text.replace(key, "[key]") if key and len(key) >= SHORTEST_SECRET else text


# Bytes of an answer; more is refused unread.
LARGEST_ANSWER = 8 * 2**20

# Seconds after which the list of models is asked for again while nothing has answered yet.
TRIES_AT = (0.0, 0.5, 1.5, 3.5, 7.5)

# Set to anything, it forbids every server that is not on this machine: tests set it.
LOOPBACK_ONLY = "STRUCTTUNING_LLM_LOOPBACK_ONLY"

# Statuses that the same request may not get again; 5xx too.
PASSING = (408, 409, 425, 429)

QUOTED = 300
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
        _quieten_loggers()
        from openai import DefaultAioHttpClient

        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        self._http: Any = DefaultAioHttpClient(
            timeout=None, trust_env=not on_this_machine, headers=headers
        )
        self._library = _library_of(self._http)

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
        await self._http.aclose()

    async def _exchange(self, path: str, body: Mapping[str, Any] | None) -> HttpAnswer:
        """POST the body, or GET where there is none. A response of any status is returned."""
        import aiohttp

        url = self._config.base_url + path
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
        if not text.strip() and (refusal := _refused_answer(message, finish)):
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
        """Quote the server's words in one line, without the key in any spelling (JSON, URL)."""
        text = _error_message(answer.content) or answer.content[:100_000].decode("utf-8", "replace")
        for form in {self._key, json.dumps(self._key or "")[1:-1], quote(self._key or "", safe="")}:
            text = redact(text, form)
        return " ".join(text.split())[:QUOTED] or "no more was said"


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


def error_status(data: Any) -> int | None:
    """Return the status of an error that a server answers with status 200; None without one.

    >>> error_status({"error": {"message": "Rate limit exceeded", "code": 429}})
    429
    """
    if not isinstance(data, dict):
        return None
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    errors = [data.get("error"), choice.get("error") if isinstance(choice, dict) else None]
    error = next((error for error in errors if error), None)
    if error is None:
        return None
    code = error.get("code", error.get("status")) if isinstance(error, dict) else None
    # Without a code of HTTP, the provider behind the server failed: that may pass.
    return code if isinstance(code, int) and 400 <= code < 600 else 502


def _error_message(content: bytes) -> str:
    """Return the message of an error in OpenAI's form with its sizes; empty for other content."""
    try:
        error = json.loads(content)["error"]
        message = error["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    if not isinstance(message, str):
        return ""
    # llama.cpp: the context of one slot, which is a part of the server's.
    sizes = [f"{name} {error[name]}" for name in ("n_prompt_tokens", "n_ctx") if name in error]
    return f"{message} ({', '.join(sizes)})" if sizes else message


def _refused_answer(message: Mapping[str, Any], finish: Any) -> str:
    """Return the words of a model or a filter that declines to answer; empty if none does."""
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal.strip():
        return " ".join(refusal.split())[:QUOTED]
    return "the content filter removed the answer" if finish == "content_filter" else ""


def read_events(content: bytes) -> Any:
    """Join the chunks of a chat completion that was streamed unasked; None for other content.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    text, finish, usage, chunks = "", None, None, 0
    for line in content.decode("utf-8", "replace").splitlines():
        value = line.removeprefix("data:").strip()
        if not line.startswith("data:") or value == "[DONE]":
            continue
        try:
            event = json.loads(value)
            choice = (event.get("choices") or [{}])[0]
            delta = choice.get("delta") or choice.get("message") or {}
        except (ValueError, AttributeError, LookupError, TypeError, RecursionError):
            return None
        piece = delta.get("content")
        text += piece if isinstance(piece, str) else ""
        finish, usage = choice.get("finish_reason") or finish, event.get("usage") or usage
        chunks += 1
    if not chunks:
        return None
    choice = {"message": {"content": text}, "finish_reason": finish}
    return {"choices": [choice], "usage": usage}


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

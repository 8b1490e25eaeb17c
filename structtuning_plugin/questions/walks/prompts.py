"""Prompts for a language model about questions, the schemas of its answers, and their checks.

Answers are JSON with a schema. Truth values are JSON's own: no word is searched for in prose, and
no part of an explanation is removed. A string "yes" or "true" counts too: small models write it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Chunk, QAPair, Topic
from structtuning_plugin.llm.types import Message

# --- Walks and what becomes of them.

Shape = Literal["one_hop", "inside", "across"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Knowledge points for a question to connect, each with the chunk that is shown for it.

    `slot` is the number of the question. `turn` counts the walks tried for it: a walk without a
    question is replaced by another one of the same shape from the same chapter, `start`.
    """

    slot: int
    turn: int
    shape: Shape
    start: Topic
    topics: tuple[Topic, ...]
    chunks: tuple[Chunk, ...]

    @property
    def id(self) -> str:
        return f"walk/{self.slot}/{self.turn}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A question from a walk. `trace` shows `request`, `model` and `verdict`."""

    pair: QAPair
    shape: Shape
    topic_ids: tuple[str, ...]
    chunk_ids: tuple[str, ...]
    request: str = ""
    model: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """Reasoning that the language model wrote from a given explanation.

    `request` and `verdict` are as in `SsftSample`.
    """

    text: str
    request: str = ""
    model: str = ""
    verdict: str = ""


OPTIONS = 4
_STRING: dict[str, Any] = {"type": "string"}
_TRUTH: dict[str, Any] = {"type": "boolean"}
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A question that a model wrote. `options` are texts, the right one among them, or empty."""

    question: str
    explanation: str
    answer: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A judge's verdict and its reason. `text` is the explanation that the judge was asked for."""

    good: bool
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt to the model: `kind` is its pool, `values` are the variables of its template."""

    kind: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    values: Mapping[str, Any]


def prompt(wordings: Wordings, kind: str, language: str, **values: Any) -> Prompt:
    """Render a prompt in the template of the language."""
    text = wordings.pool(language, kind)[0].render({"language": language, **values})
    schema = _schema(kind, bool(values.get("options")))
    return Prompt(
        kind=kind, messages=(Message(role="user", content=text),), schema=schema, values=values
    )


def again(wordings: Wordings, language: str) -> Callable[[str], str]:
    """Return the template that tells the model the fault of its answer."""
    return lambda fault: wordings.pool(language, "again")[0].render(
        {"fault": fault, "language": language, "domain": ""}
    )


def _schema(kind: str, options: bool) -> dict[str, Any]:
    if kind == "judge":
        return _object({"reason": _STRING, "answerable": _TRUTH, "all_needed": _TRUTH})
    if kind == "support":
        return _object({"reason": _STRING, "supported": _TRUTH, "explanation": _STRING})
    shown = (
        {"options": {"type": "array", "items": _STRING, "minItems": OPTIONS, "maxItems": OPTIONS}}
        if options
        else {}
    )
    return _object({"question": _STRING, **shown, "explanation": _STRING, "answer": _STRING})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def check_written(with_options: bool) -> Callable[[Any], Written]:
    """Return a parser of the answers to `write_one` or `write_many`.

    Its ValueError states the fault.
    """

    def check(data: Any) -> Written:
        question, explanation, answer = (
            _text(data, key) for key in ("question", "explanation", "answer")
        )
        options: tuple[str, ...] = ()
        if with_options:
            answer = _in_a_line(answer)
            options = _options(data, answer)
        return Written(question=question, explanation=explanation, answer=answer, options=options)

    return check


def _options(data: Any, answer: str) -> tuple[str, ...]:
    texts = data.get("options")
    if not isinstance(texts, list) or not all(
        isinstance(option, str) and option.strip() for option in texts
    ):
        raise ValueError('"options" must be a list of texts.')
    options = tuple(map(_in_a_line, texts))
    if len(options) != OPTIONS or len(set(map(str.casefold, options))) != OPTIONS:
        raise ValueError(f'"options" must hold {OPTIONS} different texts.')
    if answer not in options:
        raise ValueError('"answer" must be one of the "options", word for word.')
    return options


def _in_a_line(option: str) -> str:
    """Join the lines of an option: options are listed one a line."""
    return " ".join(option.split())


def check_judged(data: Any) -> Verdict:
    """Parse an answer to `judge`."""
    answerable, needed = _truth(data, "answerable"), _truth(data, "all_needed")
    return Verdict(good=answerable and needed, reason=_text(data, "reason"))


def check_supported(data: Any) -> Verdict:
    """Parse an answer to `support`: an explanation if the passages support the answer."""
    supported = _truth(data, "supported")
    explanation = _text(data, "explanation") if supported else ""
    return Verdict(good=supported, reason=_text(data, "reason"), text=explanation)


def _text(data: Any, key: str) -> str:
    value = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'"{key}" must be a text.')
    return value.strip()


def _truth(data: Any, key: str) -> bool:
    value = data.get(key) if isinstance(data, Mapping) else None
    if isinstance(value, str):
        value = _WORDS.get(value.strip().casefold())
    if not isinstance(value, bool):
        raise ValueError(f'"{key}" must be true or false.')
    return value

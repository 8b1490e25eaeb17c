"""Parts of a model's message: thoughts, answer, and whether it reached its end.

Reasoning models write their thoughts into the message, in tags or channels, or into fields of
their own. Only the answer is ever used; a draft within thoughts is none.

    <think>A? No.</think>B                                            ->  thoughts, answer "B"
    <|channel|>analysis<|message|>A?<|end|><|channel|>final<|message|>B
    {"content": null, "reasoning_content": "A? No."}                  ->  thoughts, no answer
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from structtuning_plugin import languages
from structtuning_plugin.llm.json_text import parse_json

_NAMES = r"(?:think|thinking|thoughts?|reasoning)"
_OPENING = rf"<{_NAMES}>|\[THINK\]|◁think▷|<seed:think>"
_CLOSING = rf"</{_NAMES}>|\[/THINK\]|◁/think▷|</seed:think>"
_TAG = re.compile(rf"(?P<opening>{_OPENING})|(?P<closing>{_CLOSING})", re.IGNORECASE)
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|$)", re.IGNORECASE | re.DOTALL)
_ANSWER_NAMES = ("answer", "final_answer", "answer_idx", "correct_answer", "choice")
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.IGNORECASE | re.DOTALL)
_FINAL_LINE = re.compile(r"^####[ \t]+(\S[^\n]*)$", re.MULTILINE)
# OpenAI harmony, https://github.com/openai/harmony: channels with their marks.
_CHANNEL = re.compile(r"<\|channel\|>(?P<name>\w+)[^<]*<\|message\|>")
_CHANNEL_END = re.compile(r"<\|(?:end|return|call|start)\|>.*", re.DOTALL)
# The same where a server removed the marks as special tokens.
_BARE_FINAL = re.compile(r"^analysis(?=\S).*?assistantfinal", re.DOTALL)
_BARE_ANALYSIS = re.compile(r"^analysis(?=[A-Z0-9\"'*(])")
# Fields in which servers return thoughts: DeepSeek, vLLM, SGLang, llama.cpp; OpenRouter, Ollama.
_THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Parts of a message.

    Attributes:
        answer: The text outside of thoughts, stripped.
        thoughts: The text of all thoughts, stripped.
        complete: False if the message ends within a thought.
    """

    answer: str
    thoughts: str = ""
    complete: bool = True


def split_thoughts(text: str) -> Parts:
    """Split the text of a message into answer and thoughts.

    A text that is one JSON value has no thoughts: a tag within it belongs to a string.

    >>> split_thoughts("<think>A? No.</think>B").answer
    'B'
    >>> split_thoughts("<think>The answer could be").complete
    False
    """
    text = text.strip()
    if parse_json(text) is not None:
        return Parts(answer=text)
    return _split_channels(text) or _split_tags(text)


def read_final_text(text: str) -> str:
    """Return the answer of a free text: outside of thoughts, and out of its wrapping.

    The wrapping is an `<answer>` tag, a JSON object with a field `answer` (in any registered
    language), or GSM8K's line that begins with `####` (Cobbe et al. 2021).

    >>> read_final_text("<reasoning>A?</reasoning><answer>B</answer>")
    'B'
    >>> read_final_text('{"answer": "B", "explanation": "It is not A."}')
    'B'
    """
    answer = split_thoughts(text).answer
    tags = _ANSWER.findall(answer)
    if tags:
        return str(tags[-1]).strip()
    fence = _FENCE.fullmatch(answer)
    data = parse_json(fence[1] if fence else answer)
    if data is not None:
        return _answer_field(data) or answer
    lines = _FINAL_LINE.findall(answer)
    return str(lines[-1]).strip() if lines else answer


def _answer_field(data: Any) -> str:
    """Return the answer of a JSON object as text; empty without one."""
    if not isinstance(data, dict):
        return ""
    fields = {str(name).casefold().strip(): value for name, value in data.items()}
    value = next((fields[name] for name in _answer_names() if name in fields), None)
    several = value if isinstance(value, list) else [value]
    texts = [str(item) for item in several if isinstance(item, (str, int, float))]
    return ", ".join(text.strip() for text in texts)


@languages.cached
def _answer_names() -> tuple[str, ...]:
    """Return the names of a field with an answer: English ones, and the markers of languages."""
    markers = [word for own in languages.registered() for word in own.grading.markers]
    nouns = [word.casefold().rstrip(" :：\u00a0") for word in markers if word[-1] in ":："]
    return tuple(dict.fromkeys((*_ANSWER_NAMES, *nouns)))


def _split_channels(text: str) -> Parts | None:
    """Split a message in harmony format; None for any other text."""
    channels = list(_CHANNEL.finditer(text))
    if not channels:
        if match := _BARE_FINAL.match(text):
            return Parts(answer=text[match.end() :].strip(), thoughts=match[0].strip())
        return (
            Parts(answer="", thoughts=text, complete=False) if _BARE_ANALYSIS.match(text) else None
        )
    thoughts, answer, complete = [], "", False
    for channel, end in zip(channels, [*channels[1:], None], strict=True):
        content = text[channel.end() : end.start() if end else len(text)]
        content = _CHANNEL_END.sub("", content).strip()
        if channel["name"] == "final":
            answer, complete = content, True
        else:
            thoughts.append(content)
    return Parts(answer=answer, thoughts="\n".join(thoughts), complete=complete)


def _split_tags(text: str) -> Parts:
    """Split a message with thoughts in tags.

    A closing tag without an opening one ends a thought that began before the text: chat templates
    write the opening tag into the prompt.
    """
    thoughts: list[str] = []
    answer: list[str] = []
    position, inside = 0, False
    for tag in _TAG.finditer(text):
        if tag["opening"] and (inside or not _may_open(text, tag.start(), answer, position)):
            continue
        piece, position = text[position : tag.start()], tag.end()
        if inside:
            thoughts.append(piece)
        elif tag["opening"]:
            answer.append(piece)
        else:
            thoughts += [*answer, piece]
            answer = []
        inside = bool(tag["opening"])
    (thoughts if inside else answer).append(text[position:])
    return Parts(
        answer="".join(answer).strip(),
        thoughts="\n".join(part.strip() for part in thoughts if part.strip()),
        complete=not inside,
    )


def _may_open(text: str, start: int, answer: Sequence[str], position: int) -> bool:
    """Return True at the start of the answer or of a line: elsewhere prose names the tag."""
    before = "".join(answer) + text[position:start]
    return not before.strip() or before.rstrip(" \t").endswith("\n")


def read_message(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text and the separate thoughts of a chat completion's message.

    `content` may be a text, null, or a list of parts, as in OpenAI's chat completions and
    Mistral's thinking chunks. Without content, the arguments of a tool call are the text.

    Raises:
        ValueError: `content` is something else.
    """
    content = message.get("content")
    fields = [message.get(name) for name in _THOUGHT_FIELDS]
    thoughts = next((field for field in fields if isinstance(field, str) and field.strip()), "")
    if isinstance(content, list):
        text = "".join(_texts_of(content, thinking=False))
        thoughts = thoughts or "".join(_texts_of(content, thinking=True))
    elif content is None or isinstance(content, str):
        text = content or ""
    else:
        raise ValueError(f"the content is a {type(content).__name__}, not a text")
    return text if text.strip() else _arguments(message) or text, thoughts


def _texts_of(parts: Sequence[Any], *, thinking: bool) -> list[str]:
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str) and not thinking:
            texts.append(part)
        if not isinstance(part, Mapping):
            continue
        kind = str(part.get("type", "text"))
        if (kind in ("thinking", "reasoning")) is not thinking:
            continue
        value = part.get("thinking") if thinking and part.get("thinking") else part.get("text")
        if isinstance(value, list):
            value = "".join(_texts_of(value, thinking=False))
        texts.append(value if isinstance(value, str) else "")
    return texts


def _arguments(message: Mapping[str, Any]) -> str:
    """Return the arguments of the only tool call, which some servers answer a schema with."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list) or len(calls) != 1 or not isinstance(calls[0], Mapping):
        return ""
    function = calls[0].get("function")
    arguments = function.get("arguments") if isinstance(function, Mapping) else None
    return arguments if isinstance(arguments, str) else ""

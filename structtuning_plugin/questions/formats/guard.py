"""Guard of the formats of questions: what a plugin's format returns is checked at each call.

The registry gives every format that guard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from structtuning_plugin.core.plugin_calls import (
    FieldRule,
    PluginCall,
    PluginEntry,
    is_flag,
    is_language,
    is_sequence_of,
    is_share,
    is_string,
    is_text,
    quote,
)
from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError

_ROLES = ("system", "user", "assistant")


def _is_answers(value: Any) -> bool:
    return is_sequence_of(str)(value) and bool(value) and all(map(is_text, value))


def _is_options(value: Any) -> bool:
    return is_sequence_of(tuple, list)(value) and all(
        len(item) == 2 and is_string(item[0]) and is_string(item[1]) for item in value
    )


def _is_turns(value: Any) -> bool:
    return is_sequence_of(Message)(value) and all(
        turn.role in _ROLES and is_string(turn.content) for turn in value
    )


_PAIR = (
    FieldRule(name="question", accepts=is_text, expected="a text"),
    FieldRule(name="answers", accepts=_is_answers, expected="a tuple of texts, at least one"),
    FieldRule(
        name="language",
        accepts=lambda value: value == "" or is_language(value),
        expected="the code of a language such as `en`, or empty where it is to be detected",
    ),
    *(
        FieldRule(name=name, accepts=is_string, expected="a string")
        for name in ("explanation", "context", "topic")
    ),
    FieldRule(
        name="options",
        accepts=_is_options,
        expected="a tuple of pairs of a letter (empty for a class) and a text",
    ),
    FieldRule(name="correct", accepts=is_sequence_of(str), expected="a tuple of letters"),
    FieldRule(name="several", accepts=is_flag, expected="True or False"),
    FieldRule(
        name="turns",
        accepts=_is_turns,
        expected="a tuple of `Message`s of the roles system, user and assistant",
    ),
)


class GuardedFormat:
    """Format whose pairs, texts and grades are checked.

    Attributes that a format may have, but need not, are those of the format.
    """

    def __init__(self, qa_format: QAFormat, entry: PluginEntry) -> None:
        self.name = entry.name
        self.rank = qa_format.rank
        self._format = qa_format
        self._entry = entry

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._format, name)

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        """Return whether the record has this shape.

        Raises:
            PluginError: If the format fails or returns no truth value.
        """
        call = self._entry.call("fits", "a record", "True or False")
        with call:
            fits = self._format.fits(record, fields)
        call.check_type(fits, bool)
        return fits

    def for_file(
        self, records: Sequence[Mapping[str, Any]], fields: Mapping[str, str]
    ) -> GuardedFormat:
        """Return the format of a file, for a format that depends on all of its records.

        Raises:
            PluginError: If the format fails or returns none.
        """
        adapt = getattr(self._format, "for_file", None)
        if adapt is None:
            return self
        call = self._entry.call("for_file", "the records of a file", "a format")
        with call:
            qa_format = adapt(records, fields)
        if not hasattr(qa_format, "parse"):
            raise call.fault(quote(qa_format))
        return GuardedFormat(qa_format, self._entry)

    def parse(self, request: QARequest) -> QAPair:
        """Parse a record.

        Raises:
            RecordError: If it is no question of this format.
            PluginError: If the format fails in another way, or the pair is not as it must be.
        """
        call = self._entry.call(
            "parse", request.id, "a `QAPair`, or a `RecordError`", (RecordError,)
        )
        with call:
            pair = self._format.parse(request)
        call.check_type(pair, QAPair)
        self._check_identity(pair, request, call)
        call.check_fields(pair, _PAIR)
        letters = [letter for letter, _ in pair.options if letter]
        if len(set(letters)) < len(letters) or not set(pair.correct) <= set(letters):
            raise call.fault(
                f"a `QAPair` with the options {quote(letters)} and the right ones "
                f"{quote(pair.correct)}",
                "options of different letters, and right ones among them",
            )
        return pair

    def ask(self, pair: QAPair) -> str:
        """Return the question for a model.

        Raises:
            PluginError: If the format fails or returns no text.
        """
        call = self._entry.call("ask", pair.id, "the text of the question")
        with call:
            text = self._format.ask(pair)
        if not is_text(text):
            raise call.fault(quote(text))
        return text

    def answer(self, pair: QAPair) -> str:
        """Return the right answer as a model should write it.

        Raises:
            PluginError: If the format fails or returns no text.
        """
        call = self._entry.call("answer", pair.id, "the text of the right answer")
        with call:
            text = self._format.answer(pair)
        if not is_text(text):
            raise call.fault(quote(text))
        return text

    def grade(self, pair: QAPair, reply: str) -> float:
        """Grade a model's answer: 0 is wrong, 1 is right.

        Raises:
            PluginError: If the format fails or returns no number in 0..1.
        """
        call = self._entry.call("grade", pair.id, "a grade in 0..1")
        with call:
            grade = self._format.grade(pair, reply)
        if not is_share(grade):
            raise call.fault(quote(grade))
        return float(grade)

    def _check_identity(self, pair: QAPair, request: QARequest, call: PluginCall) -> None:
        own = {"id": request.id, "format": self.name}
        for field, value in own.items():
            content = getattr(pair, field)
            if content != value:
                raise call.fault(
                    f"a `QAPair` whose `{field}` is {quote(content)}", f"`{field}` is {value!r}"
                )

"""Replay against forgetting: general text and conversations, drawn to a share of the tokens.

Which records are drawn follows from a hash of the seed and their ids. Rows have no place: they are
of no topic of the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.types import (
    Document,
    Dropped,
    Message,
    QAPair,
    ScptSample,
    SizedSample,
    SsftSample,
)
from structtuning_plugin.corpus.chunking import MeasuredText, cut
from structtuning_plugin.corpus.decoding import clean, decode
from structtuning_plugin.languages import detect
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.questions.files.discovery import TEXT_SUFFIXES, QAFile
from structtuning_plugin.questions.files.held_out import load_held_out_questions
from structtuning_plugin.questions.files.records import records
from structtuning_plugin.samples.kinds.replay import KIND_OF_STAGE

if TYPE_CHECKING:
    from structtuning_plugin.build.context import BuildContext

# Field of a record of plain text, and fields that make a record a conversation or a question.
_TEXT = "text"
_ASKED = frozenset(("messages", "conversations", "question", "instruction", "prompt", "options"))
# Share of the volume by which it may be missed, and rows in a row that may be too large for it.
_TOLERANCE = 0.02
_MOST_MISSES = 50

IsHeldOut = Callable[[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """One record of plain text."""

    id: str
    text: str


def replay_texts(
    context: BuildContext, rows: Sequence[SizedSample]
) -> tuple[list[SizedSample], list[Dropped]]:
    """Draw rows of plain text for the stage `scpt`.

    Args:
        context: Context of the build.
        rows: All other rows of the stage.

    Returns:
        The rows, and the records that cannot be replayed; nothing without `replay`.

    Raises:
        ConfigError: If the recipe has no stage that the datasets have records for.
        CorpusError: If a file cannot be read.
    """
    plan = context.plan
    if plan.block.replay is None:
        return [], []
    texts = [text for file in plan.questions.replay for text in _read_texts(file, plan)]
    _require_records(plan, bool(texts), "scpt")
    if not texts:
        return [], []
    held_out = load_held_out_questions(plan.questions.holdout, plan.questions.formats)
    draw = _Draw(stage="scpt", is_held_out=held_out.overlap)
    budget = context.budget
    room = budget.sequence_len - budget.specials

    def rows_of(text: _Text) -> Iterator[SizedSample]:
        document = Document(id=text.id, text=text.text, title="", language=detect(text.text))
        measured = MeasuredText(document, context.codec)
        for number, piece in enumerate(
            cut(measured, [(0, len(text.text))], room, context.codec)[0]
        ):
            sample = ScptSample(
                id=f"{KIND_OF_STAGE['scpt']}/{text.id}/{number}",
                kind=KIND_OF_STAGE["scpt"],
                topic_id="",
                prompt="",
                completion=text.text[piece.start : piece.end],
                template="none",
            )
            yield SizedSample(sample=sample, prompt_tokens=0, trained=piece.tokens + 1)

    def text_of(text: _Text) -> tuple[str, str]:
        return text.text, ""

    draw.run(texts, rows_of, text_of, _count_tokens(plan, rows), plan.seed)
    return draw.rows, draw.dropped


def replay_conversations(
    context: BuildContext, rows: Sequence[SizedSample], is_held_out: IsHeldOut
) -> tuple[list[SizedSample], list[Dropped]]:
    """Draw conversations for the stage `ssft`.

    Args:
        context: Context of the build, with a chat.
        rows: All other rows of the stage.
        is_held_out: Describes the held-out question that a text overlaps; empty for none.

    Returns:
        The rows, and the records that cannot be replayed; nothing without `replay`.

    Raises:
        ConfigError: If the recipe has no stage that the datasets have records for.
        CorpusError: If a file cannot be read.
    """
    plan, chat = context.plan, context.chat
    if plan.block.replay is None or chat is None:
        return [], []
    files = [file for file in plan.questions.replay if not _is_text(file)]
    pairs, dropped = reading.read(files, plan.questions.formats, plan.block.on_error)
    _require_records(plan, bool(pairs), "ssft")
    if not pairs:
        return [], dropped
    draw = _Draw(stage="ssft", is_held_out=is_held_out, dropped=dropped)

    def rows_of(pair: QAPair) -> Iterator[SizedSample]:
        messages = tuple(
            Message(role=message.role, content=chat.neutral(message.content))
            for message in _messages(pair, plan)
        )
        size = chat.sizes([messages], [pair.language])[0]
        sample_id = f"{KIND_OF_STAGE['ssft']}/{pair.id}"
        if size.fault:
            draw.drop(sample_id, "chat_template", size.fault)
        elif size.total > plan.facts.sequence_len:
            detail = f"{size.total} tokens, but sequence_len is {plan.facts.sequence_len}"
            draw.drop(sample_id, "too_long", detail)
        else:
            sample = SsftSample(
                id=sample_id,
                kind=KIND_OF_STAGE["ssft"],
                messages=messages,
                template="as given",
                language=pair.language,
            )
            masked = size.total - size.trained
            yield SizedSample(sample=sample, prompt_tokens=masked, trained=size.trained)

    def text_of(pair: QAPair) -> tuple[str, str]:
        contents = [message.content for message in _messages(pair, plan)]
        return "\n".join(contents), pair.language

    draw.run(pairs, rows_of, text_of, _count_tokens(plan, rows), plan.seed)
    return draw.rows, draw.dropped


def _count_tokens(plan: Plan, rows: Sequence[SizedSample]) -> float:
    """Return the tokens to replay, so that they are the share of all trained tokens."""
    assert plan.block.replay is not None
    share = plan.block.replay.share
    return sum(row.trained for row in rows) * share / (1 - share)


@dataclass(kw_only=True)
class _Draw:
    """Rows drawn from records in an order that a hash decides, until there are enough tokens."""

    stage: str
    is_held_out: IsHeldOut
    rows: list[SizedSample] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    def run(
        self,
        values: Iterable[Any],
        rows_of: Callable[[Any], Iterable[SizedSample]],
        text_of: Callable[[Any], tuple[str, str]],
        budget: float,
        seed: int,
    ) -> None:
        """Draw values; tokens are counted only for those that are drawn."""
        total, misses = 0, 0
        order = sorted(values, key=lambda v: stable_choice(seed, f"replay/{v.id}", 2**62))
        for value in order:
            overlap = self.is_held_out(*text_of(value))
            if overlap:
                self.drop(value.id, "holdout", overlap)
                continue
            for row in rows_of(value):
                if total >= budget * (1 - _TOLERANCE) or misses > _MOST_MISSES:
                    return
                if total + row.trained > budget * (1 + _TOLERANCE):
                    misses += 1
                    continue
                total += row.trained
                self.rows.append(row)

    def drop(self, name: str, reason: str, detail: str) -> None:
        """List a record that cannot be replayed."""
        self.dropped.append(Dropped(stage=self.stage, id=name, reason=reason, detail=detail))


def _require_records(plan: Plan, has_records: bool, stage: str) -> None:
    if has_records or len(plan.block.stage) > 1:
        return
    needed = {
        "scpt": "text: `.txt` files, or records with a field `text`",
        "ssft": "conversations or questions, in a format of docs/qa.md",
    }
    raise ConfigError(
        f"`replay.datasets` has nothing for the stage `{stage}`, which needs {needed[stage]}. Add "
        "such a file, or leave `replay` out of this recipe."
    )


def _is_text(file: QAFile) -> bool:
    """Return whether a file is plain text, or its records are."""
    if file.path is not None and file.path.suffix.lower() in TEXT_SUFFIXES:
        return True
    if file.entry.format is not None:
        return False
    values = [record.value for record in records(file) if record.value is not None]
    return bool(values) and all(
        isinstance(value.get(_TEXT), str) and _ASKED.isdisjoint(value) for value in values
    )


def _read_texts(file: QAFile, plan: Plan) -> Iterator[_Text]:
    if not _is_text(file):
        return
    if file.path is not None and file.path.suffix.lower() in TEXT_SUFFIXES:
        text, _ = clean(decode(file.path.read_bytes(), file.entry.encoding).text)
        if text.strip():
            yield _Text(id=file.id, text=text)
        return
    for record in records(file):
        text, _ = clean(str((record.value or {}).get(_TEXT, "")))
        if text.strip():
            yield _Text(id=f"{file.id}#{record.number}", text=text)


def _messages(pair: QAPair, plan: Plan) -> tuple[Message, ...]:
    """Return the conversation of a pair: as given, or its question and its answer."""
    if pair.turns:
        return pair.turns
    qa_format = plan.questions.formats[pair.format]
    return (
        Message(role="user", content=qa_format.ask(pair)),
        Message(role="assistant", content=qa_format.answer(pair)),
    )

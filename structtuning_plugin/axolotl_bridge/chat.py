"""Conversations as tokenised by Axolotl's `chat_template` strategy: their sizes, and safe text.

A chat template renders contents as strings, so `</s>` or `[INST]` in a corpus would become a
control token or a turn. `neutral` inserts a blank after the first character of such text: `< /s>`,
`[ INST]`. Every row is checked as well: its control tokens must be those of the template, and every
turn must be in it unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from structtuning_plugin.axolotl_bridge.codec import control_ids, control_texts
from structtuning_plugin.axolotl_bridge.recipe import chat_settings
from structtuning_plugin.build.artifacts import message_rows
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.config import STAGES
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.tokens import Chat, Codec, RowSize
from structtuning_plugin.core.types import Message
from structtuning_plugin.samples.plain_chat import PlainChat

IGNORED = -100

# Settings of Axolotl's dataset for our rows: `training` of each turn decides whether the loss is on
# it, and no other key of the recipe does.
DATASET = {
    "type": "chat_template",
    "field_messages": "messages",
    "message_property_mappings": {"role": "role", "content": "content"},
    "message_field_training": "training",
    "roles_to_train": ["assistant"],
    "train_on_eos": "turn",
}
_SENTINELS = ("qstwkjvone", "qstwkjvtwo", "qstwkjvthree", "qstwkjvfour")
_LEAST_MARK = 3
# Marks that a template's source names: a turn of a role that our probe has not, or a part of a
# content to be cut off.
_TAG = re.compile(r"<\|[^<>|\s]+\|>|<｜[^<>｜\s]+｜>|</?think>|\[\|\w+\|\]|\[/?[A-Z_]{3,}\]")


def chat_for(plan: Plan, codec: Codec, cfg: Mapping[str, Any], tokenizer: Any) -> Chat | None:
    """Create the encoder of the plan's conversations; None if the plan has none.

    Raises:
        ConfigError: If the recipe's chat template cannot be used.
    """
    if not any(STAGES[stage].is_chat for stage in plan.block.stage):
        return None
    if plan.block.ssft.format == "plain":
        return PlainChat(codec, plan.wordings["qa"])
    return AxolotlChat(cfg, tokenizer)


class AxolotlChat:
    """Chat template of a recipe, with its tokenizer."""

    def __init__(self, cfg: Mapping[str, Any], tokenizer: Any) -> None:
        """Load the strategy.

        Raises:
            ConfigError: If there is no chat template, or it cannot be used.
        """
        self._tokenizer = tokenizer
        self._strategy = _strategy(cfg, tokenizer)
        self._control = control_ids(tokenizer)
        self._scaffolds: dict[tuple[str, ...], list[int]] = {}
        self._marks = _pattern({*control_texts(tokenizer), *self._turn_marks(), *self._tags()})

    def sizes(
        self, conversations: Sequence[Sequence[Message]], languages: Sequence[str] = ()
    ) -> list[RowSize]:
        """Return the size of each row. A template has no words, so the languages have no effect."""
        return [self._size(conversation) for conversation in conversations]

    def neutral(self, text: str) -> str:
        """Insert blanks into text that would become a control token or a turn."""
        while self._marks is not None and self._marks.search(text):
            text = self._marks.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)
        return text

    def tokenised(self, messages: Sequence[Message]) -> dict[str, list[int]]:
        """Tokenise a conversation to `input_ids`, `attention_mask` and `labels`, as Axolotl does.

        Raises:
            ValueError: If the template refuses the conversation.
        """
        try:
            fields: dict[str, list[int]] = self._strategy.tokenize_prompt(
                {"messages": message_rows(messages)}
            )
        except Exception as error:  # jinja2's, or any other that the template raises
            raise ValueError(f"{type(error).__name__}: {error}") from None
        return fields

    def _size(self, messages: Sequence[Message]) -> RowSize:
        try:
            row = self.tokenised(messages)
            scaffold = self._scaffold(tuple(message.role for message in messages))
        except ValueError as error:
            return RowSize(0, 0, str(error))
        ids, labels = row["input_ids"], row["labels"]
        trained = sum(label != IGNORED for label in labels)
        if not trained:
            return RowSize(len(ids), 0, "the template leaves nothing to train on")
        if self._controls(ids) != scaffold:
            return RowSize(len(ids), trained, "its text would become a control token")
        if lost := self._lost(messages):
            return RowSize(
                len(ids), trained, f"the template leaves out what the {lost} says, or a part of it"
            )
        return RowSize(len(ids), trained)

    def _lost(self, messages: Sequence[Message]) -> str:
        """Return the role of a turn that the row changes; blanks around it do not count."""
        text = self._strategy.prompter.build_prompt_text(message_rows(messages))
        if text is None:
            return ""  # a processor's
        at = 0
        for message in messages:
            content = message.content.strip()
            start = text.find(content, 0 if message.role == "system" else at)
            if start < 0:
                return message.role
            if message.role != "system":
                at = start + len(content)
        return ""

    def _controls(self, ids: Sequence[int]) -> list[int]:
        return [token for token in ids if token in self._control]

    def _scaffold(self, roles: tuple[str, ...]) -> list[int]:
        """Return the control tokens that the template adds to a conversation of these roles."""
        if roles not in self._scaffolds:
            blank = [
                Message(role=role, content=_SENTINELS[number % 4])
                for number, role in enumerate(roles)
            ]
            self._scaffolds[roles] = self._controls(self.tokenised(blank)["input_ids"])
        return self._scaffolds[roles]

    def _turn_marks(self) -> set[str]:
        """Return the marks between turns that are not letters only: `[INST]`, `USER:`.

        Raises:
            ConfigError: If the template cannot be rendered.
        """
        roles = ("user", "assistant", "user", "assistant")
        turns = [
            {"role": role, "content": text} for role, text in zip(roles, _SENTINELS, strict=True)
        ]
        try:
            text = self._strategy.prompter.build_prompt_text(turns) or ""
        except Exception as error:
            raise ConfigError(
                f"The chat template cannot render a conversation: {type(error).__name__}: {error}"
            ) from None
        if any(sentinel not in text for sentinel in _SENTINELS):
            return set()  # a template that leaves earlier turns out, or a processor's
        between = [text.split(_SENTINELS[at])[1].split(_SENTINELS[at + 1])[0] for at in range(3)]
        control = "|".join(
            map(re.escape, sorted(control_texts(self._tokenizer), key=len, reverse=True))
        )
        joints = "|".join(filter(None, (r"\n", r"(?<=[>\]])(?=[<\[])", control)))
        pieces = [piece.strip() for part in between for piece in re.split(joints, part)]
        return {piece for piece in pieces if len(piece) >= _LEAST_MARK and not piece.isalnum()}

    def _tags(self) -> set[str]:
        return set(_TAG.findall(str(self._strategy.prompter.chat_template or "")))


def _pattern(marks: set[str]) -> re.Pattern[str] | None:
    """Compile a pattern of the marks, longest first; marks of one character stay as they are."""
    several = sorted(
        {mark.strip() for mark in marks if len(mark.strip()) > 1},
        key=lambda mark: (-len(mark), mark),
    )
    return re.compile("|".join(map(re.escape, several))) if several else None


def _strategy(cfg: Mapping[str, Any], tokenizer: Any) -> Any:
    import logging

    from axolotl.prompt_strategies.chat_template import load
    from axolotl.utils.dict import DictDefault

    loud = logging.getLogger("axolotl.prompt_strategies.chat_template")
    before = loud.level
    loud.setLevel(logging.WARNING)  # it prints the whole template
    settings = DictDefault(
        {**cfg, **chat_settings(cfg), "sequence_len": int(cfg.get("sequence_len") or 512)}
    )
    try:
        return load(tokenizer, settings, dict(DATASET))
    except ValueError as error:
        if "chat_template" not in str(error) and "Template" not in str(error):
            raise ConfigError(f"The chat template cannot be used: {error}") from None
        raise ConfigError(
            f"The tokenizer has no chat template that could be used ({error}). Name one in the "
            "recipe, such as "
            "`chat_template: chatml`, with its control tokens under `tokens:`, or set "
            "`structtuning.ssft.format: plain`."
        ) from None
    finally:
        loud.setLevel(before)

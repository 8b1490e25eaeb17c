"""Questions to token ids: through the model's chat template, the recipe's, or as plain text."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from structtuning_plugin.axolotl_bridge.chat import AxolotlChat
from structtuning_plugin.axolotl_bridge.codec import control_ids
from structtuning_plugin.axolotl_bridge.models import Loaded
from structtuning_plugin.axolotl_bridge.recipe import chat_settings
from structtuning_plugin.rendering import Wordings
from structtuning_plugin.samples.plain import PlainChat
from structtuning_plugin.types import Message

_SENTINEL = "qstwkjvone"


class Turns:
    """`stop_ids` are the tokens that end an answer, `stop_texts` what ends it where the vocabulary has no such token."""

    def __init__(self, loaded: Loaded, recipe: Mapping[str, Any], wordings: Wordings, plain: bool) -> None:
        """`plain` asks in plain text whatever template there is.

        Raises:
            ConfigError: the chat template cannot be used.
        """
        self._loaded = loaded
        self._plain = PlainChat(loaded.codec, wordings)
        self._kwargs = dict(recipe.get("chat_template_kwargs") or {})
        self.template = None if plain else _template(loaded.tokenizer, recipe)
        self._chat = _quietly(_settings(self.template, self._kwargs), loaded.tokenizer) if self.template else None
        own = getattr(loaded.model.generation_config, "eos_token_id", None)
        ids = {loaded.tokenizer.eos_token_id, *(own if isinstance(own, (list, tuple)) else [own])}
        self.stop_texts: tuple[str, ...] = ()
        if self.template:
            ids |= self._end_of_turn()
        self.stop_ids = sorted(int(i) for i in ids if i is not None)

    def encode(self, messages: Sequence[Message], language: str) -> list[int]:
        """The ids of a prompt whose answer comes next.

        Raises:
            ValueError: the template refuses such a conversation.
        """
        if self._chat is None:
            prompt, _ = self._plain.flatten([*messages, Message(role="assistant", content="")], language)
            return [*self._loaded.codec.prefix, *self._loaded.codec.encode([prompt])[0]]
        neutral = [Message(role=message.role, content=self._chat.neutral(message.content)) for message in messages]
        return self._ids(self._rendered(neutral, open_turn=True))

    def cut(self, text: str) -> str:
        """The answer up to the first text that ends it."""
        for stop in self.stop_texts:
            text = text.partition(stop)[0]
        return text.strip()

    def _rendered(self, messages: Sequence[Message], open_turn: bool) -> str:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            text: str = self._loaded.tokenizer.apply_chat_template(
                turns, chat_template=self.template, tokenize=False, **{"add_generation_prompt": open_turn, **self._kwargs}
            )
        except Exception as error:  # jinja2's, as the template raises them, or whatever an odd template runs into
            raise ValueError(f"{type(error).__name__}: {error}") from None
        return text

    def _ids(self, text: str) -> list[int]:
        # The template writes BOS itself where the model wants it.
        found: list[int] = self._loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    def _end_of_turn(self) -> set[int]:
        """What the template puts behind the assistant's words: a control token, or else a text."""
        turns = [Message(role="user", content="q"), Message(role="assistant", content=_SENTINEL)]
        try:
            behind = self._rendered(turns, open_turn=False).rpartition(_SENTINEL)[2].strip()
        except ValueError:
            return set()
        if not behind:
            return set()
        first = self._ids(behind)[0]
        if first in control_ids(self._loaded.tokenizer):
            return {first}
        self.stop_texts = (behind.partition("\n")[0],)
        return set()


def _template(tokenizer: Any, recipe: Mapping[str, Any]) -> str | None:
    """The tokenizer's own template, else the one that the recipe names, else none."""
    own = getattr(tokenizer, "chat_template", None)
    if isinstance(own, Mapping):
        own = own.get("default")
    if own:
        return str(own)
    named = {**recipe, **chat_settings(recipe)}
    if str(named.get("chat_template") or "tokenizer_default").startswith("tokenizer_default"):
        return None
    from axolotl.utils.chat_templates import get_chat_template_from_config
    from axolotl.utils.dict import DictDefault

    return str(get_chat_template_from_config(DictDefault(named), tokenizer=tokenizer))


def _quietly(settings: Mapping[str, Any], tokenizer: Any) -> AxolotlChat:
    """Without Axolotl's warnings about what would not be trained."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        return AxolotlChat(settings, tokenizer)
    finally:
        logging.disable(before)


def _settings(template: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {"chat_template": "jinja", "chat_template_jinja": template, "chat_template_kwargs": dict(kwargs)}

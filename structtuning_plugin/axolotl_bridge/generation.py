"""Answers of a model on this machine: left-padded batches, greedy decoding, uncut prompts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from structtuning_plugin.axolotl_bridge.chat import AxolotlChat
from structtuning_plugin.axolotl_bridge.codec import control_ids
from structtuning_plugin.axolotl_bridge.models import Loaded
from structtuning_plugin.axolotl_bridge.recipe import chat_settings
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Dropped, Message
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion, Question
from structtuning_plugin.samples.plain_chat import PlainChat

# --- Questions to token ids: through the model's chat template, the recipe's, or as plain text.

_SENTINEL = "qstwkjvone"


class Turns:
    """Encoder of prompts, and the end of answers.

    `stop_ids` are tokens that end an answer, `stop_texts` what ends it where there is no such
    token.
    """

    def __init__(
        self, loaded: Loaded, recipe: Mapping[str, Any], wordings: Wordings, plain: bool
    ) -> None:
        """Choose the chat template, or plain text where `plain` is set.

        Raises:
            ConfigError: If the chat template cannot be used.
        """
        self._loaded = loaded
        self._plain = PlainChat(loaded.codec, wordings)
        self._kwargs = dict(recipe.get("chat_template_kwargs") or {})
        self.template = None if plain else _template(loaded.tokenizer, recipe)
        self._chat = (
            _quietly(_settings(self.template, self._kwargs), loaded.tokenizer)
            if self.template
            else None
        )
        own = getattr(loaded.model.generation_config, "eos_token_id", None)
        ids = {loaded.tokenizer.eos_token_id, *(own if isinstance(own, (list, tuple)) else [own])}
        self.stop_texts: tuple[str, ...] = ()
        if self.template:
            ids |= self._end_of_turn()
        self.stop_ids = sorted(int(i) for i in ids if i is not None)

    def encode(self, messages: Sequence[Message], language: str) -> list[int]:
        """Return the ids of a prompt that the answer follows.

        Raises:
            ValueError: If the template refuses the conversation.
        """
        if self._chat is None:
            return self.encode_plain(self._flat(messages, language))
        return self._ids(self._prompt(self._chat, messages))

    def encode_plain(self, text: str) -> list[int]:
        """Return the ids of plain text, with the tokenizer's prefix first."""
        return [*self._loaded.codec.prefix, *self._loaded.codec.encode([text])[0]]

    def encode_pair(
        self, messages: Sequence[Message], language: str, answer: str
    ) -> tuple[list[int], list[int]]:
        """Return the ids of a prompt, and those of an answer that follows it.

        The boundary is that of training: a line end of the template before the answer has no loss.

        Raises:
            ValueError: If the template refuses the conversation.
        """
        before = self.encode(messages, language)
        if self._chat is None:
            return before, self._loaded.codec.encode([answer])[0]
        whole = self._ids(self._prompt(self._chat, messages) + self._chat.neutral(answer))
        return before, whole[len(before) :]

    def cut(self, text: str) -> str:
        """Cut the answer before the first text that ends it."""
        for stop in self.stop_texts:
            text = text.partition(stop)[0]
        return text.strip()

    def _flat(self, messages: Sequence[Message], language: str) -> str:
        """Write a prompt as plain text."""
        open_turn = Message(role="assistant", content="")
        return self._plain.flatten([*messages, open_turn], language)[0]

    def _prompt(self, chat: AxolotlChat, messages: Sequence[Message]) -> str:
        """Write a prompt through the chat template, without control tokens in its contents."""
        neutral = [
            Message(role=message.role, content=chat.neutral(message.content))
            for message in messages
        ]
        return self._rendered(neutral, open_turn=True)

    def _rendered(self, messages: Sequence[Message], open_turn: bool) -> str:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            text: str = self._loaded.tokenizer.apply_chat_template(
                turns,
                chat_template=self.template,
                tokenize=False,
                **{"add_generation_prompt": open_turn, **self._kwargs},
            )
        except Exception as error:  # jinja2's, or any other that the template raises
            raise ValueError(f"{type(error).__name__}: {error}") from None
        return text

    def _ids(self, text: str) -> list[int]:
        # The template writes BOS itself where the model wants it.
        ids: list[int] = self._loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _end_of_turn(self) -> set[int]:
        """Return the control tokens after an assistant's turn; if none, note the text there."""
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
    """Return the tokenizer's template, else the one that the recipe names, else None."""
    own = getattr(tokenizer, "chat_template", None)
    if isinstance(own, Mapping):
        own = own.get("default")
    if own:
        return str(own)
    settings = {**recipe, **chat_settings(recipe)}
    if str(settings.get("chat_template") or "tokenizer_default").startswith("tokenizer_default"):
        return None
    from axolotl.utils.chat_templates import get_chat_template_from_config
    from axolotl.utils.dict import DictDefault

    return str(get_chat_template_from_config(DictDefault(settings), tokenizer=tokenizer))


def _quietly(settings: Mapping[str, Any], tokenizer: Any) -> AxolotlChat:
    """Create a chat without Axolotl's warnings on training, which do not apply here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        return AxolotlChat(settings, tokenizer)
    finally:
        logging.disable(before)


def _settings(template: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "chat_template": "jinja",
        "chat_template_jinja": template,
        "chat_template_kwargs": dict(kwargs),
    }


class HasQuestion(Protocol):
    """Prompt of a question."""

    @property
    def question(self) -> Question:
        """The question."""
        ...


Item = TypeVar("Item", bound=HasQuestion)
Encoded = TypeVar("Encoded")


def encode_all(
    items: Sequence[Item],
    encode: Callable[[Item], Encoded],
    length_fault: Callable[[Encoded], str],
    prefix: Callable[[Item], str] = lambda item: "",
) -> tuple[list[tuple[Item, Encoded]], list[Dropped]]:
    """Encode prompts.

    Args:
        items: The prompts.
        encode: Returns the token ids; raises ValueError where the chat template refuses.
        length_fault: Returns why the model cannot take the token ids; empty if it can.
        prefix: Returns the beginning of the detail of a prompt that is left out.

    Returns:
        The prompts with their token ids, and those that are left out.
    """
    ready: list[tuple[Item, Encoded]] = []
    dropped: list[Dropped] = []
    for item in items:
        name, reason = item.question.pair.id, "chat_template"
        try:
            encoded = encode(item)
            detail, reason = length_fault(encoded), "too_long"
        except ValueError as error:
            detail = str(error)
        if not detail:
            ready.append((item, encoded))
            continue
        detail = prefix(item) + detail
        dropped.append(Dropped(stage="evaluate", id=name, reason=reason, detail=detail))
    return ready, dropped


class LocalAnswerer:
    """Answerer by a loaded model; longest prompts first, so that a lack of memory shows early."""

    def __init__(
        self,
        loaded: Loaded,
        recipe: Mapping[str, Any],
        wordings: Wordings,
        plain: bool,
        batch_size: int,
        max_new_tokens: int,
    ) -> None:
        self._loaded = loaded
        self._turns = Turns(loaded, recipe, wordings, plain)
        self._batch_size = batch_size
        self._max_new_tokens = max_new_tokens
        stops = self._turns.stop_ids
        self._pad = (
            loaded.tokenizer.pad_token_id if loaded.tokenizer.pad_token_id is not None else stops[0]
        )
        self._settings = self._greedy(stops)

    def answer(
        self,
        questions: Sequence[PromptedQuestion],
        done: Callable[[PromptedQuestion, Answer], None],
    ) -> list[Dropped]:
        """Answer questions through `done`; return the questions that could not be asked."""
        ready, dropped = encode_all(questions, self._encode, self._length_fault)
        ready.sort(key=lambda pair: (-len(pair[1]), pair[0].key))
        for start in range(0, len(ready), self._batch_size):
            batch = ready[start : start + self._batch_size]
            for (item, _), answer in zip(
                batch, self._generate([ids for _, ids in batch]), strict=True
            ):
                done(item, answer)
        return dropped

    def _encode(self, item: PromptedQuestion) -> list[int]:
        return self._turns.encode(item.messages, item.language)

    def _length_fault(self, ids: Sequence[int]) -> str:
        limit = self._loaded.limit
        if limit is None or len(ids) + self._max_new_tokens <= limit:
            return ""
        new = f"{self._max_new_tokens:,} new ones"
        return f"{len(ids):,} tokens and {new}, but the model takes {limit:,}"

    def _greedy(self, stops: Sequence[int]) -> Any:
        """Return greedy settings, because the model's own may ask for sampling or penalties."""
        from transformers import GenerationConfig

        settings = GenerationConfig(
            do_sample=False,
            num_beams=1,
            max_new_tokens=self._max_new_tokens,
            eos_token_id=list(stops),
            pad_token_id=self._pad,
        )
        model = self._loaded.model
        for net in {model, model.get_base_model() if hasattr(model, "get_base_model") else model}:
            net.generation_config = settings
        return settings

    def _generate(self, prompts: Sequence[Sequence[int]]) -> list[Answer]:
        import torch

        width, device = max(map(len, prompts)), self._loaded.device
        ids = torch.tensor(
            [[self._pad] * (width - len(p)) + list(p) for p in prompts], device=device
        )
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
        try:
            with torch.inference_mode():
                out = self._loaded.model.generate(
                    input_ids=ids, attention_mask=mask, generation_config=self._settings
                )
        except torch.OutOfMemoryError:
            raise ConfigError(
                f"The GPU's memory does not suffice for {len(prompts)} prompts of {width:,} tokens "
                "at once. Set `--batch-size` "
                f"to less than {self._batch_size}; what was answered is kept."
            ) from None
        return [self._read(row) for row in out[:, width:].tolist()]

    def _read(self, new: Sequence[int]) -> Answer:
        stops = frozenset(self._turns.stop_ids)
        end = next((at for at, token in enumerate(new) if token in stops), None)
        whole: str = self._loaded.tokenizer.decode(new[:end], skip_special_tokens=True)
        text = self._turns.cut(whole)
        finished = end is not None or text != whole.strip()
        return Answer(text=text, finish="stop" if finished else "length")

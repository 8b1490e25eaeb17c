"""Answers from a model on this machine: batches padded on the left, greedy, no prompt ever cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from structtuning_plugin.axolotl_bridge.models import Loaded
from structtuning_plugin.axolotl_bridge.turns import Turns
from structtuning_plugin.errors import ConfigError
from structtuning_plugin.evaluation.values import Answer, Asked
from structtuning_plugin.rendering import Wordings
from structtuning_plugin.types import Dropped


class LocalAnswerer:
    """Asks a loaded model. Longest prompts come first, so that memory that does not suffice is told at once."""

    def __init__(
        self, loaded: Loaded, recipe: Mapping[str, Any], wordings: Wordings, plain: bool, batch_size: int, max_new_tokens: int
    ) -> None:
        self._loaded = loaded
        self._turns = Turns(loaded, recipe, wordings, plain)
        self._batch_size = batch_size
        self._max_new_tokens = max_new_tokens
        stops = self._turns.stop_ids
        self._pad = loaded.tokenizer.pad_token_id if loaded.tokenizer.pad_token_id is not None else stops[0]
        self._settings = self._greedy(stops)

    def answer(self, asked: Sequence[Asked], done: Callable[[Asked, Answer], None]) -> list[Dropped]:
        ready, dropped = self._encoded(asked)
        ready.sort(key=lambda pair: (-len(pair[1]), pair[0].key))
        for start in range(0, len(ready), self._batch_size):
            batch = ready[start : start + self._batch_size]
            for (item, _), answer in zip(batch, self._generate([ids for _, ids in batch]), strict=True):
                done(item, answer)
        return dropped

    def _encoded(self, asked: Sequence[Asked]) -> tuple[list[tuple[Asked, list[int]]], list[Dropped]]:
        ready: list[tuple[Asked, list[int]]] = []
        dropped: list[Dropped] = []
        for item in asked:
            name = item.question.pair.id
            try:
                ids = self._turns.encode(item.messages, item.language)
            except ValueError as error:
                dropped.append(Dropped(stage="evaluate", id=name, reason="chat_template", detail=str(error)))
                continue
            limit = self._loaded.limit
            if limit is not None and len(ids) + self._max_new_tokens > limit:
                detail = f"{len(ids):,} tokens and {self._max_new_tokens:,} new ones, but the model takes {limit:,}"
                dropped.append(Dropped(stage="evaluate", id=name, reason="too_long", detail=detail))
            else:
                ready.append((item, ids))
        return ready, dropped

    def _greedy(self, stops: Sequence[int]) -> Any:
        """Settings of our own in place of the model's, which may ask for sampling or penalties, beneath an adapter too."""
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
        ids = torch.tensor([[self._pad] * (width - len(p)) + list(p) for p in prompts], device=device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
        try:
            with torch.inference_mode():
                out = self._loaded.model.generate(input_ids=ids, attention_mask=mask, generation_config=self._settings)
        except torch.OutOfMemoryError:
            raise ConfigError(
                f"The GPU's memory does not suffice for {len(prompts)} prompts of {width:,} tokens at once. Set `--batch-size` "
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

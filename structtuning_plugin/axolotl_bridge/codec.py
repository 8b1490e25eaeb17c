"""Encoders that wrap a transformers tokenizer; corpus text never becomes a control token.

A tokenizer recognises its added tokens (`</s>`, `<|im_end|>`, those of the recipe's `tokens:`) in
any text. A copy of its backend without added tokens encodes `</s>` as ordinary pieces. Added tokens
of white space only, which some vocabularies use for runs of blanks, are text and stay.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from structtuning_plugin.core.errors import ConfigError

# What SentencePiece writes for a blank.
_BLANK = "▁"


def codec_for(tokenizer: Any) -> TwinCodec | PlainCodec:
    """Create the encoder of a tokenizer that Axolotl has loaded.

    Raises:
        ConfigError: If the tokenizer has no EOS token.
    """
    if tokenizer.eos_token_id is None:
        raise ConfigError(
            f"The tokenizer {tokenizer.name_or_path} has no EOS token, so no passage could end. "
            "Name one in the recipe: `special_tokens: {eos_token: ...}`."
        )
    return (
        TwinCodec(tokenizer)
        if getattr(tokenizer, "backend_tokenizer", None) is not None
        else PlainCodec(tokenizer)
    )


def encode_pair(
    encode: Callable[[str], list[int]], context: str, continuation: str
) -> tuple[list[int], list[int]]:
    """Return the token ids of a context and of its continuation.

    Tokens are cut as in lm-evaluation-harness (`_encode_pair`): blanks at the end of the context
    belong to the continuation, both are tokenised as one text, and the context's tokens are counted
    off.

    Args:
        encode: Encoder that puts the tokenizer's prefix (BOS) first.
        context: Text that is not scored.
        continuation: Text that is scored.
    """
    before = encode(context.rstrip())
    return before, encode(context + continuation)[len(before) :]


def control_ids(tokenizer: Any) -> frozenset[int]:
    """Return the ids that corpus text must never have: added tokens that are not white space."""
    added = _added_tokens(tokenizer).items()
    return frozenset(
        {
            *(
                int(i)
                for i, token in added
                if token.special or str(token).replace(_BLANK, " ").strip()
            ),
            *getattr(tokenizer, "all_special_ids", ()),
        }
    )


def control_texts(tokenizer: Any) -> frozenset[str]:
    """Return the texts of the tokens in `control_ids`."""
    control = control_ids(tokenizer)
    return frozenset(
        str(token) for i, token in _added_tokens(tokenizer).items() if int(i) in control
    )


def _added_tokens(tokenizer: Any) -> Mapping[int, Any]:
    added = getattr(tokenizer, "added_tokens_decoder", None)
    return (
        added if isinstance(added, Mapping) else {}
    )  # mistral-common has a method there, which raises


def _prefix(tokenizer: Any) -> tuple[int, ...]:
    """Return the ids that the tokenizer puts before a text: BOS, or nothing."""
    with_specials = list(tokenizer("a")["input_ids"])
    without = list(tokenizer("a", add_special_tokens=False)["input_ids"])
    for cut in range(len(with_specials) - len(without) + 1):
        if with_specials[cut : cut + len(without)] == without:
            return tuple(with_specials[:cut])
    return ()


class TwinCodec:
    """Encoder for tokenizers of the `tokenizers` library, as nearly all are."""

    def __init__(self, tokenizer: Any) -> None:
        self.prefix = _prefix(tokenizer)
        self.eos = int(tokenizer.eos_token_id)
        self._control = control_ids(tokenizer)
        self._original = tokenizer
        self._twin = _without_added_tokens(tokenizer, self._control)
        # Where control tokens stood before others, the twin has numbered those anew.
        self._numbers = {
            self._twin.token_to_id(str(token)): int(i)
            for i, token in _added_tokens(tokenizer).items()
            if i not in self._control
        }

    def __getstate__(self) -> dict[str, Any]:
        """Return the state; the tokenizer is packed, for most copies never decode.

        To unpack it imports transformers, which takes a process seconds.
        """
        original = self._original
        packed = original if isinstance(original, bytes) else pickle.dumps(original)
        return {**self.__dict__, "_original": packed}

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text."""
        id_lists = []
        # Without offsets, which take almost half of the time.
        for encoding, text in zip(self._encode(texts), texts, strict=True):
            ids = self._numbered(encoding.ids)
            if not self._control.isdisjoint(ids):
                ids = self._safe(self._encodings([text])[0], text)[0]
            id_lists.append(ids)
        return id_lists

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return for each text the offsets (in characters) at which its tokens start."""
        return [
            self._safe(encoding, text)[1]
            for encoding, text in zip(self._encodings(texts), texts, strict=True)
        ]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of the ids, special tokens included."""
        if isinstance(self._original, bytes):
            self._original = pickle.loads(self._original)
        return str(
            self._original.decode(
                list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        )

    def _encode(self, texts: Sequence[str]) -> list[Any]:
        encode = getattr(self._twin, "encode_batch_fast", self._twin.encode_batch)
        return list(encode(list(texts), add_special_tokens=False))

    def _encodings(self, texts: Sequence[str]) -> list[Any]:
        return list(self._twin.encode_batch(list(texts), add_special_tokens=False))

    def _safe(self, encoding: Any, text: str) -> tuple[list[int], list[int]]:
        """Return ids and starts; control tokens in the vocabulary are spelled by characters."""
        ids, starts = self._numbered(encoding.ids), [start for start, _ in encoding.offsets]
        if self._control.isdisjoint(ids):
            return ids, starts
        safe_ids: list[int] = []
        safe_starts: list[int] = []
        for token, (start, end) in zip(ids, encoding.offsets, strict=True):
            pieces = self._apart(text, start, end) if token in self._control else [([token], start)]
            for piece, at in pieces:
                safe_ids += piece
                safe_starts += [at] * len(piece)
        return safe_ids, safe_starts

    def _numbered(self, ids: Sequence[int]) -> list[int]:
        return [self._numbers.get(i, i) for i in ids] if self._numbers else list(ids)

    def _apart(self, text: str, start: int, end: int) -> list[tuple[list[int], int]]:
        pieces = [(self._character(text[at]), at) for at in range(start, end)]
        if end - start < 2 or any(not self._control.isdisjoint(ids) for ids, _ in pieces):
            raise ConfigError(
                f"The tokenizer has no way to write the text {text[start:end]!r} but as a control "
                "token. "
                "Take it out of the corpus, or use a tokenizer with byte fallback."
            )
        return pieces

    def _character(self, character: str) -> list[int]:
        """Encode a character after a line end, where no tokenizer puts a blank in front."""
        encoding = self._twin.encode("\n" + character, add_special_tokens=False)
        ids = [
            token for token, (start, _) in zip(encoding.ids, encoding.offsets, strict=True) if start
        ]
        return self._numbered(ids or self._twin.encode(character, add_special_tokens=False).ids)


def _without_added_tokens(tokenizer: Any, control: frozenset[int]) -> Any:
    from tokenizers import Tokenizer

    data = json.loads(tokenizer.backend_tokenizer.to_str())
    data["added_tokens"] = [token for token in data["added_tokens"] if token["id"] not in control]
    data["post_processor"] = data["truncation"] = data["padding"] = None
    return Tokenizer.from_str(json.dumps(data))


class PlainCodec:
    """Slower encoder for tokenizers without a backend (Python SentencePiece, mistral-common)."""

    def __init__(self, tokenizer: Any) -> None:
        self.prefix = _prefix(tokenizer)
        self.eos = int(tokenizer.eos_token_id)
        self._original = tokenizer
        self._control = control_ids(tokenizer)
        self._contents = tuple(
            str(token) for i, token in _added_tokens(tokenizer).items() if i in self._control
        )

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text."""
        return [[i for piece, _ in self._pieces(text) for i in self._ids(piece)] for text in texts]

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        """Estimate the offsets of the tokens, with their number exact.

        Words are counted one by one and stretched to the count of the whole text.
        """
        offset_lists = []
        for text in texts:
            offsets: list[int] = []
            for piece, at in self._pieces(text):
                by_word = [at + offset for word, offset in _words(piece) for _ in self._ids(word)]
                count = len(self._ids(piece))
                offsets += [
                    by_word[index * len(by_word) // count] if by_word else at
                    for index in range(count)
                ]
            offset_lists.append(offsets)
        return offset_lists

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of the ids, special tokens included."""
        return str(self._original.decode(list(ids), skip_special_tokens=False))

    def _pieces(self, text: str) -> list[tuple[str, int]]:
        """Split the text after the first character of every possible added token."""
        contents = tuple(content for content in self._contents if len(content) > 1)
        cuts = [0, *(at + 1 for at in range(len(text)) if text.startswith(contents, at))]
        return [
            (text[start:end], start)
            for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)
            if end > start
        ]

    def _ids(self, text: str) -> list[int]:
        ids = list(self._original.encode(text, add_special_tokens=False))
        if not self._control.isdisjoint(ids):
            raise ConfigError(
                f"The tokenizer has no way to write {text[:60]!r} without a control token. Use its "
                "fast version."
            )
        return ids


def _words(text: str) -> list[tuple[str, int]]:
    import regex

    return [(match[0], match.start()) for match in regex.finditer(r"\S*\s*", text) if match[0]]

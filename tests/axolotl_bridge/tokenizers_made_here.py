"""Tokenizers of every build that matters, made on the spot.

No hub, no files. Everything is imported when it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# What the tokenizers learn: prose, code and six scripts, so that merges of every kind exist.
TEXTS = (
    "The brake of a bicycle turns motion into heat. A brake that squeals is a brake that shakes.\n\n",
    "def turn(wheel):\n    for spoke in wheel:\n        spoke.turn()\n    return wheel\n\n",
    "Das Rad dreht sich; la roue tourne; колесо крутится; 自行车的轮子; 車輪が回る; चक्र घूमता है.\n",
) * 4

# One piece each where blanks are ▁; all others are spelt in bytes there.
CHARACTERS = ["▁", *(chr(code) for code in range(0x21, 0x7F)), "ä", "é", "ж", "к"]
BYTES = [f"<0x{value:02X}>" for value in range(256)]


def byte_level(
    specials: Iterable[str] = ("<s>", "</s>", "<pad>"),
    bos: str | None = "<s>",
    eos: str = "</s>",
    pad: str | None = "<pad>",
) -> Any:
    """GPT-2's kind: bytes, merges, nothing added by itself."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer: Any = trainers.BpeTrainer(  # type: ignore[no-untyped-call]
        vocab_size=600,
        special_tokens=list(specials),
        initial_alphabet=alphabet,
        show_progress=False,
    )
    backend.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=bos, eos_token=eos, pad_token=pad
    )


def byte_level_with_bos() -> Any:
    """Llama-3's kind: the post-processor puts BOS before every text."""
    from tokenizers import processors

    tokenizer = byte_level()
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", tokenizer.bos_token_id)]
    )
    return tokenizer


def byte_level_with_bos_and_eos() -> Any:
    """A post-processor that closes every text, too: EOS is not part of the prefix."""
    from tokenizers import processors

    tokenizer = byte_level()
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A $B </s>",
        special_tokens=[("<s>", tokenizer.bos_token_id), ("</s>", tokenizer.eos_token_id)],
    )
    return tokenizer


def neither_bos_nor_pad() -> Any:
    """Only EOS, as some base models have it."""
    return byte_level(specials=["<eos>"], bos=None, eos="<eos>", pad=None)


def gpt2() -> Any:
    """One control token for everything."""
    return byte_level(
        specials=["<|endoftext|>"], bos="<|endoftext|>", eos="<|endoftext|>", pad=None
    )


def chat() -> Any:
    """Added tokens that are not special.

    A reasoning tag, a word of the recipe's `tokens:`, runs of white space.
    """
    from tokenizers import AddedToken

    tokenizer = byte_level(
        specials=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        bos=None,
        eos="<|im_end|>",
        pad="<|endoftext|>",
    )
    tokenizer.add_tokens([AddedToken(" " * n, normalized=False) for n in (24, 8, 4)])
    tokenizer.add_tokens(
        [AddedToken("\n\n\n", normalized=False), AddedToken("\t\t", normalized=False)]
    )
    tokenizer.add_tokens(
        [AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False)]
    )
    tokenizer.add_tokens([AddedToken("gearbox", normalized=False, single_word=True)])
    return tokenizer


def llama2() -> Any:
    """SentencePiece as `tokenizers` holds it.

    Blanks are ▁, unknown characters are bytes, `</s>` lies in the vocabulary.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary, merges = _merges()
    backend = Tokenizer(
        models.BPE(
            vocab=vocabulary, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True
        )
    )
    backend.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    backend.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def _merges() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A vocabulary with the three control tokens and all bytes in front, and merges that spell
    `</s>`.
    """
    pieces = ["<unk>", "<s>", "</s>", *BYTES]
    merges = [("▁", c) for c in "abcdt"] + [
        ("t", "h"),
        ("h", "e"),
        ("▁t", "he"),
        ("▁", "▁"),
        ("i", "n"),
        ("in", "g"),
    ]
    merges += [("<", "/"), ("</", "s"), ("</s", ">"), ("<", "s"), ("<s", ">")]
    pieces = list(dict.fromkeys([*pieces, *CHARACTERS, *("".join(merge) for merge in merges)]))
    return {piece: index for index, piece in enumerate(pieces)}, merges


def unigram() -> Any:
    """Metaspace and a vocabulary in which `</s>` is a likely piece like any other."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), *((piece, -20.0) for piece in BYTES)]
    pieces += [(c, -4.0) for c in CHARACTERS] + [
        ("▁the", -3.0),
        ("▁wheel", -3.0),
        ("ing", -3.5),
        ("▁▁", -3.0),
    ]
    backend = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first")
    backend.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(replacement="▁", prepend_scheme="first")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def gemma() -> Any:
    """Runs of blanks are added tokens, written with ▁ as the model's vocabulary has them."""
    from tokenizers import AddedToken

    tokenizer = llama2()
    tokenizer.add_tokens(
        [AddedToken("▁▁", normalized=False), AddedToken("<table>", normalized=False)]
    )
    return tokenizer


def words() -> Any:
    """Whole words only; `</s>` and `<s>` are words of the vocabulary, what it lacks is unknown."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = ["<unk>", "<s>", "</s>", "<", "/", "s", ">", "a", "b", "wheel", "turns", "the"]
    backend = Tokenizer(
        models.WordLevel({word: index for index, word in enumerate(vocabulary)}, unk_token="<unk>")
    )
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def sentencepiece(folder: Path) -> Any:
    """A SentencePiece model that transformers runs in Python.

    No backend of the `tokenizers` library.
    """
    import io

    from sentencepiece import SentencePieceTrainer
    from transformers.tokenization_utils_sentencepiece import SentencePieceBackend

    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS), model_writer=model, vocab_size=420, model_type="bpe", byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, minloglevel=2,
    )  # fmt: skip
    path = folder / "tokenizer.model"
    path.write_bytes(model.getvalue())
    tokenizer = SentencePieceBackend(
        vocab_file=str(path),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        special_tokens_pattern="bos",
    )
    tokenizer.add_tokens(["<think>"])
    return tokenizer


class Frontless:
    """A tokenizer without `backend_tokenizer`, as mistral-common's is, around one that has it."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.name_or_path = "frontless"

    def __call__(self, text: str, add_special_tokens: bool = True) -> Any:
        return self._tokenizer(text, add_special_tokens=add_special_tokens)

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=add_special_tokens))

    def decode(self, ids: list[int], skip_special_tokens: bool = False) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=skip_special_tokens))

    @property
    def eos_token_id(self) -> int:
        return int(self._tokenizer.eos_token_id)

    @property
    def added_tokens_decoder(self) -> Any:
        return self._tokenizer.added_tokens_decoder


# With a backend, so for the twin; what is byte-level gives every text back as it was.
BYTE_LEVEL: dict[str, Callable[[], Any]] = {
    "byte-level": byte_level,
    "with-bos": byte_level_with_bos,
    "with-bos-and-eos": byte_level_with_bos_and_eos,
    "neither-bos-nor-pad": neither_bos_nor_pad,
    "gpt2": gpt2,
    "chat": chat,
}
OTHERS: dict[str, Callable[[], Any]] = {"llama2": llama2, "unigram": unigram, "gemma": gemma}

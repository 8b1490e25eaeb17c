"""Where every arm starts: a tokenizer that knows the words and no book, and a small Llama that knows every form of sample.

The base is trained by Axolotl on other books of the same grammar: their passages bare, behind paths and behind mind
maps, the maps themselves, and questions with short and with reasoned answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from injection import corpus, grammar, questions

BOS, EOS, PAD, USER, ASSISTANT = "<s>", "</s>", "<pad>", "<|user|>", "<|assistant|>"
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
_LARGEST_VOCABULARY = 4096
# Prompts for a language model, which a small one never sees.
_NOT_TRAINED = {"again", "judge", "support", "write_many", "write_one"}


def make_tokenizer(texts: Sequence[str] | None = None) -> Any:
    """Byte-level BPE in which nearly every word of the grammar, or of texts, and of the plugin's wordings is one token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer: Any = trainers.BpeTrainer(  # type: ignore[no-untyped-call]
        vocab_size=_LARGEST_VOCABULARY,
        min_frequency=2,
        special_tokens=[BOS, EOS, PAD, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(
        [*(_grammar() if texts is None else texts), *_wordings()], trainer
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A $B", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS, pad_token=PAD
    )
    fast.chat_template = TEMPLATE
    return fast


def _grammar() -> list[str]:
    """Each word as it stands at the beginning of a line and behind a blank, often enough to become one token."""
    names = [text for word in grammar.words() for text in (word, f" {word}")]
    sentences = [form for forms in corpus.SENTENCES.values() for form in forms]
    return 3 * (names + sentences + questions.texts())


def _wordings() -> list[str]:
    from structtuning_plugin.core.templates import builtin_templates

    used = [
        path
        for path in sorted(builtin_templates().glob("*/en/*/*.jinja"))
        if path.parent.name not in _NOT_TRAINED
    ]
    return [path.read_text(encoding="utf-8") for path in used if path.parts[-4] != "taxonomy"]


def save_start(
    folder: Path, hidden: int, layers: int, seed: int, texts: Sequence[str] | None = None
) -> None:
    """A random model with its tokenizer, whose words are those of the grammar, or of texts."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    tokenizer = make_tokenizer(texts)
    set_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=hidden * 5 // 2,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 32,
        num_key_value_heads=hidden // 32,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)

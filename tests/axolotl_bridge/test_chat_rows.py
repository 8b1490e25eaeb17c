"""Conversations as rows.

Every template that Axolotl ships and that the tests know, to the token.
"""

from __future__ import annotations

from typing import Any

import pytest

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.tokens import RowSize
from structtuning_plugin.core.types import Message
from tests.axolotl_bridge import tokenizers_made_here as tokenizers
from tests.axolotl_bridge.chats import TEMPLATES, chat_of, shown, talk

pytestmark = pytest.mark.axolotl

each_template = pytest.mark.parametrize("name", TEMPLATES)

ONE = talk("ua", "What turns?", "A wheel.")
TWO = [*ONE, *talk("ua", "Who?", "A rider.")]
SYSTEM = talk("s", "Be brief.")

_QWEN = "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
_NO_THOUGHT = "<think>\n\n</think>\n\n"


def im(role: str, text: str) -> str:
    return f"<|im_start|>{role}\n{text}\n"


def llama(role: str, text: str) -> str:
    return f"<|start_header_id|>{role}<|end_header_id|>\n\n{text}"


IM_FIRST = im("user", "What turns?<|im_end|>") + im("assistant", "⟦A wheel.<|im_end|>⟧")
IM_SECOND = im("user", "Who?<|im_end|>") + im("assistant", "⟦A rider.<|im_end|>⟧")
LLAMA_FIRST = llama("user", "What turns?<|eot_id|>") + llama("assistant", "⟦A wheel.<|eot_id|>⟧")
LLAMA_SECOND = llama("user", "Who?<|eot_id|>") + llama("assistant", "⟦A rider.<|eot_id|>⟧")
GEMMA_FIRST = (
    "<start_of_turn>user\nWhat turns?<end_of_turn>\n<start_of_turn>model\n⟦A wheel.<end_of_turn>⟧\n"
)
GEMMA_SECOND = (
    "<start_of_turn>user\nWho?<end_of_turn>\n<start_of_turn>model\n⟦A rider.<end_of_turn>⟧\n"
)
PHI_FIRST = "<|user|>\nWhat turns?<|end|>\n<|assistant|>\n⟦A wheel.<|end|>⟧\n"
PHI_SECOND = "<|user|>\nWho?<|end|>\n<|assistant|>\n⟦A rider.<|end|>⟧\n"
ALPACA_FIRST = "### Instruction:\nWhat turns?\n\n### Response:\n⟦A wheel.</s>⟧"
ALPACA_SECOND = "### Instruction:\nWho?\n\n### Response:\n⟦A rider.</s>⟧"

# One question; two; one after a system's turn.
ROWS = {
    "chatml": (IM_FIRST, IM_FIRST + IM_SECOND, im("system", "Be brief.<|im_end|>") + IM_FIRST),
    "llama3": (
        "<s>" + LLAMA_FIRST,
        "<s>" + LLAMA_FIRST + LLAMA_SECOND,
        "<s>" + llama("system", "Be brief.<|eot_id|>") + LLAMA_FIRST,
    ),
    # The blank before the answer is of the answer's first token.
    "mistral_v1": (
        "<s> [INST] What turns? [/INST]⟦ A wheel.</s>⟧",
        "<s> [INST] What turns? [/INST]⟦ A wheel.</s>⟧ [INST] Who? [/INST]⟦ A rider.</s>⟧",
        "<s> [INST] Be brief.\n\nWhat turns? [/INST]⟦ A wheel.</s>⟧",
    ),
    "mistral_v3_tekken": (
        "<s>[INST]What turns?[/INST]⟦A wheel.</s>⟧",
        "<s>[INST]What turns?[/INST]⟦A wheel.</s>⟧[INST]Who?[/INST]⟦A rider.</s>⟧",
        None,
    ),
    "gemma": ("<s>" + GEMMA_FIRST, "<s>" + GEMMA_FIRST + GEMMA_SECOND, None),
    "qwen_25": (
        _QWEN + IM_FIRST,
        _QWEN + IM_FIRST + IM_SECOND,
        im("system", "Be brief.<|im_end|>") + IM_FIRST,
    ),
    # Thoughts, empty ones, stand before the last answer only.
    "qwen3": (
        IM_FIRST.replace("⟦", f"{_NO_THOUGHT}⟦"),
        IM_FIRST + IM_SECOND.replace("⟦", f"{_NO_THOUGHT}⟦"),
        im("system", "Be brief.<|im_end|>") + IM_FIRST.replace("⟦", f"{_NO_THOUGHT}⟦"),
    ),
    "phi_3": (
        "<s>" + PHI_FIRST,
        "<s>" + PHI_FIRST + PHI_SECOND,
        "<s><|system|>\nBe brief.<|end|>\n" + PHI_FIRST,
    ),
    "alpaca": (
        "<s>" + ALPACA_FIRST,
        "<s>" + ALPACA_FIRST + "\n\n" + ALPACA_SECOND,
        "<s>Be brief.\n\n" + ALPACA_FIRST,
    ),
}


@each_template
def test_answers_and_their_ends_are_trained_and_nothing_else(name: str) -> None:
    tokenizer, chat = TEMPLATES[name].tokenizer(), chat_of(name)
    one, two, after_system = ROWS[name]
    assert shown(tokenizer, chat.tokenised(ONE)) == one
    assert shown(tokenizer, chat.tokenised(TWO)) == two
    if after_system is not None:
        assert shown(tokenizer, chat.tokenised([*SYSTEM, *ONE])) == after_system


@each_template
def test_sizes_are_those_of_the_rows(name: str) -> None:
    chat = chat_of(name)
    conversations = [ONE, TWO, *([[*SYSTEM, *TWO]] if TEMPLATES[name].has_system else [])]
    rows = [chat.tokenised(conversation) for conversation in conversations]
    trained = [sum(label != -100 for label in row["labels"]) for row in rows]
    expected = [
        RowSize(len(row["input_ids"]), count) for row, count in zip(rows, trained, strict=True)
    ]
    assert chat.sizes(conversations) == expected
    assert all(0 < size.trained < size.total for size in expected)


@each_template
def test_train_on_inputs_changes_nothing(name: str) -> None:
    assert chat_of(name, train_on_inputs=True).tokenised(TWO) == chat_of(name).tokenised(TWO)


# Answers that begin or end as what a turn is located by, or as the text around it does.
@pytest.mark.parametrize(
    "answer",
    [
        "[",
        "[[dummy",
        "zz",
        "z",
        "A wheel",
        "user",
        "a\n\nb",
        "é",
        "细胞。",
        "What turns?",
        "1 < 2 ]",
    ],
)
@each_template
def test_odd_answers_are_trained_whole(name: str, answer: str) -> None:
    tokenizer, chat = TEMPLATES[name].tokenizer(), chat_of(name)
    (size,) = chat.sizes([talk("ua", "What turns?", answer)])
    assert size.fault == ""
    row = chat.tokenised(talk("ua", "What turns?", answer))
    text = tokenizer.decode([label for label in row["labels"] if label != -100])
    assert text.lstrip(" ") == answer + (TEMPLATES[name].end or "</s>")


def test_a_system_that_gemma_refuses_is_a_fault() -> None:
    first, second = chat_of("gemma").sizes([[*SYSTEM, *ONE], ONE])
    assert first == RowSize(0, 0, "TemplateError: System role not supported")
    assert second.fault == ""


def test_a_system_that_a_template_passes_over_is_a_fault() -> None:
    (size,) = chat_of("mistral_v3_tekken").sizes([[*SYSTEM, *ONE]])
    assert size.fault == "the template leaves out what the system says, or a part of it"


def test_a_part_of_an_answer_that_a_template_cuts_off_is_a_fault() -> None:
    """As reasoning models' templates do with thoughts of earlier turns."""
    cuts = "{% for m in messages %}<{{ m.role }}>{{ m.content.split('||')[-1] }}</s>{% endfor %}"
    chat = chat_of("alpaca", chat_template="jinja", chat_template_jinja=cuts)
    whole, cut, question = chat.sizes(
        [ONE, talk("ua", "What?", "First||then."), talk("ua", "What||else?", "Nothing.")]
    )
    assert whole.fault == ""
    assert cut.fault == "the template leaves out what the assistant says, or a part of it"
    assert question.fault == "the template leaves out what the user says, or a part of it"


def test_a_template_that_trains_nothing_is_a_fault() -> None:
    chat = chat_of(
        "alpaca",
        chat_template="jinja",
        chat_template_jinja="{% for m in messages %}{{ m.content }}{% endfor %}",
    )
    (size,) = chat.sizes([[Message(role="user", content="What turns?")]])
    assert size.fault == "the template leaves nothing to train on"


def test_a_template_that_no_conversation_fits_is_refused_at_once() -> None:
    with pytest.raises(
        ConfigError, match="The chat template cannot render a conversation: TemplateError: never"
    ):
        chat_of(
            "alpaca", chat_template="jinja", chat_template_jinja="{{ raise_exception('never') }}"
        )


def test_an_end_of_turn_that_is_no_token_is_refused() -> None:
    with pytest.raises(
        ConfigError,
        match="The chat template cannot be used: EOT token '<|im_end|>' is encoded as multiple".replace(
            "|", r"\|"
        ),
    ):
        chat_of("alpaca", chat_template="chatml", eot_tokens=["<|im_end|>"])


def test_a_tokenizer_without_a_template_is_told_both_remedies() -> None:
    from structtuning_plugin.axolotl_bridge.chat import AxolotlChat

    with pytest.raises(ConfigError) as caught:
        AxolotlChat({"sequence_len": 512}, tokenizers.byte_level())
    assert str(caught.value) == (
        "The tokenizer has no chat template that could be used (`chat_template choice is tokenizer_default but tokenizer's "
        "chat_template is null. Please add a chat_template in tokenizer config). Name one in the recipe, such as "
        "`chat_template: chatml`, with its control tokens under `tokens:`, or set `structtuning.ssft.format: plain`."
    )


def test_an_unknown_template_is_told_so() -> None:
    with pytest.raises(ConfigError, match=r"Template 'chatlm' not found.*`chat_template: chatml`"):
        chat_of("chatml", chat_template="chatlm")


def test_a_tokenizers_own_template_is_used() -> None:
    from structtuning_plugin.axolotl_bridge.chat import AxolotlChat

    tokenizer: Any = tokenizers.byte_level()
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}\n{% endfor %}"
    )
    chat = AxolotlChat({"sequence_len": 512}, tokenizer)
    assert (
        shown(tokenizer, chat.tokenised(ONE))
        == "user: What turns?</s>\nassistant:⟦ A wheel.</s>⟧\n"
    )

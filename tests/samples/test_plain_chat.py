"""Conversations as plain text."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.tokens import RowSize
from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.samples.plain_chat import PlainChat
from tests.codecs import CharCodec, WordCodec
from tests.samples.building import BIKES
from tests.samples.ssft_building import LANGUAGES, QUESTIONS, builder_of, free, samples

CHAT = PlainChat(CharCodec(), QUESTIONS)
TURNS = (
    Message(role="system", content="Be brief."),
    Message(role="user", content="What is a pad?"),
    Message(role="assistant", content="A shoe."),
    Message(role="user", content="And why?"),
    Message(role="assistant", content="It rubs."),
)


def test_a_question_and_its_answer() -> None:
    assert CHAT.flatten(TURNS[1:3]) == ("Question: What is a pad?\nAnswer:\n", "A shoe.")
    assert CHAT.flatten(TURNS[1:3], "zh") == ("问题：What is a pad?\n答案：\n", "A shoe.")


def test_earlier_turns_stand_in_the_prompt() -> None:
    prompt = (
        "Be brief.\n\nQuestion: What is a pad?\nAnswer:\nA shoe.\n\nQuestion: And why?\nAnswer:\n"
    )
    assert CHAT.flatten(TURNS) == (prompt, "It rubs.")


@pytest.mark.parametrize("bos", [True, False])
def test_sizes_are_those_of_the_row_with_bos_and_eos(bos: bool) -> None:
    chat = PlainChat(CharCodec(bos=bos), QUESTIONS)
    prompt, completion = chat.flatten(TURNS)
    assert chat.sizes([TURNS, TURNS[1:3]], ["en", "en"]) == [
        RowSize(bos + len(prompt) + len(completion) + 1, len(completion) + 1),
        RowSize(bos + len("Question: What is a pad?\nAnswer:\nA shoe.") + 1, len("A shoe.") + 1),
    ]


def test_text_is_left_as_it_is() -> None:
    assert CHAT.neutral("</s> [INST] Question:") == "</s> [INST] Question:"


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_are_counted_in_the_words_that_they_are_written_with(language: str) -> None:
    several = QAPair(
        id="m#1",
        format="messages",
        question="And why?",
        answers=("It rubs.",),
        language=language,
        turns=TURNS,
    )
    codec = WordCodec()
    chat = PlainChat(codec, QUESTIONS)
    builder = builder_of(BIKES[0], chat=chat)
    builder.add_answers([free(language=language), several])
    for row, sample in zip(builder.rows, samples(builder), strict=True):
        prompt, completion = (
            len(ids) for ids in codec.encode(chat.flatten(sample.messages, sample.language))
        )
        assert (row.prompt_tokens, row.trained) == (1 + prompt, completion + 1)
    assert len(builder.rows) == 2

"""Records of each format, in the languages that we grade, and hypothesis strategies for more."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

from structtuning_plugin.core.types import QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest
from structtuning_plugin.questions.formats import (
    alpaca,
    longbench,
    messages,
    mmedbench,
    multiple_choice,
    plain,
    prompt_completion,
    squad,
)
from tests.strategies import words

FORMATS: dict[str, QAFormat] = {
    format_.name: format_
    for module in (
        mmedbench,
        longbench,
        alpaca,
        messages,
        squad,
        plain,
        multiple_choice,
        prompt_completion,
    )
    for format_ in module.register_qa_formats()
}

CHOICE = {
    "question": "Which organ filters old blood cells?",
    "options": {"A": "Liver", "B": "Spleen", "C": "Heart"},
    "answer": "Spleen",
    "answer_idx": "B",
    "rationale": "Its red pulp retains worn cells.",
}

QUESTIONS = {
    "en": ("Which organ filters blood?", ("Liver", "Spleen"), "It is small."),
    "zh": ("哪个器官过滤血液？", ("肝脏", "脾脏"), "它很小。"),
    "ja": ("血液をろ過する臓器はどれか。", ("肝臓", "脾臓"), "小さい。"),
    "fr": ("Quel organe filtre le sang ?", ("Le foie", "La rate"), "Elle est petite."),
    "ru": ("Какой орган фильтрует кровь?", ("Печень", "Селезёнка"), "Она мала."),
    "es": ("¿Qué órgano filtra la sangre?", ("El hígado", "El bazo"), "Es pequeño."),
}


def parse(name: str, record: dict[str, Any], language: str | None = None, **fields: str) -> QAPair:
    return FORMATS[name].parse(
        QARequest(id="set.jsonl#1", record=record, language=language, fields=fields)
    )


# Words that look like answers, letters and markers, among others.
tricky = st.sampled_from(
    (
        "A.",
        "B",
        "Answer:",
        "the answer is",
        "C. x;",
        "D",
        "答案：",
        "not",
        "\\boxed{B}",
        "**A**",
        "Ответ:",
        "or",
        "В",
    )
)
lines = st.lists(words | tricky, min_size=1, max_size=8).map(" ".join)
texts = st.lists(lines, min_size=1, max_size=3).map("\n".join)
languages = st.sampled_from(("en", "zh", "ja", "fr", "ru", "es", "de"))


@st.composite
def choices(draw: st.DrawFn) -> dict[str, Any]:
    options = draw(st.lists(lines, min_size=1, max_size=6))
    named = dict(zip(string.ascii_uppercase, options, strict=False))
    right = draw(st.lists(st.sampled_from(sorted(named)), min_size=1, unique=True))
    return {
        "question": draw(texts),
        "options": named,
        "answer_idx": right,
        "language": draw(languages),
    }


@st.composite
def conversations(draw: st.DrawFn) -> dict[str, Any]:
    system = [{"role": "system", "content": draw(texts)}] if draw(st.booleans()) else []
    exchanges = draw(st.lists(st.tuples(texts, texts), min_size=1, max_size=3))
    turns = [
        {"role": role, "content": text}
        for pair in exchanges
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
    return {"messages": [*system, *turns], "language": draw(languages)}


@st.composite
def classified(draw: st.DrawFn) -> dict[str, Any]:
    classes = draw(st.lists(lines, min_size=1, max_size=4, unique=True))
    return {
        "input": draw(texts),
        "answers": [draw(st.sampled_from(classes))],
        "all_classes": classes,
        "language": draw(languages),
    }


any_records = st.one_of(
    choices().map(lambda record: ("mmedbench", record)),
    choices().map(
        lambda r: (
            "plain",
            {"question": r["question"], "options": r["options"], "answer": r["answer_idx"]},
        )
    ),
    choices()
    .map(
        lambda r: (
            "multiple_choice",
            {"question": r["question"], **r["options"], "answer": r["answer_idx"]},
        )
    )
    .filter(lambda named: "B" in named[1]),
    conversations().map(lambda record: ("messages", record)),
    st.fixed_dictionaries({"prompt": texts, "completion": texts}).map(
        lambda r: ("prompt_completion", r)
    ),
    st.fixed_dictionaries(
        {"question": texts, "answers": st.fixed_dictionaries({"text": st.lists(texts, min_size=1)})}
    ).map(lambda r: ("squad", r)),
    classified().map(lambda record: ("longbench", record)),
    st.fixed_dictionaries(
        {"instruction": texts, "input": texts | st.just(""), "output": texts}
    ).map(lambda r: ("alpaca", r)),
    st.fixed_dictionaries(
        {"input": texts, "answers": st.lists(texts, min_size=1), "language": languages}
    ).map(lambda r: ("longbench", r)),
    st.fixed_dictionaries({"question": texts, "answer": texts | st.lists(texts, min_size=1)}).map(
        lambda r: ("plain", r)
    ),
)

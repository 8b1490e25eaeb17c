"""New questions: written, judged, kept if new; nothing of the model's words is changed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from structtuning_plugin.llm.types import Request
from structtuning_plugin.questions.walks.prompts import WalkQuestion
from structtuning_plugin.questions.walks.writing import TRIES, write
from structtuning_plugin.samples.ssft import SsftBuilder
from tests.questions.walks.building import (
    asked,
    at_desk,
    book,
    books,
    client_of,
    good,
    subject,
    walker_of,
    written,
)
from tests.samples.ssft_building import FORMATS, builder_of, choice, free, samples
from tests.trees import document, grow

LIBRARY = books((3, 5, 2, 6), (4, 4, 8), (2, 7))
TEXT = (
    "No nodule is noted; nothing is known.\n\nFor example, the latest example (see 参考 [1]) is the greatest.\n\n"
    "参考资料：无。\n\n\nSo the answer is no answer."
)


def rows_of(walked: list[WalkQuestion], tree: Any = LIBRARY[0]) -> SsftBuilder:
    builder = builder_of(tree)
    builder.add_walks(walked)
    return builder


def test_every_slot_gets_a_question_in_its_shape() -> None:
    found, dropped, client = written(LIBRARY, 40, judge=True)
    assert dropped == []
    assert [walked.pair.id for walked in found] == [f"walk/{slot}/0" for slot in range(40)]
    assert Counter(walked.shape for walked in found) == {"one_hop": 10, "across": 20, "inside": 10}
    assert len(asked(client)) == 80
    one, many = asked(client, "write_one"), asked(client, "write_many")
    assert (len(one), len(many), len(asked(client, "judge"))) == (10, 30, 40)
    assert all(len(subject(request).values["passages"]) == 1 for request in one)
    assert all(len(subject(request).values["passages"]) > 1 for request in many)
    first = found[0]
    assert (first.request != "", first.model, first.verdict) == (True, "m", "Nothing is wrong.")
    assert first.pair == free(
        "walk/0/0", "What is walk-0-0?", "number walk-0-0", explanation="It is walk-0-0."
    )


def test_a_prompt_shows_domain_paths_and_passages() -> None:
    found, _, client = written(LIBRARY, 40)
    by_id = {walked.pair.id: walked for walked in found}
    tree, chunks = LIBRARY
    texts = {chunk.id: chunk.text.strip() for chunk in chunks}
    for request in asked(client, "write_one") + asked(client, "write_many"):
        walked, values = by_id[request.about], subject(request).values
        assert values["domain"] == "Library"
        assert values["structure"].splitlines() == [
            " > ".join(tree.path_titles(tree.topics[t])) for t in walked.topic_ids
        ]
        assert values["passages"] == [texts[chunk_id] for chunk_id in walked.chunk_ids]
        assert values["structure"] in request.messages[0].content


def test_without_a_judge_none_is_asked() -> None:
    found, _, client = written(LIBRARY, 8, judge=False)
    assert len(found) == 8
    assert asked(client, "judge") == []
    assert {walked.verdict for walked in found} == {""}


@pytest.mark.parametrize("word", [True, "yes", "True", " YES"])
def test_words_for_truth_count_and_no_word_of_the_reason_does(word: Any) -> None:
    def answer(request: Request) -> Any:
        if subject(request).kind == "judge":
            return {"reason": TEXT, "answerable": word, "all_needed": word}
        return {**good(request), "explanation": TEXT}

    found, dropped, _ = written(LIBRARY, 12, answer)
    assert (len(found), dropped) == (12, [])
    for walked, sample in zip(found, samples(rows_of(found)), strict=True):
        assert walked.pair.explanation == TEXT
        assert sample.verdict == TEXT
        assert TEXT in sample.messages[-1].content
        assert sample.messages[-1].content.endswith(f"\n\nAnswer: {walked.pair.answers[0]}")


def test_a_question_judged_bad_gives_way_to_another_walk_of_its_shape_and_chapter() -> None:
    def answer(request: Request) -> Any:
        data = good(request)
        if subject(request).kind == "judge" and request.about.endswith("/0/judge"):
            data |= {"reason": "Passage 2 is not needed.", "all_needed": False}
        return data

    found, dropped, client = written(LIBRARY, 40, answer)
    walker = walker_of(LIBRARY, 40)
    assert [walked.pair.id for walked in found] == [f"walk/{slot}/1" for slot in range(40)]
    for slot, walked in enumerate(found):
        shape, chapter = walker.plan[slot]
        assert walked.shape == shape
        assert LIBRARY[0].chapter(LIBRARY[0].topics[walked.topic_ids[0]]).id == chapter.topic.id
    assert [(d.stage, d.id, d.reason, d.detail) for d in dropped] == [
        ("ssft", f"walk/{slot}/0", "judged", "Passage 2 is not needed.") for slot in range(40)
    ]
    assert len(asked(client)) == 160


def test_shapes_and_chapters_keep_their_shares_whatever_is_judged_bad() -> None:
    def answer(request: Request) -> Any:
        bad = subject(request).kind == "judge" and sum(map(ord, request.about)) % 7 == 0
        return good(request) | ({"answerable": False} if bad else {})

    found, dropped, _ = written(LIBRARY, 400, answer)
    assert len(found) > 395
    assert len(dropped) > 30
    shapes = Counter(walked.shape for walked in found)
    assert all(
        abs(shapes[shape] - count) <= 2
        for shape, count in {"one_hop": 100, "across": 195, "inside": 105}.items()
    )
    tree = LIBRARY[0]
    starts = Counter(tree.title(tree.chapter(tree.topics[walked.topic_ids[0]])) for walked in found)
    sizes = {"a0": 3, "a1": 5, "a2": 2, "a3": 6, "b0": 4, "b1": 4, "b2": 8, "c0": 2, "c1": 7}
    for chapter, size in sizes.items():
        fair = 400 * size / sum(sizes.values())
        assert 0.8 * fair <= starts[f"Chapter {chapter}"] <= 1.2 * fair


@pytest.mark.parametrize("key", ["answerable", "all_needed"])
def test_three_walks_are_tried_and_no_more(key: str) -> None:
    def answer(request: Request) -> Any:
        return good(request) | ({key: "no"} if subject(request).kind == "judge" else {})

    found, dropped, client = written(LIBRARY, 10, answer)
    assert found == []
    assert Counter(d.reason for d in dropped) == {"judged": 10 * TRIES}
    assert {d.id for d in dropped} == {
        f"walk/{slot}/{turn}" for slot in range(10) for turn in range(3)
    }
    assert len(asked(client)) == 2 * 10 * TRIES


def test_a_judge_without_a_usable_word_judges_nothing_good() -> None:
    def answer(request: Request) -> Any:
        return "Fine with me!" if subject(request).kind == "judge" else good(request)

    found, dropped, _ = written(LIBRARY, 4, answer)
    assert found == []
    assert {(d.reason, d.detail) for d in dropped} == {
        ("judged", "the judge gave no usable answer")
    }


def test_wrong_json_is_asked_for_again_with_what_is_wrong() -> None:
    def answer(request: Request) -> Any:
        if subject(request).kind != "judge" and len(request.messages) == 1:
            return {"question": "Why?", "answer": ["x"], "explanation": "e"}
        return good(request)

    client = client_of(answer)
    walker = walker_of(LIBRARY, 6)

    (found, dropped), session = at_desk(
        LIBRARY, client, lambda context: write(context, walker, (), FORMATS, True, lambda: None)
    )
    assert (len(found), dropped) == (6, [])
    assert [(f.about, f.reason, f.outcome, f.detail) for f in session.faults] == [
        (f"walk/{slot}/0", "wrong_answer", "asked_again", '"answer" must be a text.')
        for slot in range(6)
    ]
    again = [request for request in client.requests if len(request.messages) == 3]
    assert len(again) == 6
    assert all('"answer" must be a text.' in request.messages[-1].content for request in again)


def test_what_is_never_usable_is_no_question() -> None:
    found, dropped, client = written(LIBRARY, 3, lambda request: "Sure, here you are!")
    assert found == []
    assert {(d.reason, d.detail) for d in dropped} == {
        ("no_answer", "the model gave no usable question")
    }
    assert len(dropped) == 3 * TRIES
    assert len(client.requests) == 3 * TRIES * 3


def test_a_question_asked_before_gives_way() -> None:
    def answer(request: Request) -> Any:
        data = good(request)
        if subject(request).kind != "judge" and request.about.endswith("/0"):
            data["question"] = (
                "Of what IS a wheel made?"
                if request.about < "walk/2"
                else "is a wheel made of what"
            )
        return data

    found, dropped, _ = written(LIBRARY, 5, answer)
    assert [walked.pair.id for walked in found] == [
        "walk/0/0",
        *(f"walk/{slot}/1" for slot in range(1, 5)),
    ]
    assert Counter(d.reason for d in dropped) == {"asked_already": 4}


def test_a_question_of_the_users_own_is_not_asked_again() -> None:
    def answer(request: Request) -> Any:
        data = good(request)
        if subject(request).kind != "judge":
            data["question"] = "Of what is a wheel made?"
        return data

    found, dropped, _ = written(
        LIBRARY, 2, answer, examples=[free(question="What is a wheel made of?")]
    )
    assert found == []
    assert Counter(d.reason for d in dropped) == {"asked_already": 2 * TRIES}


def test_what_overlaps_a_held_out_question_gives_way() -> None:
    heard: list[tuple[str, str]] = []

    def is_held_out(text: str, language: str) -> str:
        heard.append((text, language))
        return "overlaps exam#1 (bag, 1.00)" if "walk-1-0" in text else ""

    found, dropped, _ = written(LIBRARY, 3, is_held_out=is_held_out)
    assert [walked.pair.id for walked in found] == ["walk/0/0", "walk/1/1", "walk/2/0"]
    assert [(d.id, d.reason, d.detail) for d in dropped] == [
        ("walk/1/0", "holdout", "overlaps exam#1 (bag, 1.00)")
    ]
    assert heard[0] == ("What is walk-0-0?\nnumber walk-0-0", "en")


EXAMPLE = choice(
    "own#1", ("Rubber", "Glass", "Cork", "Tin"), "B", question="What are panes made of?"
)


def test_a_training_question_is_the_example_of_form() -> None:
    _, _, client = written(
        LIBRARY, 20, examples=[free("own#2", "Why oil?", "It rusts.", language="fr"), EXAMPLE]
    )
    for request in asked(client, "write_one") + asked(client, "write_many"):
        assert subject(request).values["example"] == (
            "What are panes made of?\n\nA. Rubber\nB. Glass\nC. Cork\nD. Tin\nB. Glass"
        )
        assert subject(request).values["options"] is True


def test_another_languages_question_is_an_example_where_there_is_no_other() -> None:
    _, _, client = written(
        LIBRARY, 4, examples=[free("own#2", "Pourquoi ?", "Ça rouille.", language="fr")]
    )
    assert {
        subject(r).values["example"] for r in asked(client) if "example" in subject(r).values
    } == {"Pourquoi ?\nÇa rouille."}


def test_without_questions_no_example_is_shown() -> None:
    _, _, client = written(LIBRARY, 8)
    for request in asked(client, "write_one") + asked(client, "write_many"):
        assert (subject(request).values["example"], subject(request).values["options"]) == (
            "",
            False,
        )
        assert "as an example of form only" not in request.messages[0].content


def test_options_are_shuffled_and_the_right_letter_follows() -> None:
    found, _, _ = written(LIBRARY, 60, examples=[EXAMPLE])
    letters: Counter[str] = Counter()
    for walked, sample in zip(found, samples(rows_of(found)), strict=True):
        pair, number = walked.pair, walked.pair.id.replace("/", "-")
        assert sorted(text for _, text in pair.options) == sorted(
            f"{o}{number}" for o in ("right", "w1", "w2", "w3")
        )
        assert [letter for letter, _ in pair.options] == list("ABCD")
        (right,) = pair.correct
        assert dict(pair.options)[right] == f"right{number}" == pair.answers[0]
        assert not pair.several
        assert FORMATS[pair.format].grade(pair, sample.messages[-1].content) == 1.0
        letters[right] += 1
    assert set(letters) == set("ABCD")
    assert max(letters.values()) < 30
    assert {walked.pair.format for walked in found} == {"mmedbench"}


def test_each_walk_is_written_in_its_own_language() -> None:
    grown = grow([book("a", (3, 3)), book("b", (3, 3), language="zh")], domain="Library")
    found, _, client = written(grown, 30)
    by_id = {walked.pair.id: walked.pair.language for walked in found}
    assert set(by_id.values()) == {"en", "zh"}
    for request in asked(client, "write_one") + asked(client, "write_many"):
        assert ("JSON 回答" in request.messages[0].content) == (by_id[request.about] == "zh")


def test_a_long_passage_is_shown_to_a_token_count_and_cut_at_a_blank() -> None:
    text = " ".join(f"word{number}" for number in range(400))
    grown = grow([document("b.md", (1, "Book"), (2, "One"), text)], chunk_tokens=10_000)
    _, _, client = written(grown, 1)
    (passage,) = subject(client.requests[0]).values["passages"]
    assert passage.endswith(" […]")
    assert text.startswith(passage.removesuffix("[…]"))
    assert 1000 < len(passage) <= 1024 + len(" […]")


def test_no_text_no_question() -> None:
    assert written(grow([document("b.md", (1, "Book"))]), 5)[:2] == ([], [])

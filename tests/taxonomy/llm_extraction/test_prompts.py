"""What makes an answer usable, how a wrong one is named, and what can be saved of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.taxonomy.llm_extraction import prompts as questions
from structtuning_plugin.taxonomy.llm_extraction.prompts import Item, Question, QuestionKind
from structtuning_plugin.taxonomy.llm_extraction.windows import Group

LANGUAGES = ("en", "es", "fr", "ja", "ru", "zh")


def question(
    count: int = 3, kind: QuestionKind = "points", language: str = "en", title: str = "Cells"
) -> Question:
    items = tuple(
        Item(text=f"text {place}", start=10 * place, end=10 * place + 10) for place in range(count)
    )
    return Question(kind=kind, document_id="book.txt", title=title, language=language, items=items)


def rows(*groups: tuple[Any, Any, Any]) -> dict[str, Any]:
    return {
        "groups": [{"title": title, "start": start, "end": end} for title, start, end in groups]
    }


def test_a_right_answer() -> None:
    assert questions.check(question(), rows(("Membrane", 1, 2), ("Nucleus", 3, 3))) == [
        Group(start=0, end=2, title="Membrane"),
        Group(start=2, end=3, title="Nucleus"),
    ]


def test_a_bare_list_and_numbers_in_quotes_are_understood() -> None:
    assert questions.check(question(), [{"title": " Membrane ", "start": "1", "end": "3"}]) == [
        Group(start=0, end=3, title="Membrane")
    ]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (None, 'the answer must be a JSON object {"groups": [{"title", "start", "end"}, ...]}'),
        (
            {"groups": []},
            'the answer must be a JSON object {"groups": [{"title", "start", "end"}, ...]}',
        ),
        ({"groups": ["x"]}, "group 1 must be an object with title, start and end"),
        (rows(("a", 2, 3)), "group 1 starts at 2, but must start at 1: groups follow each other"),
        (
            rows(("a", 1, 1), ("b", 3, 3)),
            "group 2 starts at 3, but must start at 2: groups follow each other",
        ),
        (
            rows(("a", 1, 2), ("b", 2, 3)),
            "group 2 starts at 2, but must start at 3: groups follow each other",
        ),
        (rows(("a", 1, 4)), "group 1 ends at 4, but must end between 1 and 3"),
        (rows(("a", 1, 0)), "group 1 ends at 0, but must end between 1 and 3"),
        (
            rows(("a", 1, 2)),
            "the last group ends at 2, but must end at 3: every number belongs to a group",
        ),
        (rows(("a", 1, 1.5)), "group 1 needs whole numbers as start and end"),
        (rows(("a", True, 3)), "group 1 needs whole numbers as start and end"),
        (rows(("", 1, 3)), "the title of group 1 is missing or empty"),
        (rows((None, 1, 3)), "the title of group 1 is missing or empty"),
        (rows(("two\nlines", 1, 3)), "the title of group 1 must be one line of text"),
        (rows(("two\u2028lines", 1, 3)), "the title of group 1 must be one line of text"),
        (rows(("bell\x07", 1, 3)), "the title of group 1 must be one line of text"),
        (
            rows(("x" * 201, 1, 3)),
            "the title of group 1 has 201 characters; a heading has at most eight words",
        ),
    ],
)
def test_a_wrong_answer_is_named(data: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(fault)}$"):
        questions.check(question(), data)


@pytest.mark.parametrize(
    ("data", "saved"),
    [
        (rows(("a", 1, 1), ("b", 3, 3)), [(0, 2, "a"), (2, 3, "b")]),  # a hole
        (rows(("a", 1, 3), ("b", 2, 3)), [(0, 1, "a"), (1, 3, "b")]),  # an overlap
        (
            rows(("b", 3, 3), ("a", 2, 2)),
            [(0, 2, "a"), (2, 3, "b")],
        ),  # out of order, and nothing at the beginning
        (rows(("a", 1, 9), ("b", 9, 12)), [(0, 3, "a")]),  # beyond the end
        (rows(("a", 1, 1), ("", 2, 2)), [(0, 3, "a")]),  # a title that is none
        (rows(("a", 1, 1), ("again", 1, 2)), [(0, 3, "a")]),  # the same start twice
        (rows(("", 1, 3)), None),
        ({"answer": 42}, None),
        ("prose", None),
    ],
)
def test_what_can_be_saved_of_a_wrong_answer(
    data: Any, saved: list[tuple[int, int, str]] | None
) -> None:
    found = questions.repair(question(), data)
    assert (
        found is None
        if saved is None
        else [(g.start, g.end, g.title) for g in found or ()] == saved
    )


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "title": st.text(max_size=5) | st.none(),
                "start": st.integers(-2, 9),
                "end": st.integers(-2, 9),
            }
        )
    )
)
def test_whatever_is_saved_is_a_right_answer(groups: list[dict[str, Any]]) -> None:
    asked = question(count=6)
    saved = questions.repair(asked, {"groups": groups})
    if saved is not None:
        assert questions.check(asked, questions.answer("points", saved)) == saved


def test_sections_say_whether_their_first_member_introduces_them() -> None:
    groups = [Group(start=0, end=2, title="a", intro=True), Group(start=2, end=3, title="b")]
    written = questions.answer("sections", groups)
    assert written["groups"][0] == {"title": "a", "start": 1, "end": 2, "intro": True}
    assert questions.check(question(kind="sections"), written) == groups


def test_the_schema_demands_what_check_reads() -> None:
    group = questions.schema("sections")["properties"]["groups"]["items"]
    assert group["required"] == ["title", "start", "end", "intro"]
    assert group["additionalProperties"] is False
    assert questions.schema("title")["required"] == ["title"]


def test_the_schema_ends_an_answer_that_a_small_model_would_repeat() -> None:
    assert questions.schema("points", 7)["properties"]["groups"]["maxItems"] == 7
    assert questions.schema("levels", 7)["properties"]["levels"]["maxItems"] == 7
    assert "maxItems" not in questions.schema("points")["properties"]["groups"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["points", "sections", "subjects", "title"])
def test_every_language_has_every_prompt(language: str, kind: QuestionKind) -> None:
    prompts = Wordings([builtin_templates()], "taxonomy")
    assert [wording.id for wording in prompts.pool(language, kind)] == [f"{language}/{kind}/01"]
    system, user = questions.messages(
        question(count=7, kind=kind, language=language, title="{{ 7*7 }}"), prompts, seed=1
    )
    assert (system.role, user.role) == ("system", "user")
    assert "text 0" in user.content
    if kind != "title":
        assert "{{ 7*7 }}" in user.content
        assert "7. text 6" in user.content
        assert '{"groups": [{"title": "' in user.content


def test_a_language_without_prompts_is_asked_in_english() -> None:
    prompts = Wordings([builtin_templates()], "taxonomy")
    asked = questions.messages(question(language="pl"), prompts, seed=1)
    assert asked == questions.messages(question(language="en"), prompts, seed=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_answer_is_named_in_the_documents_language(language: str) -> None:
    prompts = Wordings([builtin_templates()], "taxonomy")
    told = questions.again(question(language=language), prompts, 1, "group 2 starts at 3")
    assert "group 2 starts at 3" in told
    assert "JSON" in told
    assert told == questions.again(question(language=language), prompts, 1, "group 2 starts at 3")
    assert (
        told == questions.again(question(language="en"), prompts, 1, "group 2 starts at 3")
    ) == (language == "en")


def test_about_names_the_place() -> None:
    assert question().about == "points book.txt 0-30"

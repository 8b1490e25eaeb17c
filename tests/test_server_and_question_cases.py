"""Each kind of server, set of questions and graded reply that failed in public, and its tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SERVERS = "tests/build/test_server_cases.py"
QUESTIONS = "tests/questions/formats/test_cases.py"
TESTS = {
    "51-thoughts-cut-off-with-a-draft": (
        SERVERS,
        "test_a_draft_in_thoughts_that_were_cut_off_is_no_answer",
    ),
    "52-json-in-reasoning-content": (
        SERVERS,
        "test_the_answer_is_used_wherever_the_message_has_it",
    ),
    "53-content-as-parts": (SERVERS, "test_the_answer_is_used_wherever_the_message_has_it"),
    "55-parameters-refused": (SERVERS, "test_what_is_refused_is_left_out_and_told_once"),
    "56-few-questions-all-refused": (
        SERVERS,
        "test_a_build_whose_requests_are_all_refused_is_an_error",
    ),
    "57-schema-answered-with-500": (SERVERS, "test_what_is_refused_is_left_out_and_told_once"),
    "60-poisoned-cache": (SERVERS, "test_a_work_dir_heals_when_the_provider_is_well_again"),
    "61-markdown-in-titles": (SERVERS, "test_markdown_and_numbers_are_no_part_of_a_title"),
    "70-thoughts-are-graded": (
        "tests/evaluation/test_reasoning_replies.py",
        "test_replies_that_were_graded_wrongly",
    ),
    "71-options-lost": (QUESTIONS, "test_options_are_asked_and_the_right_one_is_answered"),
    "72-history-and-system-lost": (QUESTIONS, "test_history_and_system_are_trained_on_whole"),
    "73-reasoning-data-damaged": (
        QUESTIONS,
        "test_thoughts_are_the_explanation_and_no_word_is_damaged",
    ),
    "75-shapes-not-readable": (
        QUESTIONS,
        "test_files_of_generators_are_trained_on_as_they_are",
    ),
}


@pytest.mark.parametrize("case", TESTS)
def test_the_case_has_its_test(case: str, project: Path) -> None:
    path, name = TESTS[case]
    tree = ast.parse((project / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

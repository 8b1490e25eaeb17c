"""What decides the fingerprint of `ssft`, and what decides it without touching the tree or the rows
of `scpt`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build.plan import Plan, RecipeFacts, config_of, make_plan
from structtuning_plugin.config import SsftConfig, parse_block
from structtuning_plugin.config.ssft import WalkConfig
from structtuning_plugin.core import templates as rendering
from structtuning_plugin.questions.retrieval import options
from tests.build.ssft_building import LLM, write_qa

OWN = [{"question": "What is a pad?", "answer": "A shoe."}]
EXAM = [{"question": "What is a rim?", "answer": "A hoop."}]
EVERY, TREE, NOTHING = ["documents", "taxonomy", "scpt", "ssft"], ["taxonomy", "scpt", "ssft"], []


@pytest.fixture(scope="module", autouse=True)
def _few_wordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One of each stage: reading them all takes longer than these tests."""
    folder = tmp_path_factory.mktemp("templates")
    for stage in ("scpt", "taxonomy", "ssft", "qa"):
        _wording(folder, stage, "{{ domain }}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "builtin_templates", lambda: folder)
        yield


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return _lay_out(tmp_path)


def _lay_out(base: Path) -> Path:
    for name in ("a", "b"):
        (base / name / "corpus").mkdir(parents=True)
        (base / name / "corpus" / "book.md").write_text("# Book\n\nText.\n", encoding="utf-8")
        write_qa(base / name / "own.jsonl", OWN)
        write_qa(base / name / "exam.jsonl", EXAM)
    return base


def plan_of(
    base: Path,
    ssft: dict[str, Any] | None = None,
    *,
    chat: str = "c",
    seed: int = 1,
    **changes: Any,
) -> Plan:
    given = {"qa": ["own.jsonl"], "holdout": ["exam.jsonl"], **(ssft or {})}
    block = {
        "stage": ["scpt", "ssft"],
        "domain": "D",
        "corpus": ["corpus"],
        "ssft": given,
        **changes,
    }
    facts = RecipeFacts(sequence_len=512, seed=seed, tokenizer="t", chat=chat)
    return make_plan(parse_block(block).absolute(base), facts)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan that others are compared with; where it lies does not count."""
    return plan_of(_lay_out(tmp_path_factory.mktemp("before")) / "a")


@pytest.fixture(scope="module")
def helped(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_of(_lay_out(tmp_path_factory.mktemp("helped")) / "a", llm=LLM)


def changed(before: Plan, after: Plan) -> list[str]:
    return [stage for stage in before.stages if before.keys[stage] != after.keys[stage]]


def _wording(folder: Path, stage: str, text: str) -> None:
    path = folder / stage / "en" / "reasoned-path" / "01.jinja"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


SSFT_CHANGES: list[dict[str, Any]] = [
    {"preset": "paper"},
    {"qa": []},
    {"qa": [{"path": "own.jsonl", "language": "fr"}]},
    {"qa": ["own.jsonl", "exam.jsonl"]},
    {"holdout": []},
    {"kinds": ["answer"]},
    {"context": "mindmap"},
    {"shares": {"walk": 0.2}},
    {"format": "plain"},
    {"system": "Be brief."},
    {"retriever": "hybrid", "retriever_options": {"model": "m"}},
    {"least_fit": 0.4},
    {"passages": 2},
    {"exercises": 3},
    {"forms_per_fact": 2},
    {"exercise_tokens": 500},
    {"rewrite": False},
    {"walks": {"count": 9}},
    {"walks": {"one_hop": 0.3}},
    {"walks": {"across": 0.6}},
    {"walks": {"judge": False}},
    {"template_dirs": ["wordings"]},
]


@pytest.mark.parametrize("ssft", SSFT_CHANGES)
def test_a_key_of_ssft_decides_its_rows_and_no_others(
    base: Path, before: Plan, ssft: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        options, "find_spec", lambda name: True
    )  # the extra `dense` need not be installed
    _wording(base / "a" / "wordings", "ssft", "{{ answer }}")
    assert changed(before, plan_of(base / "a", ssft)) == ["ssft"]


def test_every_key_of_ssft_is_in_that_list() -> None:
    listed = {key for changes in SSFT_CHANGES for key in changes}
    assert listed == set(SsftConfig.model_fields)
    assert {key for changes in SSFT_CHANGES for key in changes.get("walks", {})} == set(
        WalkConfig.model_fields
    )


@pytest.mark.parametrize("name", ["own.jsonl", "exam.jsonl"])
def test_the_content_of_questions_counts_not_where_they_lie(
    base: Path, before: Plan, name: str
) -> None:
    assert changed(before, plan_of(base / "b")) == NOTHING
    write_qa(base / "b" / name, [{"question": "What is a hub?", "answer": "A box."}])
    assert changed(before, plan_of(base / "b")) == ["ssft"]


def test_folders_and_globs_of_questions_that_find_the_same_are_the_same(base: Path) -> None:
    (base / "a" / "qa").mkdir()
    shutil.copy(base / "a" / "own.jsonl", base / "a" / "qa" / "own.jsonl")
    before = plan_of(base / "a", {"qa": ["qa"]})
    assert changed(before, plan_of(base / "a", {"qa": ["qa/*.jsonl"]})) == NOTHING


@pytest.mark.parametrize("stage", ["ssft", "qa"])
def test_the_text_of_a_wording_counts_not_where_it_lies(base: Path, stage: str) -> None:
    for name in ("one", "two"):
        _wording(base / "a" / name, stage, "{{ answer }}")
    before = plan_of(base / "a", {"template_dirs": ["one"]})
    assert changed(plan_of(base / "a"), before) == ["ssft"]
    assert changed(before, plan_of(base / "a", {"template_dirs": ["two"]})) == NOTHING
    _wording(base / "a" / "two", stage, "{{ answer }}!")
    assert changed(before, plan_of(base / "a", {"template_dirs": ["two"]})) == ["ssft"]


def test_the_chat_template_decides_these_rows_alone(base: Path, before: Plan) -> None:
    assert changed(before, plan_of(base / "a", chat="other")) == ["ssft"]


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({"eval": {}}, ["scpt", "ssft"]),
        ({"seed": 2}, ["scpt", "ssft"]),
        ({"scpt": {"wordings": 2}}, ["scpt"]),
        ({"scpt": {"context": "mindmap"}}, TREE),
        ({"domain": "E"}, TREE),
        ({"taxonomy": {"headings": "infer"}}, EVERY),
        ({"replay": {"datasets": ["own.jsonl"]}}, ["scpt", "ssft"]),
        ({"on_error": "skip"}, NOTHING),
        ({"work_dir": "elsewhere"}, NOTHING),
        ({"max_workers": 3, "engine": "ray"}, NOTHING),
    ],
)
def test_other_keys_of_the_block(
    base: Path, before: Plan, changes: dict[str, Any], stages: list[str]
) -> None:
    assert changed(before, plan_of(base / "a", **changes)) == stages


@pytest.mark.parametrize(
    "reached",
    [
        {"base_url": "http://b/v1"},
        {"api_key_env": "X"},
        {"max_concurrency": 2},
        {"timeout": 9},
        {"max_retries": 1},
        {"budget": {"tokens": 5}},
    ],
)
def test_how_the_model_is_reached_does_not_count(
    base: Path, helped: Plan, reached: dict[str, Any]
) -> None:
    assert changed(helped, plan_of(base / "a", llm={**LLM, **reached})) == NOTHING


@pytest.mark.parametrize(
    "asked", [{"model": "n"}, {"temperature": 0.5}, {"seed": 9}, {"max_output_tokens": 99}]
)
def test_what_the_model_is_asked_counts(base: Path, helped: Plan, asked: dict[str, Any]) -> None:
    # The tree may be the model's, too.
    assert changed(helped, plan_of(base / "a", llm={**LLM, **asked})) == TREE


def test_what_decides_the_rows_is_the_same_without_the_other_stage(base: Path) -> None:
    both, alone = plan_of(base / "a"), plan_of(base / "a", stage="ssft")
    assert {stage: both.keys[stage] for stage in alone.stages} == dict(alone.keys)


def test_a_pre_training_recipe_reads_no_questions(base: Path) -> None:
    first = plan_of(base / "a", stage="scpt")
    (base / "a" / "own.jsonl").unlink()
    again = plan_of(base / "a", stage="scpt")
    assert first.keys == again.keys
    assert list(again.questions.train) == []


def test_the_manifests_block_names_no_place(base: Path) -> None:
    assert str(base) not in str(config_of(plan_of(base / "a", llm=LLM)))

"""A whole build with a study: rows of both stages, resuming, budget, estimate, hold-outs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build.pipeline import build, estimate
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.build.summary import closing_lines, summary
from structtuning_plugin.commands.trace import _why_not, origin
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.errors import ConfigError, LLMError, TemplateError
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.types import Request
from tests.build.building import PROGRESS
from tests.build.ssft_building import HELD_OUT, LLM, hashes, write_qa
from tests.build.study_building import (
    SSFT,
    built,
    counts_of,
    dropped_of,
    essay,
    plan_of,
    rows_of,
)
from tests.chats import WordChat
from tests.codecs import WordCodec
from tests.questions.study.building import client_of, passage_of

Built = tuple[Plan, ScriptedClient]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Built:
    client = client_of(essay)
    return built(tmp_path_factory.mktemp("study"), client=client), client


def test_every_form_is_a_row_of_its_stage(whole: Built) -> None:
    plan, _ = whole
    forms = {form.id: form for form in plan.load_forms()}
    texts, asked = rows_of(plan, "scpt"), rows_of(plan, "ssft")
    assert {row["id"] for row in texts} == {form.id for form in plan.load_forms("scpt")}
    assert {row["id"] for row in [*texts, *asked]} == set(forms)
    for row in texts:
        form = forms[row["id"]]
        assert (row["completion"], row["eos"]) == (form.text, True)
        assert row["kind"] == f"study-{form.prompt}"
        assert (row["topic_id"], tuple(row["chunk_ids"])) == (form.topic_ids[0], form.chunk_ids)
    assert {row["kind"] for row in asked} == {"study-questions", "study-faq"}


def test_a_text_has_its_place_as_a_passage_has_it(whole: Built) -> None:
    plan, _ = whole
    passages = {
        row["topic_id"]: row["prompt"] for row in plan.load_rows("scpt") if row["kind"] == "passage"
    }
    alone = [row for row in rows_of(plan, "scpt") if row["kind"] == "study-restatement"]
    assert alone
    for row in alone:
        assert row["prompt"] == passages[row["topic_id"]]
        assert row["template"] == "en/passage-path/01"
    for row in rows_of(plan, "scpt"):
        if row["kind"] in ("study-comparison", "study-links"):
            assert row["prompt"].count("\n") == 3
            assert row["prompt"].endswith("\n\n")


def test_no_question_has_its_passage_in_the_prompt(whole: Built) -> None:
    plan, _ = whole
    _, _, chunks = plan.load_taxonomy()
    texts = {chunk.id: chunk.text for chunk in chunks}
    forms = {form.id: form for form in plan.load_forms("ssft")}
    bare = 0
    for row in rows_of(plan, "ssft"):
        user, answer = (message["content"] for message in row["messages"])
        form = forms[row["id"]]
        assert form.question in user
        sentences = [line for line in texts[row["chunk_ids"][0]].split(". ") if len(line) > 20]
        assert not any(line in user for line in sentences)
        assert answer.endswith(form.text)
        assert (tuple(row["topic_ids"]), row["qa_id"]) == (form.topic_ids, "")
        assert (len(row["request"]), row["model"]) == (64, "m")
        if row["structure"]:
            assert answer.startswith(row["structure"])
        else:
            assert answer == form.text
            bare += 1
    assert 0.2 < bare / len(forms) < 0.8


def test_the_figures(whole: Built) -> None:
    plan, client = whole
    counts = counts_of(plan)
    assert counts["passages"] == 51
    assert 0.98 <= counts["tokens"] / counts["tokens_of_passages"] <= 1.02
    assert counts["budget_tokens"] == counts["tokens_of_passages"]
    assert sum(counts["forms"].values()) == len(plan.load_forms())
    assert sum(counts["tokens_by_prompt"].values()) == counts["tokens"]
    assert counts["passages_without_form"] == 0
    assert len(counts["forms"]) == 14
    assert summary(plan)["study"]["forms"] == counts["forms"]
    table = "\n".join(closing_lines(plan))
    figures = f"{counts['tokens']:,} of {counts['budget_tokens']:,} tokens"
    assert f"{figures}, {counts['tokens'] / counts['budget_tokens']:.2f} for each token of" in table
    assert f"{len(client.requests):,} sent" in table


def test_an_estimate_sends_nothing_and_is_near(whole: Built, tmp_path: Path) -> None:
    client = client_of(essay)
    plan = plan_of(tmp_path, client=client)
    costs = estimate(plan, WordCodec(), PROGRESS, WordChat())
    assert client.requests == []
    assert costs.requests > 50
    left = estimate(whole[0], WordCodec(), PROGRESS, WordChat())
    assert (left.requests, left.answered) == (0, len(whole[1].requests))


def test_a_killed_build_goes_on_where_it_was(whole: Built, tmp_path: Path) -> None:
    count = 0

    def dying(request: Request) -> Any:
        nonlocal count
        count += 1
        if count > 40:
            raise KeyboardInterrupt
        return essay(request)

    with pytest.raises(KeyboardInterrupt):
        built(tmp_path, client=client_of(dying))
    again = client_of(essay)
    plan = built(tmp_path, client=again)
    assert len(again.requests) <= len(whole[1].requests) - 40 + 16
    assert len(again.requests) >= len(whole[1].requests) - 40
    ours = {k: v for k, v in hashes(tmp_path / "work").items() if k.endswith(".arrow")}
    theirs = hashes(Path(whole[0].block.work_dir))
    assert ours == {k: v for k, v in theirs.items() if k.endswith(".arrow")}
    assert (plan.folder("study") / "forms.jsonl").read_bytes() == (
        whole[0].folder("study") / "forms.jsonl"
    ).read_bytes()


def test_a_spent_budget_stops_the_build_and_keeps_the_answers(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, llm={**LLM, "budget": {"requests": 30}})
    with pytest.raises(LLMError, match=r"`structtuning\.llm\.budget\.requests: 30`"):
        build(plan, WordCodec(), PROGRESS, WordChat())
    assert not plan.has("study")
    left = estimate(plan, WordCodec(), PROGRESS, WordChat())
    assert left.answered == 30


def test_a_second_build_sends_nothing(whole: Built) -> None:
    plan, client = whole
    sent = len(client.requests)
    (plan.folder("study") / "manifest.json").unlink()
    before = (plan.folder("study") / "forms.jsonl").read_bytes()
    assert build(plan, WordCodec(), PROGRESS, WordChat())
    assert len(client.requests) == sent
    assert (plan.folder("study") / "forms.jsonl").read_bytes() == before


def test_trace_explains_a_row_of_each_stage(whole: Built) -> None:
    plan, _ = whole
    text = next(row for row in rows_of(plan, "scpt") if row["kind"] == "study-case")
    record = origin(plan, text)
    form = next(form for form in plan.load_forms() if form.id == text["id"])
    assert (record["kind"], record["prompt"], record["round"]) == ("study-case", "case", "1")
    assert record["facts"] == list(form.facts) != []
    assert record["request"] == form.request
    assert (record["model"], record["verdict"]) == ("m", "The passage says so.")
    assert record["chunks"][0]["file"] == "the_bicycle.md"
    pair = next(row for row in rows_of(plan, "scpt") if row["kind"] == "study-comparison")
    assert len(origin(plan, pair)["topics"]) == 2
    asked = rows_of(plan, "ssft")[0]
    assert origin(plan, asked)["prompt"] == asked["kind"].removeprefix("study-")


# --- what is left out


def test_what_is_left_out_is_listed_and_traced(tmp_path: Path) -> None:
    def answer(request: Request) -> Any:
        data = essay(request)
        if request.about.startswith("study-case/") and not request.about.endswith("/judge"):
            return {"text": "I'm sorry, but I can't help with that. " * 3}
        return data

    plan = built(tmp_path, client=client_of(answer), study={"prompts": ["case", "concepts"]})
    refusals = dropped_of(plan, "refusal")
    assert counts_of(plan)["dropped"]["refusal"] == len(refusals) > 10
    said = _why_not(plan, refusals[0].id, [])
    assert said == f"The sample `{refusals[0].id}` was left out (`refusal`): i'm sorry."
    assert "left out of the study" in "\n".join(closing_lines(plan))
    assert {form.prompt for form in plan.load_forms()} == {"concepts"}


def test_nothing_of_a_held_out_question_is_written(tmp_path: Path) -> None:
    secret = {"question": "Which zorble turns the quixel of a Penny?", "answer": "The wumpus"}
    exam = write_qa(tmp_path / "exam.jsonl", [secret])

    def answer(request: Request) -> Any:
        data = essay(request)
        if request.about.startswith("study-case/") and "text" in data:
            data["text"] += f" {secret['question']} {secret['answer']}."
        if request.about.startswith("study-faq/") and "questions" in data:
            data["questions"][0]["question"] = f"So, {secret['question'].lower()}"
        return data

    client = client_of(answer)
    plan = built(
        tmp_path,
        client=client,
        stage=["scpt", "ssft"],
        ssft={**SSFT, "holdout": [exam]},
        study={"prompts": ["case", "faq", "concepts"]},
    )
    overlapping = dropped_of(plan, "holdout")
    assert Counter(item.id.split("/")[0] for item in overlapping).keys() == {
        "study-case",
        "study-faq",
    }
    rows = json.dumps([rows_of(plan, "scpt"), rows_of(plan, "ssft")])
    assert "zorble" not in rows
    first = [request for request in client.requests if not request.about.endswith("/judge")]
    assert all("zorble" not in request.messages[0].content for request in first)


def test_held_out_questions_count_for_pre_training_too(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, stage="scpt", ssft={"holdout": HELD_OUT})
    without = plan_of(tmp_path, stage="scpt")
    assert plan.keys["study"] != without.keys["study"]
    assert len(plan.questions.holdout) == 1


def test_held_out_topics_are_never_shown(tmp_path: Path) -> None:
    client = client_of(essay)
    plan = built(tmp_path, client=client, eval={"share": 0.3})
    _, _, chunks = plan.load_taxonomy()
    held_out = {row["id"].removeprefix("passage/") for row in plan.load_rows("scpt", "eval")}
    texts = [chunk.text.strip() for chunk in chunks if chunk.id in held_out]
    assert texts
    shown = "\n".join(request.messages[0].content for request in client.requests)
    assert not any(text in shown for text in texts)


def test_no_question_is_about_a_probed_point(tmp_path: Path) -> None:
    from structtuning_plugin.build.held_out import split_corpus

    client = client_of(essay)
    plan = built(tmp_path, client=client, probes={"share": 0.3}, study={"tokens_per_token": 2})
    probed = split_corpus(plan, *plan.load_taxonomy()).probed
    assert probed
    about = {topic for form in plan.load_forms("ssft") for topic in form.topic_ids}
    assert about
    assert not about & probed
    assert {topic for form in plan.load_forms("scpt") for topic in form.topic_ids} & probed


# --- one stage, chosen prompts, fingerprints


def test_a_stage_alone_has_the_prompts_of_its_rows(tmp_path: Path) -> None:
    plan = built(tmp_path, stage="ssft", study={"tokens_per_token": 0.5})
    assert [prompt.name for prompt in plan.prompts] == ["questions", "faq"]
    assert "scpt" not in plan.keys
    passages = {passage_of(form.id) for form in plan.load_forms()}
    assert len(passages) > 20


def test_rows_without_place_where_passages_have_none(tmp_path: Path) -> None:
    plan = built(tmp_path, stage="scpt", scpt={"context": "none"}, study={"tokens_per_token": 0.3})
    assert {row["prompt"] for row in rows_of(plan, "scpt")} == {""}


def test_what_decides_the_forms_changes_their_key(tmp_path: Path) -> None:
    keys = [
        plan_of(tmp_path, **changes).keys["study"]
        for changes in (
            {},
            {"study": {"tokens_per_token": 2}},
            {"study": {"forms_per_fact": 3}},
            {"study": {"judge": False}},
            {"study": {"prompts": ["case"]}},
            {"stage": "scpt"},
            {"eval": {"share": 0.2}},
            {"probes": {"share": 0.2}},
            {"seed": 2},
            {"llm": {**LLM, "temperature": 0.5}},
        )
    ]
    assert len(set(keys)) == len(keys)
    assert plan_of(tmp_path, ssft={**SSFT, "exercises": 2}).keys["study"] == keys[0]
    named = plan_of(tmp_path, study={"prompts": [p.name for p in plan_of(tmp_path).prompts]})
    assert named.keys["study"] == keys[0]


def test_the_rows_depend_on_the_study(tmp_path: Path) -> None:
    with_study, without = plan_of(tmp_path), plan_of(tmp_path, study=None)
    for stage in ("scpt", "ssft"):
        assert with_study.keys[stage] != without.keys[stage]
    assert "study" not in without.keys
    assert "study" in with_study.stages


# --- the block


BLOCK: dict[str, Any] = {"domain": "Bicycles", "corpus": ["books"], "llm": LLM}


@pytest.mark.parametrize(
    ("study", "message"),
    [
        ({"prompts": []}, "study.prompts: `prompts` is empty: name at least one prompt"),
        ({"tokens_per_token": 0}, "study.tokens_per_token: Input should be greater than 0"),
        ({"tokens_per_token": 501}, "study.tokens_per_token: Input should be less than or equal"),
        ({"forms_per_fact": 0}, "study.forms_per_fact: Input should be greater than or equal to 1"),
        ({"judges": True}, "study: Unknown key `judges`. Did you mean `judge`?"),
        ({"judge": "perhaps"}, "study.judge: Input should be a valid boolean"),
    ],
)
def test_faults_of_the_block(study: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_block({**BLOCK, "study": study})
    assert f"structtuning.{message}" in str(caught.value)


def test_a_study_needs_a_model() -> None:
    with pytest.raises(ConfigError, match="`study` needs a model to ask: add `llm:`"):
        parse_block({**BLOCK, "llm": None, "study": {}})


def test_an_unknown_prompt_has_a_hint(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, study={"prompts": ["fact", "case"]})
    message = "structtuning.study.prompts: Unknown prompt `fact`. Did you mean `facts`?"
    assert message in str(caught.value)


def test_prompts_of_another_stage_alone_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, stage="ssft", study={"prompts": ["case", "facts"]})
    assert "none of these has rows for `stage: ssft`. Prompts that have: questions, faq." in str(
        caught.value
    )


def test_own_wordings_and_missing_ones(tmp_path: Path) -> None:
    own = tmp_path / "mine" / "study" / "en" / "case"
    own.mkdir(parents=True)
    (own / "01.jinja").write_text("Write the case of {{ name }}.", encoding="utf-8")
    client = client_of(essay)
    settings = {"prompts": ["case"], "tokens_per_token": 0.1, "template_dirs": ["mine"]}
    built(tmp_path, client=client, study=settings, stage="scpt")
    assert "Write the case of " in client.requests[0].messages[0].content
    (own / "01.jinja").write_text("", encoding="utf-8")
    with pytest.raises(TemplateError, match="There is no wording `case` in en"):
        plan_of(tmp_path, study=settings, stage="scpt")

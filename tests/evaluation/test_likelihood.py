"""Likelihood measures: hand-computed values, forms of prompts, token boundaries, resumed runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from structtuning_plugin.axolotl_bridge.codec import encode_pair
from structtuning_plugin.axolotl_bridge.likelihood import LocalScorer, score_pairs
from structtuning_plugin.axolotl_bridge.models import load_model
from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation import results
from structtuning_plugin.evaluation.likelihood import (
    FORMS,
    Candidates,
    Prompted,
    build_graded_row,
    build_prompts,
    get_candidates,
    measure,
    measure_all,
    score_all,
)
from structtuning_plugin.evaluation.predictions import LIKELIHOODS, load_likelihoods, open_run
from structtuning_plugin.evaluation.statistics import compare, compute_smallest_difference
from structtuning_plugin.evaluation.types import Question
from structtuning_plugin.questions.prompts import PromptBuilder
from tests.evaluation.asking import CHOICE, CHOICES, FORMATS, QA, questions

QUIET = Progress(quiet=True)
WRONG = {"question": "What turns?", "answer": "a wheel", "wrong": ["a rim", "a spoke", "a rim"]}


def prompts_of(found: Sequence[Question]) -> list[Prompted]:
    return build_prompts(found, PromptBuilder(formats=FORMATS, wordings=QA, domain=""), QA)[0]


# --- measures


def test_measures_are_those_computed_by_hand() -> None:
    candidates = Candidates(texts=("ab", "abcdé", "a"), right=(1,))
    measures = measure(candidates, [-4.0, -6.0, -3.0])
    # Per character: -2, -1.2, -3. Per byte ("é" has two): -2, -1, -3.
    assert measures == {
        "margin": -6.0 + 3.5,
        "bits_per_byte": pytest.approx(1 / math.log(2)),
        "pairs": 0.0,
        "acc": 0.0,
        "acc_norm": 1.0,
        "acc_bytes": 1.0,
    }
    assert measure(candidates, [-4.0, -3.5, -3.0])["pairs"] == 0.5


def test_several_right_answers_count_each() -> None:
    candidates = Candidates(texts=("a", "b", "c", "d"), right=(0, 1))
    measures = measure(candidates, [-1.0, -5.0, -2.0, -6.0])
    assert measures["margin"] == -3.0 + 4.0
    assert measures["pairs"] == 3 / 4
    assert (measures["acc"], measures["bits_per_byte"]) == (1.0, pytest.approx(3 / math.log(2)))


def test_equal_likelihoods_of_a_record_without_options_count_as_wrong(tmp_path: Path) -> None:
    (question,) = questions(tmp_path / "a.jsonl", WRONG)
    candidates = get_candidates(question)
    assert candidates == Candidates(texts=("a rim", "a spoke", "a wheel"), right=(2,))
    measures = measure(candidates, [-1.0, -1.0, -1.0])
    assert (measures["acc"], measures["pairs"], measures["margin"]) == (0.0, 0.0, 0.0)


def test_a_question_without_wrong_answers_has_bits_per_byte_alone(tmp_path: Path) -> None:
    (question,) = questions(tmp_path / "a.jsonl", {"question": "Who?", "answer": "he"})
    candidates = get_candidates(question)
    assert candidates == Candidates(texts=("he",), right=(0,))
    assert measure(candidates, [-2 * math.log(2)]) == {"bits_per_byte": pytest.approx(1.0)}


def test_options_are_candidates(tmp_path: Path) -> None:
    one, two = questions(tmp_path / "a.jsonl", CHOICE, CHOICES)
    texts = ("liver", "spleen", "heart", "lung")
    assert get_candidates(one) == Candidates(texts=texts, right=(1,))
    assert get_candidates(two) == Candidates(texts=texts, right=(0, 1))


def test_conversations_are_left_out(tmp_path: Path) -> None:
    said = ("Who?", "He.", "Why?", "Because.")
    turns = [
        {"role": role, "content": text}
        for role, text in zip(("user", "assistant") * 2, said, strict=True)
    ]
    found = questions(tmp_path / "a.jsonl", {"messages": turns})
    prompts, dropped = build_prompts(
        found, PromptBuilder(formats=FORMATS, wordings=QA, domain=""), QA
    )
    assert prompts == []
    assert [(item.id, item.reason) for item in dropped] == [("a.jsonl#1", "no_likelihood")]


# --- prompts


def test_no_form_shows_the_options(tmp_path: Path) -> None:
    found = questions(tmp_path / "a.jsonl", {**CHOICE, "rewordings": ["What filters blood?"]})
    prompts = prompts_of(found)
    assert [(item.form, item.wording) for item in prompts] == [
        (form, wording) for wording in (0, 1) for form in FORMS
    ]
    plain, bare, prompt = prompts[:3]
    question = CHOICE["question"]
    assert plain.context == f"Question: {question}\nAnswer:"
    assert bare.context == question
    assert [message.content for message in prompt.messages] == [
        f"{question}\n\nGive the answer only."
    ]
    assert prompts[4].context == "What filters blood?"
    assert len({item.key for item in prompts}) == 1
    assert len({item.prompt for item in prompts}) == 6


def test_the_boundary_of_tokens_is_that_of_the_harness() -> None:
    def encode(text: str) -> list[int]:
        return [0, *text.encode()]

    context, continuation = encode_pair(encode, "Answer: \n", "yes")
    assert bytes(context[1:]) == b"Answer:"
    assert bytes(continuation) == b" \nyes"


# --- a model


@pytest.mark.axolotl
def test_log_likelihoods_are_those_of_the_models_logits(tiny_model: Path) -> None:
    import torch

    loaded = load_model(str(tiny_model))
    ids = [*loaded.codec.prefix, *loaded.codec.encode(["Who turns? A wheel"])[0]]
    pair = (ids[:-3], ids[-3:])
    with torch.no_grad():
        logits = loaded.model(input_ids=torch.tensor([ids])).logits[0].double()
    expected = 0.0
    for place in range(len(ids) - 3, len(ids)):
        row = logits[place - 1]
        expected += float(row[ids[place]] - row.exp().sum().log())
    assert score_pairs(loaded, [pair]) == [pytest.approx(expected, abs=1e-5)]


@pytest.mark.axolotl
def test_batches_do_not_change_log_likelihoods(tiny_model: Path, tmp_path: Path) -> None:
    rows = [{**CHOICE, "question": f"What filters {'x ' * n}?"} for n in range(6)]
    prompts = prompts_of(questions(tmp_path / "a.jsonl", *rows))
    loaded = load_model(str(tiny_model))
    scored: list[dict[str, tuple[float, ...]]] = []
    for size in (1, 3, 64):
        values: dict[str, tuple[float, ...]] = {}
        scorer = LocalScorer(loaded, {}, QA, plain=False, batch_size=size)
        assert scorer.score(prompts, lambda item, v, to=values: to.update({item.prompt: v})) == []
        scored.append(values)
    assert len(scored[0]) == len(prompts)
    for values in scored[1:]:
        for key, logliks in values.items():
            assert logliks == pytest.approx(scored[0][key], abs=2e-4)


@pytest.mark.axolotl
def test_a_prompt_that_does_not_fit_is_told(tiny_model: Path, tmp_path: Path) -> None:
    rows = [CHOICE, {**CHOICE, "question": "What? " * 400}]
    prompts = prompts_of(questions(tmp_path / "a.jsonl", *rows))
    scorer = LocalScorer(load_model(str(tiny_model)), {}, QA, plain=False, batch_size=4)
    scored: list[str] = []
    dropped = scorer.score(prompts, lambda item, values: scored.append(item.prompt))
    assert len(scored) == 3
    assert [(item.id, item.reason) for item in dropped] == [("a.jsonl#2", "too_long")]


@pytest.mark.axolotl
def test_a_model_that_knows_the_answers_has_a_margin(knowing: Path, tmp_path: Path) -> None:
    known = {"question": "Which tyre stays dry?", "answer": "Both.", "wrong": ["None.", "One."]}
    prompts = prompts_of(questions(tmp_path / "a.jsonl", known))
    scored: dict[str, tuple[float, ...]] = {}
    scorer = LocalScorer(load_model(str(knowing)), {}, QA, plain=False, batch_size=4)
    scorer.score(prompts, lambda item, values: scored.update({item.prompt: values}))
    (measured,) = measure_all(prompts, scored)
    assert measured.forms["prompt"]["margin"] > 5
    assert measured.forms["prompt"]["bits_per_byte"] < 0.1
    assert measured.forms["plain"]["bits_per_byte"] > 1


# --- runs


class Fake:
    """A scorer with log-likelihoods by the length of a candidate; `scored` has what it scored."""

    def __init__(self, offset: float = 0.0, dies_at: int = 10**9) -> None:
        self.scored: list[str] = []
        self._offset = offset
        self._dies_at = dies_at

    def score(
        self, prompted: Sequence[Prompted], done: Callable[[Prompted, tuple[float, ...]], None]
    ) -> list[Dropped]:
        for item in prompted:
            if len(self.scored) == self._dies_at:
                raise KeyboardInterrupt
            self.scored.append(item.prompt)
            right = item.candidates.right
            done(
                item,
                tuple(
                    -float(len(text)) + (self._offset if index in right else 0.0)
                    for index, text in enumerate(item.candidates.texts)
                ),
            )
        return []


def test_a_killed_run_scores_no_prompt_twice(tmp_path: Path) -> None:
    rows = [{**WRONG, "question": f"What turns {n}?"} for n in range(3)]
    prompts = prompts_of(questions(tmp_path / "a.jsonl", *rows))
    folder = tmp_path / "run"
    dying, second = Fake(dies_at=4), Fake()
    with pytest.raises(KeyboardInterrupt), open_run(folder, {}) as run:
        score_all(prompts, run.scored, run.add_likelihoods, lambda: dying, QUIET)
    with (folder / LIKELIHOODS).open("ab") as file:
        file.write(b'{"id": "a.jsonl#3", "pro')
    with open_run(folder, {}) as run:
        score_all(prompts, run.scored, run.add_likelihoods, lambda: second, QUIET)
        assert len(measure_all(prompts, run.scored)) == 3
    assert len(dying.scored) == 4
    assert set(dying.scored) | set(second.scored) == {item.prompt for item in prompts}
    assert not set(dying.scored) & set(second.scored)
    with open_run(folder, {"model": 2}) as run:
        assert run.scored == {}
        assert run.moved is not None
    with open_run(folder, {}) as run:
        assert len(run.scored) == 9


def test_runs_are_compared_question_by_question(tmp_path: Path) -> None:
    rows = [{**WRONG, "question": f"What turns {n}?"} for n in range(3)]
    prompts = prompts_of(questions(tmp_path / "a.jsonl", *rows))
    measured = []
    for name, scorer in (("before", Fake()), ("after", Fake(offset=2.5))):
        with open_run(tmp_path / name, {}) as run:
            score_all(prompts, run.scored, run.add_likelihoods, lambda own=scorer: own, QUIET)
            measured = measure_all(prompts, run.scored)
            run.finish(None, [], {}, map(build_graded_row, measured))
    found = results.compare_likelihoods(measured, load_likelihoods(tmp_path / "before"), seed=0)
    assert (found["only_here"], found["only_there"]) == (0, 0)
    assert set(found["forms"]) == {"mean", *FORMS}
    margin = found["forms"]["mean"]["margin"]
    assert (margin["difference"], margin["low"], margin["high"]) == (2.5, 2.5, 2.5)
    assert (margin["n"], margin["detectable"]) == (3, 0.0)
    figures = results.compute_likelihood_figures(measured, seed=0)
    assert figures["questions"] == 3
    # "a wheel" has 7 characters, "a rim" 5, "a spoke" 7.
    assert figures["forms"]["plain"]["margin"]["mean"] == -7 + 2.5 + 6
    with pytest.raises(ArtifactError, match="no finished evaluation of likelihoods"):
        load_likelihoods(tmp_path)


# --- power


def test_the_smallest_difference_is_the_textbooks() -> None:
    # (1.95996 + 0.84162) * s / sqrt(n), s = sqrt(4 / 3) for these four.
    assert compute_smallest_difference([1.0, -1.0, 1.0, -1.0]) == pytest.approx(
        2.80158 * math.sqrt(4 / 3) / 2, abs=1e-4
    )
    assert compute_smallest_difference([1.0]) is None
    assert compare([1.0, 2.0], [0.0, 0.0], seed=0).detectable == pytest.approx(
        2.80158 * math.sqrt(0.5) / math.sqrt(2), abs=1e-4
    )


def test_a_difference_of_that_size_is_found_in_four_of_five_studies() -> None:
    import numpy as np

    generator = np.random.default_rng(0)
    true = 2.80158 / math.sqrt(100)
    found = 0
    for _ in range(300):
        differences = generator.normal(true, 1.0, 100)
        found += abs(differences.mean()) > 1.96 * differences.std(ddof=1) / 10
    assert 0.74 < found / 300 < 0.86

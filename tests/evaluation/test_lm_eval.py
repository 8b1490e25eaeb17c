"""The tasks for lm-evaluation-harness: the same questions, and the same score for the same answers."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import yaml

from structtuning_plugin.axolotl_bridge.likelihood import LocalScorer
from structtuning_plugin.axolotl_bridge.models import load_model
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.evaluation import lm_eval_tasks
from structtuning_plugin.evaluation.likelihood import Measured, build_prompts, measure_all
from structtuning_plugin.evaluation.results import figures
from structtuning_plugin.evaluation.tasks import grade
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion, Question
from structtuning_plugin.questions.prompts import PromptBuilder, Style, render_plain
from tests.evaluation.asking import (
    CHOICE,
    CHOICES,
    FORMATS,
    PASSAGE,
    QA,
    asked,
    gold,
    questions,
    write,
)
from tests.extras import need_build_tools

LONGBENCH = (
    "narrativeqa",
    "qasper",
    "multifieldqa_en",
    "multifieldqa_zh",
    "hotpotqa",
    "2wikimqa",
    "musique",
    "dureader",
)
LANGUAGES = {
    "Chinese": "zh",
    "English": "en",
    "French": "fr",
    "Japanese": "ja",
    "Russian": "ru",
    "Spanish": "es",
}

# lm_eval and what it imports warn as they like: a process of its own.
RUN = """
import json, sys
from lm_eval import evaluator
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

folder, metadata, task, answers = json.loads(sys.argv[1])
class Stub(LM):
    tokenizer_name = "stub"
    def apply_chat_template(self, turns, add_generation_prompt=True):
        return json.dumps([[turn["role"], turn["content"]] for turn in turns])
    def generate_until(self, requests, disable_tqdm=False):
        return [answers[request.args[0]] for request in requests]
    def loglikelihood(self, requests): raise NotImplementedError
    def loglikelihood_rolling(self, requests): raise NotImplementedError
manager = TaskManager(include_path=folder, include_defaults=False, metadata=metadata)
found = evaluator.simple_evaluate(
    model=Stub(), tasks=[task], task_manager=manager, bootstrap_iters=0,
    apply_chat_template=not metadata.get("plain"),
)
sys.__stdout__.write("\\n" + json.dumps(found["results"]))
"""


# The harness's own model, on a machine without a hub.
RUN_MODEL = """
import json, sys
from lm_eval import evaluator
from lm_eval.tasks import TaskManager

folder, data, task, model = json.loads(sys.argv[1])
found = evaluator.simple_evaluate(
    model="hf", model_args={"pretrained": model, "dtype": "float32"}, device="cpu", tasks=[task], apply_chat_template=True,
    task_manager=TaskManager(include_path=folder, include_defaults=False, metadata={"data": data}),
    gen_kwargs={"until": ["<|im_end|>"]}, bootstrap_iters=0,
)
answers = {sample["doc"]["prompt"]: sample["filtered_resps"][0] for sample in found["samples"][task]}
sys.__stdout__.write("\\n" + json.dumps(answers))
"""


def by_lm_eval(task: str, data: Path, answers: dict[str, str], **more: Any) -> dict[str, Any]:
    metadata = {"data": str(data), **more}
    given = json.dumps([str(lm_eval_tasks.folder()), metadata, task, answers])
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", RUN, given],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])[task]
    return results


def sent(item: PromptedQuestion) -> str:
    """The messages as the chat template of the test's model writes them."""
    return json.dumps([[message.role, message.content] for message in item.messages])


def test_there_is_a_task_for_each_subset() -> None:
    names = {path.stem for path in lm_eval_tasks.folder().glob("*.yaml")}
    groups = {"longbench", "mmedbench"}
    assert names == groups | {"likelihood"} | {f"longbench_{n}" for n in LONGBENCH} | {
        f"mmedbench_{n.lower()}" for n in LANGUAGES
    }
    for group in groups:
        members = yaml.safe_load(
            (lm_eval_tasks.folder() / f"{group}.yaml").read_text(encoding="utf-8")
        )["task"]
        assert set(members) == {
            f"structtuning_{name}" for name in names if name.startswith(f"{group}_")
        }


@pytest.mark.axolotl
@pytest.mark.parametrize("name", ["hotpotqa", "dureader"])
def test_free_answers_have_the_same_score(tmp_path: Path, name: str) -> None:
    pytest.importorskip("lm_eval")
    rows = [
        {**PASSAGE, "input": f"Who wrote book {n}?", "dataset": name, "answers": ["Matt Cohen"]}
        for n in range(5)
    ]
    rows.append(rows[0])  # said twice, asked once
    found = asked(questions(tmp_path / f"{name}.jsonl", *rows))
    said = ["Matt Cohen", "Cohen Matt", "So it is. Answer: Leonard Cohen", "nobody", ""]
    answers = {sent(item): text for item, text in zip(found, said, strict=True)}
    ours = figures(
        [grade(item, Answer(text=t), FORMATS) for item, t in zip(found, said, strict=True)],
        [],
        seed=0,
    )
    theirs = by_lm_eval(f"structtuning_longbench_{name}", tmp_path, answers)
    assert 0 < theirs["score,none"] < 1
    assert theirs["score,none"] == pytest.approx(ours["score"]["mean"])
    for metric in ("exact_match", "f1", "rouge_l"):
        assert theirs[f"{metric},none"] == pytest.approx(ours["metrics"][metric]["mean"])


@pytest.mark.axolotl
def test_choices_have_the_same_score(tmp_path: Path) -> None:
    pytest.importorskip("lm_eval")
    found = asked(
        questions(tmp_path / "Spanish.jsonl", CHOICE, CHOICES, {**CHOICE, "question": "Again?"})
    )
    said = ["B. spleen", "A", "C"]
    answers = {sent(item): text for item, text in zip(found, said, strict=True)}
    theirs = by_lm_eval("structtuning_mmedbench_spanish", tmp_path / "Spanish.jsonl", answers)
    assert theirs["score,none"] == pytest.approx(1 / 3)


# A question alone, one with a system turn, and one after two others.
CONVERSATIONS = [
    [("user", "Alone?"), ("assistant", "Yes.")],
    [("system", "Be brief."), ("user", "With a system?"), ("assistant", "Yes.")],
    [
        *(("user", "First?"), ("assistant", "[1, 2]")),
        *(("user", "Second?"), ("assistant", "2")),
        *(("user", "Third?"), ("assistant", "Yes.")),
    ],
    [
        *(("system", "Be exact."), ("user", "Before?"), ("assistant", "{{ prompt }}")),
        *(("user", "And then?"), ("assistant", "Yes.")),
    ],
]


@pytest.mark.axolotl
@pytest.mark.parametrize("style", ["brief", "reason"])
def test_conversations_are_sent_as_evaluate_sends_them(tmp_path: Path, style: Style) -> None:
    pytest.importorskip("lm_eval")
    rows = [{"messages": [{"role": r, "content": c} for r, c in t]} for t in CONVERSATIONS]
    found = asked(
        questions(tmp_path / "hotpotqa.jsonl", *rows), style, domain="Bicycles", system="Ours."
    )
    assert [len(item.messages) for item in found] == [2, 2, 6, 4]
    task = "structtuning_longbench_hotpotqa"
    more = {"style": style, "domain": "Bicycles", "system": "Ours."}
    # The stub refuses any other text.
    answers = {sent(item): "Yes." for item in found}
    assert by_lm_eval(task, tmp_path, answers, **more)["score,none"] == 1
    answers = {render_plain(item.messages, QA, "en"): "Yes." for item in found}
    assert by_lm_eval(task, tmp_path, answers, plain=True, **more)["score,none"] == 1


def test_a_conversation_is_split_into_what_the_harness_joins(tmp_path: Path) -> None:
    turns = [{"role": role, "content": content} for role, content in CONVERSATIONS[3]]
    write(tmp_path / "a.jsonl", [{"messages": turns}])
    (row,) = list(lm_eval_tasks.dataset("a", str(tmp_path))["test"])
    assert (row["system"], row["earlier"], row["prompt"]) == (
        "Be exact.",
        [{"prompt": "Before?", "target": "{{ prompt }}"}],
        "And then?",
    )
    assert lm_eval_tasks._question(row["record"]).pair.turns[-1].content == "Yes."


@pytest.mark.axolotl
def test_the_model_of_the_harness_answers_as_ours_does(
    knowing: Path, known: list[PromptedQuestion], tmp_path: Path
) -> None:
    """Its own sampling settings and penalty (`knowing` has both) count in neither."""
    pytest.importorskip("lm_eval")
    write(
        tmp_path / "hotpotqa.jsonl",
        [{"question": i.question.pair.question, "answer": gold(i)} for i in known],
    )
    given = json.dumps(
        [
            str(lm_eval_tasks.folder()),
            str(tmp_path),
            "structtuning_longbench_hotpotqa",
            str(knowing),
        ]
    )
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", RUN_MODEL, given]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers = json.loads(done.stdout.splitlines()[-1])
    assert len(answers) == len(known)
    assert {text.strip() for text in answers.values()} == {gold(item) for item in known}


# The exported task, and one whose accuracies and margin are the harness's own.
RUN_LIKELIHOODS = """
import json, sys
from lm_eval import evaluator
from lm_eval.tasks import TaskManager

folder, own, data, model = json.loads(sys.argv[1])
manager = TaskManager(
    include_path=[folder, own], include_defaults=False, metadata={"data": data, "form": "plain"}
)
names = ["structtuning_likelihood", "own_likelihood"]
found = evaluator.simple_evaluate(
    model="hf", model_args={"pretrained": model, "dtype": "float32"}, device="cpu", tasks=names,
    task_manager=manager, bootstrap_iters=0, batch_size=1,
)
logliks = {
    sample["doc"]["id"]: [response[0] for response in sample["filtered_resps"]]
    for sample in found["samples"]["own_likelihood"]
}
sys.__stdout__.write("\\n" + json.dumps([found["results"], logliks]))
"""
OWN_TASK = """
task: own_likelihood
custom_dataset: !function own_graders.likelihood_dataset
dataset_kwargs: {dataset: questions}
test_split: test
output_type: multiple_choice
doc_to_text: "{{prompt}}"
doc_to_choice: "{{choices}}"
doc_to_target: gold
num_fewshot: 0
metric_list:
  - {metric: acc, aggregation: mean}
  - {metric: acc_norm, aggregation: mean}
  - {metric: acc_bytes, aggregation: mean}
  - {metric: likelihood, aggregation: !function own_graders.loglikelihood_diff}
"""
# lm_eval/tasks/e2lmc/mmlu_early_training/custom_metrics.py of lm_eval 0.4.11 is imported.
OWN_GRADERS = """
import importlib.util
from pathlib import Path

import lm_eval

from structtuning_plugin.evaluation.lm_eval_tasks import likelihood_dataset

path = Path(lm_eval.__file__).parent / "tasks/e2lmc/mmlu_early_training/custom_metrics.py"
spec = importlib.util.spec_from_file_location("custom_metrics", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
loglikelihood_diff = module.loglikelihood_diff
"""


@pytest.mark.axolotl
def test_likelihoods_are_those_of_the_harness(tiny_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("lm_eval")
    texts = ("a spoke", "the rim of a wheel", "Köln", "two pads", "36", "a disc that stays dry")
    rows = []
    for number in range(24):
        options = [texts[(number + step * step) % len(texts)] for step in range(3)]
        question = f"Which part number {number} turns?"
        rows.append({"question": question, "options": options, "answer": options[number % 3]})
    rows.append({"question": "Who?", "answer": "he", "wrong": ["she", "it"]})
    write(tmp_path / "questions.jsonl", rows)
    own = tmp_path / "own"
    own.mkdir()
    (own / "own.yaml").write_text(OWN_TASK, encoding="utf-8")
    (own / "own_graders.py").write_text(OWN_GRADERS, encoding="utf-8")
    given = [str(lm_eval_tasks.folder()), str(own), str(tmp_path), str(tiny_model)]
    results, logliks = run_likelihoods(given)
    found = questions(tmp_path / "questions.jsonl", *rows)
    measured, scored = score_here(found, tiny_model)

    # Each log-likelihood is a sum of float32 numbers; equal batches give equal sums.
    for name, theirs in logliks.items():
        assert scored[name] == pytest.approx(theirs, abs=1e-6)
    by_name = {item.question.pair.id: item.forms["plain"] for item in measured}
    for metric in ("acc", "acc_norm", "acc_bytes"):
        ours = fmean(item[metric] for item in by_name.values())
        assert ours == results["own_likelihood"][f"{metric},none"]
        assert ours == results["structtuning_likelihood"][f"{metric},none"]
    margin = fmean(item["margin"] for item in by_name.values())
    assert margin == pytest.approx(results["own_likelihood"]["likelihood,none"], abs=1e-6)
    for metric in ("margin", "bits_per_byte", "pairs"):
        ours = fmean(item[metric] for item in by_name.values())
        theirs = results["structtuning_likelihood"][f"{metric},none"]
        assert ours == pytest.approx(theirs, abs=1e-6)
    assert 0 < results["own_likelihood"]["acc,none"] < 1


def run_likelihoods(given: list[str]) -> tuple[dict[str, Any], dict[str, list[float]]]:
    command = [sys.executable, "-c", RUN_LIKELIHOODS, json.dumps(given)]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results, logliks = json.loads(done.stdout.splitlines()[-1])
    return results, logliks


def score_here(
    found: list[Question], model: Path
) -> tuple[list[Measured], dict[str, tuple[float, ...]]]:
    """Measures of our own, and the log-likelihoods in the form `plain` by question."""
    scorer = LocalScorer(load_model(str(model)), {}, QA, plain=False, batch_size=1)
    prompts, _ = build_prompts(found, PromptBuilder(formats=FORMATS, wordings=QA, domain=""), QA)
    scored: dict[str, tuple[float, ...]] = {}
    assert scorer.score(prompts, lambda item, values: scored.update({item.prompt: values})) == []
    plain = {p.question.pair.id: scored[p.prompt] for p in prompts if p.form == "plain"}
    return measure_all(prompts, scored), plain


def test_a_likelihood_task_needs_wrong_answers_and_a_form(tmp_path: Path) -> None:
    write(tmp_path / "questions.jsonl", [{"question": "Who?", "answer": "he"}])
    with pytest.raises(ConfigError, match="has wrong answers"):
        lm_eval_tasks.likelihood_dataset("questions", str(tmp_path))
    with pytest.raises(ConfigError, match="Give one of plain, bare, prompt"):
        lm_eval_tasks.likelihood_dataset("questions", str(tmp_path), form="poem")  # type: ignore[arg-type]


def test_a_record_comes_back_as_it_went(tmp_path: Path) -> None:
    (one,) = asked(questions(tmp_path / "English.jsonl", CHOICES))
    (row,) = list(lm_eval_tasks.dataset("English", str(tmp_path))["test"])
    assert (row["prompt"], row["target"]) == (one.messages[-1].content, "A. liver; B. spleen")
    assert lm_eval_tasks._question(row["record"]) == one.question
    assert lm_eval_tasks.process_results(row, ["A and B"]) == {"score": 1.0}


def test_missing_data_are_told(tmp_path: Path) -> None:
    write(tmp_path / "other.jsonl", [PASSAGE])
    with pytest.raises(ConfigError, match=r"holds no qasper\.jsonl"):
        lm_eval_tasks.dataset("qasper", str(tmp_path))
    with pytest.raises(ConfigError, match="Say where they are with `--metadata"):
        lm_eval_tasks.dataset("qasper")


def test_the_wheel_has_the_tasks(project: Path, tmp_path: Path) -> None:
    need_build_tools()
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        str(tmp_path),
        str(project),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    shipped = {
        name
        for name in zipfile.ZipFile(wheel).namelist()
        if "/_evaluation_tasks/" in name and "__pycache__" not in name
    }
    assert shipped == {
        f"structtuning_plugin/_evaluation_tasks/{path.name}"
        for path in (project / "evaluation_tasks").iterdir()
        if path.is_file()
    }


def test_the_domain_is_displayed_as_in_training(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [{"question": "Why?", "answer": "So."}])
    (row,) = list(
        lm_eval_tasks.dataset("a", str(tmp_path), style="reason", domain="1. Bicycles")["test"]
    )
    assert "where in Bicycles this belongs" in row["prompt"]

"""Questions and graders for lm-evaluation-harness, called by the tasks in `evaluation_tasks/`.

lm_eval --include_path FOLDER --tasks structtuning_longbench --metadata '{"data": "longbench/"}' ...
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from structtuning_plugin import plugins
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.evaluation import tasks
from structtuning_plugin.evaluation.likelihood import (
    FORMS,
    Candidates,
    Form,
    Prompted,
    build_prompts,
    measure,
)
from structtuning_plugin.evaluation.tasks import score_of
from structtuning_plugin.evaluation.types import PromptedQuestion, Question
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.questions.files.discovery import SUFFIXES
from structtuning_plugin.questions.prompts import PromptBuilder, Style, render_plain
from structtuning_plugin.taxonomy.titles import display_title


def folder() -> Path:
    """Return the folder for `--include_path`: next to the package, or inside it in a wheel.

    Raises:
        ConfigError: If the installation lacks it.
    """
    package = Path(__file__).resolve().parent.parent
    for place in (package / "_evaluation_tasks", package.parent / "evaluation_tasks"):
        if (place / "_graders.py").is_file():
            return place
    raise ConfigError(
        f"The tasks of structtuning-plugin are not beside {package}; install the package again."
    )


def dataset(
    dataset: str,
    data: str = "",
    style: Style = "brief",
    domain: str = "",
    on_error: str = "raise",
    system: str = "",
    plain: bool = False,
    **_: Any,
) -> dict[str, Any]:
    """Build a task's `custom_dataset`: the questions as `evaluate` asks them, under `test`.

    Args:
        dataset: Name of the task's data.
        data: A file, or a folder with a file that has the name of the data.
        style: `brief`, `reason` or `explain`.
        domain: `domain` of the recipe.
        on_error: `skip` leaves out records that are no question; `raise` refuses them.
        system: `ssft.system` of the recipe.
        plain: Whether to write conversations as plain text, for models without a chat template.

    Raises:
        ConfigError: If there is no such file, or no question in it.
        CorpusError: If the file cannot be read.
        TemplateError: If a template fails.
    """
    import datasets

    formats = _formats()
    questions = _load_questions(dataset, data, on_error)
    prompts = PromptBuilder(
        wordings=_wordings(),
        domain=display_title(domain),
        formats=formats,
        style=style,
        system=system,
    )
    render = _plain_turns if plain else _chat_turns
    rows = []
    for prompt in tasks.build_asked(questions, prompts):
        pair = prompt.question.pair
        target = formats[pair.format].answer(pair)
        record = json.dumps(asdict(prompt.question), ensure_ascii=False)
        rows.append({"id": pair.id, **render(prompt), "target": target, "record": record})
    return {"test": datasets.Dataset.from_list(rows)}


def likelihood_dataset(
    dataset: str,
    data: str = "",
    form: Form = "plain",
    domain: str = "",
    on_error: str = "raise",
    **_: Any,
) -> dict[str, Any]:
    """Build a likelihood task's `custom_dataset`: contexts with right and wrong answers.

    Questions without a wrong answer, and conversations, are left out. `data` is a file, or a folder
    with a file that has the name of the task's `dataset`. The form `prompt` gives the user's turn,
    for `--apply_chat_template`.

    Raises:
        ConfigError: If there is no such file, no question with wrong answers in it, or no such
            form.
        CorpusError: If the file cannot be read.
    """
    import datasets

    if form not in FORMS:
        raise ConfigError(f"`form` is `{form}`. Give one of {', '.join(FORMS)}.")
    questions = _load_questions(dataset, data, on_error)
    builder = PromptBuilder(wordings=_wordings(), domain=display_title(domain), formats=_formats())
    prompts, _dropped = build_prompts(questions, builder, _wordings())
    rows = [
        _likelihood_row(item) for item in prompts if item.form == form and item.candidates.wrong
    ]
    if not rows:
        raise ConfigError(
            f"No question of {data} has wrong answers. Give records with `options` or `wrong`."
        )
    return {"test": datasets.Dataset.from_list(rows)}


def process_likelihoods(
    doc: Mapping[str, Any], results: Sequence[tuple[float, bool]]
) -> dict[str, float]:
    """Compute the likelihood measures of one question from its log-likelihoods."""
    candidates = Candidates(texts=tuple(doc["choices"]), right=tuple(doc["right"]))
    return measure(candidates, [loglik for loglik, _is_greedy in results])


def _likelihood_row(item: Prompted) -> dict[str, Any]:
    return {
        "id": item.question.pair.id,
        "prompt": item.context or item.messages[-1].content,
        "choices": list(item.candidates.texts),
        "right": list(item.candidates.right),
        "gold": item.candidates.right[0],
    }


def _load_questions(dataset: str, data: str, on_error: str) -> list[Question]:
    files = tasks.files_of([str(_file(data, dataset))], _formats())
    return tasks.load(files, _formats(), "skip" if on_error == "skip" else "raise")[0]


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """Score one answer by the question's metric, and free answers by all text metrics."""
    score, metrics = score_of(_question(doc["record"]), results[0], _formats())
    return {
        "score": score,
        **{
            name: value
            for name, value in metrics.items()
            if name in ("exact_match", "f1", "rouge_l")
        },
    }


def _file(data: str, name: str) -> Path:
    path = Path(data)
    if not data or not path.exists():
        raise ConfigError(
            f"The questions of `{name}` are not at `{data}`. Say where they are with "
            f'`--metadata \'{{"data": "FOLDER"}}\'`: a folder with {name}.jsonl, or a file.'
        )
    if path.is_file():
        return path
    fits = [
        item
        for item in sorted(path.iterdir())
        if item.stem.casefold() == name.casefold() and item.suffix in SUFFIXES
    ]
    if not fits:
        raise ConfigError(f"{data} holds no {name}.jsonl. Suffixes known: {', '.join(SUFFIXES)}.")
    return fits[0]


def _chat_turns(prompt: PromptedQuestion) -> dict[str, Any]:
    """Split a conversation into what the harness makes turns of.

    `system` becomes its description and `earlier` its few-shot examples (`_graders.EarlierTurns`).
    """
    *before, last = prompt.messages
    has_system = bool(before) and before[0].role == "system"
    earlier = [message.content for message in before[has_system:]]
    pairs = zip(earlier[::2], earlier[1::2], strict=True)
    return {
        "system": before[0].content if has_system else "",
        "earlier": [{"prompt": question, "target": answer} for question, answer in pairs],
        "prompt": last.content,
    }


def _plain_turns(prompt: PromptedQuestion) -> dict[str, Any]:
    text = render_plain(prompt.messages, _wordings(), prompt.language)
    return {"system": "", "earlier": [], "prompt": text}


def _question(record: str) -> Question:
    fields = json.loads(record)
    pair = fields.pop("pair")
    tuples = {name: tuple(pair[name]) for name in ("answers", "correct")}
    options = tuple((letter, text) for letter, text in pair["options"])
    turns = tuple(Message(**turn) for turn in pair["turns"])
    fields |= {name: tuple(fields[name]) for name in ("wrong", "rewordings")}
    return Question(pair=QAPair(**{**pair, **tuples, "options": options, "turns": turns}), **fields)


@cache
def _formats() -> dict[str, QAFormat]:
    return plugins.qa_formats(plugins.build_plugin_manager())


@cache
def _wordings() -> Wordings:
    return Wordings(plugins.template_dirs(plugins.build_plugin_manager()), "qa")

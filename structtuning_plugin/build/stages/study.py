"""Forms of the corpus that the block's `llm` writes: facts, questions, summaries, comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.context import BuildContext, count_names
from structtuning_plugin.build.held_out import SplitCorpus, split_corpus, split_tree
from structtuning_plugin.build.plan import config_of
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Fault
from structtuning_plugin.questions.files.held_out import load_held_out_questions
from structtuning_plugin.questions.study.planning import Planner, Volume
from structtuning_plugin.questions.study.targets import Corpus
from structtuning_plugin.questions.study.writing import Study, StudyContext
from structtuning_plugin.taxonomy.chunking import hang_chunks

# Tokens of a reply for each token of its passage, before there is any.
_USUAL_RATIO = 0.5


def build_study(context: BuildContext, folder: Path) -> dict[str, Any]:
    """Write what the model writes from the corpus; return the manifest.

    Raises:
        ConfigError: If no passage of the corpus can be studied.
        CorpusError: If a held-out set cannot be read.
        LLMError: If the server of the block's `llm` cannot be asked any more.
    """
    plan = context.plan
    corpus = split_tree(plan, *context.corpus)
    study, faults = run(_study(context, corpus))
    artifacts.save_forms(folder, study.forms)
    artifacts.save_dropped(folder, study.dropped)
    artifacts.save_faults(folder, faults)
    passages = study.planner.corpus.passages
    languages = {corpus.tree.topics[passage.topic_id].language for passage in passages}
    return {
        "version": __version__,
        "config": config_of(plan),
        "built_from": {stage: plan.keys[stage] for stage in ("documents", "taxonomy")},
        "counts": {
            "passages": len(passages),
            "passages_without_form": _count_missing(study),
            "tokens_of_passages": study.planner.corpus.tokens,
            "budget_tokens": round(study.volume.budget),
            "tokens": study.volume.tokens,
            "forms": count_names(form.prompt for form in study.forms),
            "tokens_by_prompt": _count_tokens(study),
            "llm_faults": count_names(f"{fault.reason}, {fault.outcome}" for fault in faults),
            "wordings_in_english_for": sorted(languages - plan.wordings["study"].languages()),
            "dropped": count_names(item.reason for item in study.dropped),
        },
    }


async def rehearse_study(
    context: BuildContext, documents: Sequence[Document], root: Topic, session: Session
) -> None:
    """Ask what a build would ask, in a session that only counts.

    Raises:
        StructTuningError: If the build could not come so far either.
    """
    tree, chunks = hang_chunks(root, documents, context.budget.chunk, context.codec)
    await study_in(session, context, split_corpus(context.plan, tree, documents, chunks))


async def study_in(session: Session, context: BuildContext, corpus: SplitCorpus) -> Study:
    """Study in a session that is open.

    Raises:
        ConfigError: If no passage of the corpus can be studied.
        CorpusError: If a held-out set cannot be read.
        LLMError: If the server is dead or refuses us, or the budget is spent; replies stay cached.
    """
    plan, settings = context.plan, context.plan.block.study
    assert settings is not None
    has_texts = any(prompt.stage == "scpt" for prompt in plan.prompts)
    chunks = corpus.pretraining_chunks if has_texts else corpus.trainable_chunks
    material = Corpus(corpus.tree, corpus.documents, chunks, corpus.probed)
    if not material.passages:
        raise ConfigError(
            "`study` finds no passage to study: every passage is held out, back matter, or shorter "
            "than a sentence. Lower `eval.share`, or leave `study` out."
        )
    held_out = load_held_out_questions(plan.questions.holdout, plan.questions.formats)
    study_context = StudyContext(
        session=session,
        model=plan.block.llm.model if plan.block.llm else "",
        wordings=plan.wordings["study"],
        tree=corpus.tree,
        codec=context.codec,
        judge=settings.judge,
        most_tokens=context.budget.completion,
        is_held_out=held_out.overlap,
        say=context.progress.say,
    )
    volume = Volume(
        tokens=settings.tokens_per_token * material.tokens,
        usual=_USUAL_RATIO * material.tokens / len(material.passages),
    )
    planner = Planner(material, plan.prompts, settings, plan.seed)
    study = Study(context=study_context, planner=planner, volume=volume)
    await study.run()
    return study


async def _study(context: BuildContext, corpus: SplitCorpus) -> tuple[Study, list[Fault]]:
    async with context.session("study") as session:
        assert session is not None  # the block says so
        study = await study_in(session, context, corpus)
        return study, session.faults


def _count_missing(study: Study) -> int:
    """Count the passages that no form was written for when it was their turn."""
    names = {form.id.split("/", 1)[1].rpartition("/")[0] for form in study.forms}
    return sum(passage.id not in names for passage in study.planner.corpus.passages)


def _count_tokens(study: Study) -> dict[str, int]:
    tokens: dict[str, int] = {}
    for form in study.forms:
        tokens[form.prompt] = tokens.get(form.prompt, 0) + form.tokens
    return dict(sorted(tokens.items()))

"""The whole flow on one page: documents go in, a knowledge tree comes out, every chunk finds its place in it.

plan = make_plan(block, host)        which files, which fingerprints, where everything will be; cheap
build(plan, codec, progress)         documents -> taxonomy and chunks -> samples; each stage once
estimate(plan, codec, progress)      what a language model would be asked on the way; nothing is sent
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__, artifacts
from structtuning_plugin.config import LLMBudget
from structtuning_plugin.corpus.reading import read_corpus, settle
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.opening import open_session
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.usage import Usage
from structtuning_plugin.llm.values import Fault
from structtuning_plugin.planning import STAGES, Plan, config_of
from structtuning_plugin.progress import Progress
from structtuning_plugin.samples.budget import Budget, plan_budget
from structtuning_plugin.samples.holdout import hold_out
from structtuning_plugin.samples.scpt import ScptBuilder
from structtuning_plugin.samples.shares import SizedSample, limit_shares
from structtuning_plugin.taxonomy import files as taxonomy_files
from structtuning_plugin.taxonomy.asking.rehearsal import Estimate, Rehearsal
from structtuning_plugin.taxonomy.assemble import hang_chunks
from structtuning_plugin.taxonomy.extraction import extract_tree, run
from structtuning_plugin.taxonomy.tree import Tree, per_level
from structtuning_plugin.tokenization import Codec, count_tokens
from structtuning_plugin.types import Document, Dropped, Topic


def build(plan: Plan, codec: Codec, progress: Progress) -> bool:
    """Builds what is missing, stage by stage; False if everything was there.

    Raises:
        StructTuningError: whatever stands in the way; finished stages stay.
    """
    builder = _Builder(plan, codec, _budget(plan, codec), progress)
    if plan.store.manifest("taxonomy", plan.keys["taxonomy"]) is None:
        plan.check_client()
    made = [plan.store.build(stage, plan.keys[stage], getattr(builder, stage))[1] for stage in STAGES]
    return any(made)


def _budget(plan: Plan, codec: Codec) -> Budget:
    return plan_budget(plan.host.sequence_len, plan.block.chunk_tokens, plan.block.scpt, codec)


def read_documents(plan: Plan, progress: Progress) -> tuple[list[Document], list[Dropped]]:
    """The corpus as documents, and what the readers left out; nothing is written.

    Raises:
        CorpusError: a document cannot be read and `on_error` is `raise`, or there is none.
    """
    workers = plan.block.max_workers or min(8, os.cpu_count() or 1)
    with progress.stage("reading documents", len(plan.files)) as step:
        results = []
        for result in read_corpus(list(plan.files), dict(plan.readers), workers):
            results.append(result)
            step()
    return settle(results, plan.block.on_error)


@dataclass(frozen=True)
class _Builder:
    """One method a stage: fills the artifact's folder, returns what its manifest shall say."""

    plan: Plan
    codec: Codec
    budget: Budget
    progress: Progress

    def documents(self, folder: Path) -> dict[str, Any]:
        plan = self.plan
        documents, dropped = read_documents(plan, self.progress)
        dropped = [*plan.overlooked, *dropped]
        artifacts.save_documents(folder, documents)
        artifacts.save_dropped(folder, dropped)
        return {
            "version": __version__,
            "inputs": dict(sorted(plan.hashes.items())),
            "sources": {document.id: document.source for document in documents},
            "counts": {
                "documents": len(documents),
                "characters": sum(len(document.text) for document in documents),
                "languages": _counted(document.language for document in documents),
                "same_text_as_another": len(documents) - len({document.text for document in documents}),
                "dropped": _counted(item.reason for item in dropped),
            },
        }

    def taxonomy(self, folder: Path) -> dict[str, Any]:
        documents = self.plan.load_documents()
        root, faults = self._tree_of(documents)
        with self.progress.stage("cutting chunks", len(documents)) as step:
            root, chunks = hang_chunks(root, documents, self.budget.chunk, self.codec, lambda _: step())
        artifacts.save_taxonomy(folder, root, documents)
        artifacts.save_chunks(folder, chunks)
        artifacts.save_faults(folder, faults)
        return {
            "version": __version__,
            "budget": asdict(self.budget),
            "counts": {
                "llm_faults": _counted(f"{fault.reason}, {fault.outcome}" for fault in faults),
                "topics_per_level": per_level(root),
                "topics_by_source": _counted(topic.source for topic in root.walk()),
                "documents_without_headings": sum(not document.headings for document in documents),
                "chunks": len(chunks),
                "corpus_tokens": sum(chunk.tokens for chunk in chunks),
                "longest_chunk": max((chunk.tokens for chunk in chunks), default=0),
                "chunks_under_16_tokens": sum(chunk.tokens < 16 for chunk in chunks),
            },
        }

    def _tree_of(self, documents: list[Document]) -> tuple[Topic, list[Fault]]:
        block = self.plan.block
        if block.taxonomy.path is not None:
            return taxonomy_files.load(Path(block.taxonomy.path), documents), []
        with self.progress.stage("extracting the taxonomy", len(documents)) as step:
            return run(self._extracted(documents, step))

    async def _extracted(self, documents: list[Document], step: Callable[[], None]) -> tuple[Topic, list[Fault]]:
        plan, llm = self.plan, self.plan.block.llm
        context = extraction_context(plan, self.codec)
        if llm is None or plan.client is None:
            return await extract_tree(plan.block, plan.extractor, documents, context, step), []
        async with open_session(plan.client, llm, plan.answers, plan.keys["taxonomy"], plan.seed, self.progress) as session:
            root = await extract_tree(plan.block, plan.extractor, documents, replace(context, llm=session), step)
            return root, session.faults

    def scpt(self, folder: Path) -> dict[str, Any]:
        plan = self.plan
        root, documents, chunks = plan.load_taxonomy()
        tree = Tree(root, {document.id: document for document in documents})
        held = hold_out(tree, chunks, plan.block.eval, plan.seed)

        builder = ScptBuilder(tree, plan.wordings, plan.block.scpt, self.budget, self.codec, plan.seed)
        with self.progress.stage("writing samples", len(chunks)) as step:
            builder.add_passages(chunks, step)
            builder.add_structure()
        train, evaluation, dropped = _part(builder, held)
        train, over_share = limit_shares(
            train, {kind: plan.block.scpt.greatest_shares[kind] for kind in plan.block.scpt.sample_kinds if kind != "passage"},
            always_first=frozenset({"locate"}), seed=plan.seed,
        )  # fmt: skip
        dropped = [*builder.dropped, *dropped, *over_share]

        artifacts.save_rows(folder / "train", train)
        if plan.eval_dir:
            artifacts.save_rows(folder / "eval", evaluation)
        earlier = artifacts.load_dropped(plan.store.path("documents", plan.keys["documents"]))
        artifacts.save_dropped(folder, [*earlier, *dropped])
        return {
            "version": __version__,
            "config": config_of(plan),
            "built_from": {stage: plan.keys[stage] for stage in STAGES[:2]},
            "counts": {
                "train": _sizes(train, self.budget),
                "eval": _sizes(evaluation, self.budget),
                "wordings_in_english_for": sorted({t.language for t in tree.root.walk()} - plan.wordings.languages()),
                "dropped": _counted(item.reason for item in [*earlier, *dropped]),
            },
        }


def _part(builder: ScptBuilder, held: frozenset[str]) -> tuple[list[SizedSample], list[SizedSample], list[Dropped]]:
    """Rows to train on, passages to evaluate on, and what is said about held-out topics, which goes nowhere."""
    train = [row for row in builder.rows if row.sample.topic_id not in held]
    about = [row for row in builder.rows if row.sample.topic_id in held]
    evaluation = [row for row in about if row.sample.kind == "passage"]
    dropped = [
        Dropped(stage="scpt", id=row.sample.id, reason="held_out", detail="it speaks of a topic held out for evaluation")
        for row in about
        if row.sample.kind != "passage"
    ]
    return train, evaluation, dropped


def _sizes(rows: Sequence[SizedSample], budget: Budget) -> dict[str, Any]:
    front = budget.specials - 1
    totals = [front + row.prompt_tokens + row.trained for row in rows]
    trained: Counter[str] = Counter()
    for row in rows:
        trained[row.sample.kind] += row.trained
    return {
        "samples": _counted(row.sample.kind for row in rows),
        "trained_tokens_by_kind": dict(sorted(trained.items())),
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "trained_tokens": sum(trained.values()),
        "total_tokens": sum(totals),
        "longest_sample": max(totals, default=0),
    }


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def estimate(plan: Plan, codec: Codec, progress: Progress) -> Estimate:
    """What building the taxonomy would still send to the block's language model; nothing is sent.

    Raises:
        StructTuningError: whatever stands in the way of the build too.
    """
    documents = build_documents(plan, codec, progress)
    return run(_rehearse(plan, documents, extraction_context(plan, codec), progress))


def build_documents(plan: Plan, codec: Codec, progress: Progress) -> list[Document]:
    """The documents, read now if they are not there yet.

    Raises:
        StructTuningError: whatever stands in the way of reading them.
    """
    builder = _Builder(plan, codec, _budget(plan, codec), progress)
    plan.store.build("documents", plan.keys["documents"], builder.documents)
    return plan.load_documents()


async def _rehearse(plan: Plan, documents: list[Document], context: ExtractionContext, progress: Progress) -> Estimate:
    llm = plan.block.llm
    if llm is None or plan.client is None or plan.block.taxonomy.path is not None:
        return Estimate()
    with Cache(plan.answers) as cache:
        rehearsal = Rehearsal(plan.client.create(llm), cache, context.count_tokens)
        unlimited = llm.model_copy(update={"budget": LLMBudget()})
        async with Session(rehearsal, unlimited, None, plan.seed, Usage()) as session:
            with progress.stage("counting questions", len(documents)) as step:
                await extract_tree(plan.block, plan.extractor, documents, replace(context, llm=session), step)
    return rehearsal.estimate


def extraction_context(plan: Plan, codec: Codec) -> ExtractionContext:
    """What extractors may ask for, all but the model."""
    return ExtractionContext(
        count_tokens=lambda texts: count_tokens(codec, texts),
        chunk_tokens=_budget(plan, codec).chunk,
        options=plan.block.taxonomy.options,
        prompts=plan.prompts,
        seed=plan.seed,
    )

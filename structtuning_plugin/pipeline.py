"""The whole flow on one page: documents go in, a knowledge tree comes out, every chunk finds its place in it.

plan = make_plan(block, host)        which files, which fingerprints, where everything will be; cheap
build(plan, codec, progress)         documents -> taxonomy and chunks -> samples; each stage once
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__, artifacts, plugins
from structtuning_plugin.config import LLMBudget, StructTuningConfig
from structtuning_plugin.corpus.discovery import CorpusFile, HashCache, discover
from structtuning_plugin.corpus.reading import read_corpus, settle
from structtuning_plugin.errors import ConfigError
from structtuning_plugin.hookspecs import ExtractionContext, Extractor, Reader
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.clients import LLMClientFactory
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.usage import Usage
from structtuning_plugin.llm.values import Fault
from structtuning_plugin.progress import Progress
from structtuning_plugin.rendering import Wordings, check_folders
from structtuning_plugin.samples.budget import Budget, plan_budget
from structtuning_plugin.samples.holdout import hold_out
from structtuning_plugin.samples.scpt import ScptBuilder
from structtuning_plugin.samples.shares import SizedSample, limit_shares
from structtuning_plugin.software import software
from structtuning_plugin.store import Store, fingerprint
from structtuning_plugin.taxonomy import files as taxonomy_files
from structtuning_plugin.taxonomy.asking.rehearsal import Estimate, Rehearsal
from structtuning_plugin.taxonomy.assemble import hang_chunks, with_chunks
from structtuning_plugin.taxonomy.extraction import extract_tree, run
from structtuning_plugin.taxonomy.tree import Tree
from structtuning_plugin.tokenization import Codec, count_tokens
from structtuning_plugin.types import Chunk, Document, Dropped, Topic

STAGES = ("documents", "taxonomy", "scpt")

# Seconds between two lines about requests.
_TELL_EVERY = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What the recipe around the block decides. `tokenizer` is a fingerprint of the tokenizer's files and settings."""

    sequence_len: int
    seed: int
    tokenizer: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be built, from what, and where. `keys` are the fingerprints of the stages."""

    block: StructTuningConfig
    host: Host
    files: Sequence[CorpusFile]
    hashes: Mapping[str, str]
    overlooked: Sequence[Dropped]
    readers: Mapping[str, Reader]
    extractor: Extractor
    client: LLMClientFactory | None
    wordings: Wordings
    prompts: Wordings
    keys: Mapping[str, str]

    @property
    def store(self) -> Store:
        return Store(Path(self.block.work_dir))

    @property
    def train_dir(self) -> Path:
        """The folder that Axolotl trains on."""
        return self.store.path("scpt", self.keys["scpt"]) / "train"

    @property
    def eval_dir(self) -> Path | None:
        """The folder that Axolotl evaluates on, if something is held out."""
        return self.train_dir.with_name("eval") if self.block.eval else None

    @property
    def is_built(self) -> bool:
        return self.store.manifest("scpt", self.keys["scpt"]) is not None

    @property
    def seed(self) -> int:
        return _seed(self.block, self.host)

    @property
    def answers(self) -> Path:
        """Where the answers of language models are kept, of every build in this `work_dir`."""
        return Path(self.block.work_dir) / "cache" / "answers.sqlite"

    @asynccontextmanager
    async def open_session(self, progress: Progress) -> AsyncIterator[Session | None]:
        """The questions to the block's language model, if it has one; nothing is sent before the first question."""
        llm = self.block.llm
        if llm is None or self.client is None:
            yield None
            return
        with Cache(self.answers) as cache:
            usage = Usage(cache, self.keys["taxonomy"])
            async with Session(self.client.create(llm), llm, cache, self.seed, usage) as session:
                telling = asyncio.ensure_future(_tell(usage, progress))
                try:
                    yield session
                finally:
                    telling.cancel()
                    for notice in session.notices:
                        progress.say(notice)

    def extraction_context(self, codec: Codec, chunk_tokens: int, session: Session | None) -> ExtractionContext:
        """What extractors may ask for."""
        return ExtractionContext(
            count_tokens=lambda texts: count_tokens(codec, texts),
            chunk_tokens=chunk_tokens,
            options=self.block.taxonomy.options,
            llm=session,
            prompts=self.prompts,
            seed=self.seed,
        )

    def load_documents(self) -> list[Document]:
        """The documents that were built.

        Raises:
            ArtifactError: they are not there.
        """
        self.store.require("documents", self.keys["documents"])
        return artifacts.load_documents(self.store.path("documents", self.keys["documents"]))

    def load_taxonomy(self) -> tuple[Topic, list[Document], list[Chunk]]:
        """The tree that was built, with its chunks hung on it, its documents and its chunks.

        Raises:
            ArtifactError: they are not there.
        """
        self.store.require("taxonomy", self.keys["taxonomy"])
        place, documents = self.store.path("taxonomy", self.keys["taxonomy"]), self.load_documents()
        chunks = artifacts.load_chunks(place, {document.id: document for document in documents})
        return with_chunks(taxonomy_files.load(place / artifacts.TAXONOMY, documents), chunks), documents, chunks


def make_plan(block: StructTuningConfig, host: Host) -> Plan:
    """Finds the files, loads plugins and wordings, checks what can be checked, and names everything by content.

    `block` has absolute paths. Nothing is read but the files' bytes, and these only if they changed.

    Raises:
        StructTuningError: whatever is wrong with the block, the corpus' paths, the plugins or the wordings.
    """
    manager = plugins.build_plugin_manager()
    readers, extractors = plugins.readers(manager), plugins.extractors(manager)
    extractor = plugins.find(extractors, block.taxonomy.extractor, "extractor")
    extractor.check_options(block.taxonomy.options)
    client = plugins.find(plugins.llm_clients(manager), block.llm.client, "client") if block.llm else None
    folders = plugins.template_dirs(manager)
    wordings = Wordings([*folders, *check_folders(block.scpt.template_dirs, "scpt")], "scpt")
    prompts = Wordings([*folders, *check_folders(block.taxonomy.template_dirs, "taxonomy")], "taxonomy")
    files, overlooked = discover(block.corpus, readers)
    cache = HashCache(Path(block.work_dir) / "cache" / "hashes.json")
    hashes = {file.document_id: cache.sha256(file.path) for file in files}
    taxonomy_hash = _hash_of(block.taxonomy.path, "taxonomy.path", cache)
    script_hash = _hash_of(block.llm.script if block.llm else None, "llm.script", cache)
    cache.save()
    builder = software(manager)

    documents = fingerprint(
        "documents", builder, [_identity(file, hashes) for file in files], list(map(asdict, overlooked)), block.on_error
    )
    scpt = block.scpt.model_dump(mode="json", exclude={"template_dirs"})
    tree = block.taxonomy.model_dump(mode="json", exclude={"path", "template_dirs"})
    taxonomy = fingerprint(
        "taxonomy", documents, block.domain, tree, taxonomy_hash, _asked(block, prompts, _seed(block, host), script_hash),
        block.chunk_tokens, host.sequence_len, host.tokenizer, block.scpt.context_form, block.scpt.map_tokens,
        block.scpt.completion_has_title,
    )  # fmt: skip
    held_out = block.eval.model_dump(mode="json") if block.eval else None
    samples = fingerprint("scpt", taxonomy, block.stage, scpt, wordings.sources, _seed(block, host), held_out)
    return Plan(
        block=block,
        host=host,
        files=files,
        hashes=hashes,
        overlooked=overlooked,
        readers=readers,
        extractor=extractor,
        client=client,
        wordings=wordings,
        prompts=prompts,
        keys=dict(zip(STAGES, (documents, taxonomy, samples), strict=True)),
    )


def _seed(block: StructTuningConfig, host: Host) -> int:
    return host.seed if block.seed is None else block.seed


def _identity(file: CorpusFile, hashes: Mapping[str, str]) -> list[Any]:
    """What of a file decides its documents: its bytes and how they are read, not where they lie."""
    return [
        file.document_id,
        hashes[file.document_id],
        file.reader,
        file.entry.model_dump(mode="json", exclude={"path", "format"}),
    ]


def _hash_of(file: str | None, key: str, cache: HashCache) -> str | None:
    if file is None:
        return None
    path = Path(file)
    if not path.is_file():
        raise ConfigError(f"The file {path} (`{key}`) does not exist.")
    return cache.sha256(path)


# How a model is reached, not what it answers.
_NOT_ASKED = {"base_url", "api_key_env", "max_concurrency", "timeout", "max_retries", "budget", "script"}


def _asked(block: StructTuningConfig, prompts: Wordings, seed: int, script: str | None) -> list[Any] | None:
    """What of the block's `llm` decides its answers."""
    if block.llm is None:
        return None
    return [block.llm.model_dump(mode="json", exclude=_NOT_ASKED), prompts.sources, seed, script]


async def _tell(usage: Usage, progress: Progress) -> None:
    """A line now and then: a long document's questions are many, and its step comes once."""
    while True:
        await asyncio.sleep(_TELL_EVERY)
        run = usage.run
        progress.say(
            f"asked: {run['requests']:,} requests sent, {run['answers']:,} answered, {run['from_cache']:,} from the cache"
        )


def build(plan: Plan, codec: Codec, progress: Progress) -> bool:
    """Builds what is missing, stage by stage; False if everything was there.

    Raises:
        StructTuningError: whatever stands in the way; finished stages stay.
    """
    budget = plan_budget(plan.host.sequence_len, plan.block.chunk_tokens, plan.block.scpt, codec)
    builder = _Builder(plan, codec, budget, progress)
    made = [plan.store.build(stage, plan.keys[stage], getattr(builder, stage))[1] for stage in STAGES]
    return any(made)


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


def estimate_requests(plan: Plan, codec: Codec, progress: Progress) -> Estimate:
    """What building the taxonomy would still send to the block's language model; nothing is sent.

    Raises:
        StructTuningError: whatever stands in the way of the build too.
    """
    budget = plan_budget(plan.host.sequence_len, plan.block.chunk_tokens, plan.block.scpt, codec)
    builder = _Builder(plan, codec, budget, progress)
    plan.store.build("documents", plan.keys["documents"], builder.documents)
    return run(_rehearse(plan, codec, budget.chunk, progress))


async def _rehearse(plan: Plan, codec: Codec, chunk_tokens: int, progress: Progress) -> Estimate:
    llm, documents = plan.block.llm, plan.load_documents()
    if llm is None or plan.client is None or plan.block.taxonomy.path is not None:
        return Estimate()
    with Cache(plan.answers) as cache:
        rehearsal = Rehearsal(plan.client.create(llm), cache, lambda texts: count_tokens(codec, texts))
        unlimited = llm.model_copy(update={"budget": LLMBudget()})
        async with Session(rehearsal, unlimited, None, plan.seed, Usage()) as session:
            context = plan.extraction_context(codec, chunk_tokens, session)
            with progress.stage("counting questions", len(documents)) as step:
                await extract_tree(plan.block, plan.extractor, documents, context, step)
    return rehearsal.estimate


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
                "topics_per_level": _per_level(root),
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
        plan = self.plan
        async with plan.open_session(self.progress) as session:
            context = plan.extraction_context(self.codec, self.budget.chunk, session)
            root = await extract_tree(plan.block, plan.extractor, documents, context, step)
            return root, session.faults if session else []

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
            "config": _config_of(plan),
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


def _per_level(root: Topic) -> list[int]:
    level, sizes = [root], []
    while level:
        sizes.append(len(level))
        level = [child for topic in level for child in topic.subtopics]
    return sizes


def _config_of(plan: Plan) -> dict[str, Any]:
    """The block as far as it decides the samples, without any path of this machine."""
    paths: Any = {"corpus": {"__all__": {"path"}}, "taxonomy": {"path", "template_dirs"}, "scpt": {"template_dirs"}}
    block = plan.block.model_dump(
        mode="json", exclude={"enabled": True, "work_dir": True, "max_workers": True, "llm": _NOT_ASKED | {"extra_body"}, **paths}
    )
    return {**block, "seed": plan.seed, "sequence_len": plan.host.sequence_len, "tokenizer": plan.host.tokenizer}

"""Plan of a build: inputs, settings, and a fingerprint of these for each stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from structtuning_plugin import plugins
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.code_version import code_version
from structtuning_plugin.build.store import Store
from structtuning_plugin.config import (
    STAGES,
    StageName,
    StructTuningConfig,
    hashed_values,
    shown_values,
)
from structtuning_plugin.core.errors import ArtifactError, ConfigError, CorpusError
from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.templates import FALLBACK_LANGUAGE, Wordings, check_folders
from structtuning_plugin.core.types import Chunk, Document, Dropped, Topic
from structtuning_plugin.corpus.discovery import CorpusFile, HashCache, companions_of, discover
from structtuning_plugin.corpus.reading import FAULTS, unreadable_error
from structtuning_plugin.hookspecs import (
    Engine,
    Extractor,
    QAFormat,
    Reader,
    Retriever,
    SampleKind,
    StudyPrompt,
)
from structtuning_plugin.llm.client import LLMClientFactory
from structtuning_plugin.questions.files import loading as qa_files
from structtuning_plugin.questions.files.discovery import TEXT_SUFFIXES
from structtuning_plugin.questions.study.forms import StudyForm, select_prompts
from structtuning_plugin.samples.kinds.replay import replay_kinds
from structtuning_plugin.samples.selection import SelectedKinds, resolve_kinds, select_kinds
from structtuning_plugin.taxonomy.chunking import with_chunks
from structtuning_plugin.taxonomy.io import json_file as taxonomy_files


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeFacts:
    """Settings of the recipe around the block that decide what is built.

    Args:
        sequence_len: Greatest length of a row in tokens.
        seed: Seed of the recipe, for a block without one.
        tokenizer: Fingerprint of the tokenizer's files and settings.
        chat: Fingerprint of the chat template.
    """

    sequence_len: int
    seed: int
    tokenizer: str
    chat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Files of the user's questions, to train on, held out and to replay; and the formats."""

    train: Sequence[qa_files.QAFile]
    holdout: Sequence[qa_files.QAFile]
    replay: Sequence[qa_files.QAFile]
    formats: Mapping[str, QAFormat]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Plan of one build: its inputs, its settings, and the keys of its artifacts.

    Args:
        block: The block, with absolute paths and its kinds of samples in their order.
        facts: Settings of the recipe around the block.
        files: Files of the corpus.
        hashes: Hashes of the files, by document id.
        included: Names and hashes of the files that documents may include.
        overlooked: Files in the corpus' folders that no reader takes.
        readers: Readers by name.
        extractor: Extractor of the taxonomy.
        engine: Engine that does the work on single documents.
        client: Client of the block's `llm`; None without one.
        retriever: Retriever of passages.
        questions: The user's questions.
        wordings: Wordings by folder of templates: `scpt`, `ssft`, `qa`, `taxonomy`, `study`.
        kinds: All known kinds of samples by name, in their order.
        prompts: Prompts of the study; none without `study`.
        keys: Fingerprints of the stages, in their order.
        plugins: Names and versions of the installed plugins.
    """

    block: StructTuningConfig
    facts: RecipeFacts
    files: Sequence[CorpusFile]
    hashes: Mapping[str, str]
    included: Sequence[Sequence[str]]
    overlooked: Sequence[Dropped]
    readers: Mapping[str, Reader]
    extractor: Extractor
    engine: Engine
    client: LLMClientFactory | None
    retriever: Retriever
    questions: Questions
    wordings: Mapping[str, Wordings]
    kinds: Mapping[str, SampleKind[Any, Any]]
    prompts: Sequence[StudyPrompt]
    keys: Mapping[str, str]
    plugins: Sequence[str] = ()

    @property
    def store(self) -> Store:
        """The artifacts in `work_dir`."""
        return Store(Path(self.block.work_dir))

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of all stages, in order: documents, taxonomy, study, and the block's stages."""
        return tuple(self.keys)

    @property
    def sources(self) -> dict[str, str]:
        """Keys of the artifacts that the rows of the block's stages are built from."""
        return {name: key for name, key in self.keys.items() if name not in self.block.stage}

    def selected(self, stage: StageName) -> SelectedKinds:
        """Return the kinds of samples that a stage builds, those of the study last."""
        selected = select_kinds(self.block, stage, self.kinds)
        own = [kind for kind in plugins.study_kinds(self.prompts).values() if kind.stage == stage]
        return replace(selected, kinds=(*selected.kinds, *own))

    def folder(self, stage: str) -> Path:
        """Return the folder where a stage's artifact is, or will be."""
        return self.store.path(stage, self.keys[stage])

    def train_dir(self, stage: StageName) -> Path:
        """Return the folder that Axolotl trains on."""
        return self.folder(stage) / "train"

    def eval_dir(self, stage: StageName) -> Path | None:
        """Return the folder that Axolotl evaluates on; None if nothing is held out."""
        return self.folder(stage) / "eval" if self.block.eval else None

    def has(self, stage: str) -> bool:
        """Return whether a stage is built."""
        return self.store.manifest(stage, self.keys[stage]) is not None

    @property
    def is_built(self) -> bool:
        """True if the rows of all stages of the block are built, from files that may be used."""
        reading = ("documents", *self.block.stage)
        return all(map(self.has, self.block.stage)) and not any(map(self.read_fault, reading))

    def read_fault(self, stage: str) -> CorpusError | None:
        """Return the error about what a stage lacks though `on_error` is `raise`; None if nothing.

        A build with `skip` left them out. What is built of readable files is the same for both.
        """
        if self.block.on_error != "raise" or not self.has(stage):
            return None
        folder = self.folder(stage)
        dropped = (
            artifacts.load_dropped(folder) if stage in ("documents", *self.block.stage) else []
        )
        if faults := [item for item in dropped if item.reason in FAULTS]:
            return unreadable_error(faults)
        faults = [item for item in dropped if qa_files.is_bad_record(item)]
        return qa_files.bad_record_error(faults) if faults else None

    @property
    def seed(self) -> int:
        """Seed of every choice."""
        return _seed(self.block, self.facts)

    @property
    def answers(self) -> Path:
        """File with the replies of language models, for all builds in this `work_dir`."""
        return Path(self.block.work_dir) / "cache" / "answers.sqlite"

    @property
    def times_asked_again(self) -> int:
        """Times that `ask-again` has removed answers, after which a build has other content."""
        try:
            return int(self._times_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def count_asked_again(self) -> None:
        """Count that answers were removed.

        Raises:
            ArtifactError: If `work_dir` cannot be written.
        """
        try:
            self._times_file.parent.mkdir(parents=True, exist_ok=True)
            self._times_file.write_text(f"{self.times_asked_again + 1}\n", encoding="ascii")
        except OSError as error:
            raise ArtifactError(f"{self._times_file} cannot be written: {error}.") from None

    @property
    def _times_file(self) -> Path:
        return self.answers.with_name("asked_again")

    def check_client(self) -> None:
        """Check that the block's language model can be asked at all; nothing is sent.

        Raises:
            ConfigError: If its client cannot do what the block says.
            LLMError: If the key is missing.
        """
        if self.client is not None and self.block.llm is not None:
            self.client.check(self.block.llm)

    def load_documents(self) -> list[Document]:
        """Load the documents that were built.

        Raises:
            ArtifactError: If they are missing.
        """
        self.store.require("documents", self.keys["documents"])
        return artifacts.load_documents(self.folder("documents"))

    def load_taxonomy(self) -> tuple[Topic, list[Document], list[Chunk]]:
        """Load the tree with the chunks on its topics, the documents, and the chunks.

        Raises:
            ArtifactError: If they are missing.
        """
        self.store.require("taxonomy", self.keys["taxonomy"])
        folder, documents = self.folder("taxonomy"), self.load_documents()
        chunks = artifacts.load_chunks(folder, {document.id: document for document in documents})
        return (
            with_chunks(taxonomy_files.load(folder / artifacts.TAXONOMY, documents), chunks),
            documents,
            chunks,
        )

    def load_forms(self, stage: StageName | None = None) -> list[StudyForm]:
        """Load what the `llm` wrote from the corpus, for one stage or all; nothing without `study`.

        Raises:
            ArtifactError: If it is missing.
        """
        if not self.prompts:
            return []
        self.store.require("study", self.keys["study"])
        names = {prompt.name for prompt in self.prompts if stage in (None, prompt.stage)}
        return [form for form in artifacts.load_forms(self.folder("study")) if form.prompt in names]

    def load_rows(self, stage: StageName, part: str = "train") -> list[dict[str, Any]]:
        """Load the rows of a stage, to train on (`train`) or to evaluate on (`eval`).

        Raises:
            ArtifactError: If they are missing.
        """
        self.store.require(stage, self.keys[stage])
        return artifacts.load_rows(self.folder(stage) / part)


def make_plan(block: StructTuningConfig, facts: RecipeFacts) -> Plan:
    """Find the files, load plugins and wordings, check what can be checked, and name the stages.

    Nothing is read but the bytes of the files, and these only if they changed.

    Args:
        block: A block with absolute paths.
        facts: Settings of the recipe around it.

    Raises:
        StructTuningError: If the block, the corpus' paths, the plugins or the wordings are wrong.
    """
    manager = plugins.build_plugin_manager()
    readers, extractors = plugins.readers(manager), plugins.extractors(manager)
    extractor = plugins.find(extractors, block.taxonomy.extractor, "extractor")
    extractor.check_options(block.taxonomy.options)
    engine = plugins.find(plugins.engines(manager), block.engine, "engine")
    kinds = plugins.sample_kinds(manager)
    block = resolve_kinds(block, kinds)
    prompts = select_prompts(block, plugins.study_prompts(manager))
    retriever = plugins.find(plugins.retrievers(manager), block.ssft.retriever, "retriever")
    retriever.check_options(block.ssft.retriever_options)
    client = (
        plugins.find(plugins.llm_clients(manager), block.llm.client, "client")
        if block.llm
        else None
    )
    wordings = _wordings(block, plugins.template_dirs(manager))
    for prompt in prompts:
        wordings["study"].pool(FALLBACK_LANGUAGE, prompt.name)  # missing: an error before any work
    questions = _questions(block, plugins.qa_formats(manager))
    files, overlooked = discover(block.corpus, readers)
    cache = HashCache(Path(block.work_dir) / "cache" / "hashes.json")
    hashes = {file.document_id: cache.sha256(file.path) for file in files}
    included = _included_hashes(files, readers, cache)
    builder = code_version(manager)
    keys = _keys(
        block,
        facts,
        wordings,
        questions,
        prompts,
        builder,
        files,
        hashes,
        included,
        overlooked,
        cache,
    )
    cache.save()
    return Plan(
        block=block,
        facts=facts,
        files=files,
        hashes=hashes,
        included=included,
        overlooked=overlooked,
        readers=readers,
        extractor=extractor,
        engine=engine,
        client=client,
        retriever=retriever,
        questions=questions,
        wordings=wordings,
        kinds={**kinds, **plugins.study_kinds(prompts), **replay_kinds(block)},
        prompts=prompts,
        keys=keys,
        plugins=plugins.versions(manager),
    )


def _wordings(block: StructTuningConfig, folders: Sequence[Path]) -> dict[str, Wordings]:
    """Load the wordings by folder of templates: those of each stage, `taxonomy` and `study`."""
    own = {
        "taxonomy": check_folders(block.taxonomy.template_dirs, "taxonomy"),
        "study": check_folders(block.study.template_dirs if block.study else (), "study"),
    }
    for stage in STAGES.values():
        paths = check_folders(block.section(stage.name).template_dirs, *stage.template_folders)
        own.update(dict.fromkeys(stage.template_folders, paths))
    wordings = {}
    for name, paths in own.items():
        wordings[name] = Wordings([*folders, *paths], name)
        wordings[name].check(paths)
    return wordings


def _questions(block: StructTuningConfig, formats: Mapping[str, QAFormat]) -> Questions:
    has_chat = any(STAGES[name].is_chat for name in block.stage)
    is_compared = (
        has_chat
        or block.study is not None
        or block.replay is not None
        or bool(block.scpt.questions)
    )
    replayed = block.replay.datasets if block.replay else ()
    return Questions(
        train=qa_files.discover(block.ssft.qa if has_chat else (), formats),
        holdout=qa_files.discover(block.ssft.holdout if is_compared else (), formats),
        replay=qa_files.discover(replayed, formats, TEXT_SUFFIXES),
        formats=formats,
    )


def _keys(
    block: StructTuningConfig,
    facts: RecipeFacts,
    wordings: Mapping[str, Wordings],
    questions: Questions,
    prompts: Sequence[StudyPrompt],
    builder: Sequence[str],
    files: Sequence[CorpusFile],
    hashes: Mapping[str, str],
    included: Sequence[Sequence[str]],
    overlooked: Sequence[Dropped],
    cache: HashCache,
) -> dict[str, str]:
    """Fingerprint each stage by all that decides its content, the stages before it included."""
    seed = _seed(block, facts)
    taxonomy_hash = _hash_of(block.taxonomy.path, "taxonomy.path", cache)
    script_hash = _hash_of(block.llm.script if block.llm else None, "llm.script", cache)
    documents = fingerprint(
        "documents",
        builder,
        [identity_of(file, hashes[file.document_id]) for file in files],
        included,
        # Files that nobody reads decide nothing.
        [asdict(item) for item in overlooked if item.reason != "unknown_format"],
        hashed_values(block.hygiene),
        hashed_values(block.corpus_limits),
        block.taxonomy.headings,
    )
    taxonomy = fingerprint(
        "taxonomy",
        documents,
        block.domain,
        hashed_values(block.taxonomy),
        taxonomy_hash,
        _llm_identity(block, wordings["taxonomy"], seed, script_hash),
        block.chunk_tokens,
        facts.sequence_len,
        facts.tokenizer,
        block.scpt.context_form,
        block.scpt.map_tokens,
        block.scpt.completion_has_title,
    )
    keys = {"documents": documents, "taxonomy": taxonomy}
    held_out = [qa_files.identity(file, cache.sha256) for file in questions.holdout]
    if block.study is not None:
        keys["study"] = fingerprint(
            "study",
            taxonomy,
            hashed_values(block.study, "prompts"),
            list(map(asdict, prompts)),
            _llm_identity(block, wordings["study"], seed, script_hash),
            hashed_values(block.eval) if block.eval else None,
            hashed_values(block.probes) if block.probes else None,
            held_out,
        )
    for name in block.stage:
        stage = STAGES[name]
        parts: list[Any] = [
            name,
            taxonomy,
            # Sets of questions are known by their content, below.
            hashed_values(block.section(name), "qa", "holdout"),
            [wordings[folder].sources for folder in stage.template_folders],
            seed,
            hashed_values(block.eval) if block.eval else None,
        ]
        if name == "scpt" and block.scpt.questions:
            parts += [
                wordings["qa"].sources,
                [qa_files.identity(file, cache.sha256) for file in questions.holdout],
                [block.ssft.exercises, block.ssft.forms_per_fact],
                hashed_values(block.probes) if block.probes else None,
            ]
        if stage.is_chat:
            parts += [
                [qa_files.identity(file, cache.sha256) for file in questions.train],
                held_out,
                facts.chat,
                hashed_values(block.probes) if block.probes else None,
            ]
        if stage.asks_llm:
            parts.append(_llm_identity(block, wordings["qa"], seed, script_hash))
        if block.study is not None:
            parts.append(keys["study"])
        if block.replay is not None:
            replayed = [qa_files.identity(file, cache.sha256) for file in questions.replay]
            own = hashed_values(block.replay, "datasets")
            parts.append([own, replayed, held_out])
        keys[name] = fingerprint(*parts)
    return keys


def _seed(block: StructTuningConfig, facts: RecipeFacts) -> int:
    return facts.seed if block.seed is None else block.seed


def _included_hashes(
    files: Sequence[CorpusFile], readers: Mapping[str, Reader], cache: HashCache
) -> list[list[str]]:
    """Return the hashes of the files that documents may include, in the corpus or not."""
    hashes: dict[str, str] = {}
    for file in files:
        suffixes = getattr(readers[file.reader], "includes", ())
        for path in companions_of(file.path, file.document_id, suffixes):
            hashes.setdefault(str(path), cache.sha256(path))
    return [[Path(path).name, sha] for path, sha in sorted(hashes.items())]


def identity_of(file: CorpusFile, sha256: str) -> list[Any]:
    """Return what decides a file's documents: its bytes and how they are read, not where it is.

    Args:
        file: The file.
        sha256: Hash of its bytes.
    """
    return [
        file.document_id,
        sha256,
        file.reader,
        hashed_values(file.entry, "format", "include", "exclude"),  # the reader and the id say it
        [file.title, file.is_wiki],
    ]


def _hash_of(file: str | None, key: str, cache: HashCache) -> str | None:
    if file is None:
        return None
    path = Path(file)
    if not path.is_file():
        raise ConfigError(f"The file {path} (`{key}`) does not exist.")
    return cache.sha256(path)


def _llm_identity(
    block: StructTuningConfig, prompts: Wordings, seed: int, script_hash: str | None
) -> list[Any] | None:
    """Return what decides the replies of the block's `llm`; None without one."""
    if block.llm is None:
        return None
    return [hashed_values(block.llm), prompts.sources, seed, script_hash]


def config_of(plan: Plan) -> dict[str, Any]:
    """Return the block as far as it decides the samples, without any path of this machine."""
    return {
        **shown_values(plan.block),
        "seed": plan.seed,
        "sequence_len": plan.facts.sequence_len,
        "tokenizer": plan.facts.tokenizer,
    }

"""What is to be built, from what, and where: everything that can be known before the work, named by its content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin import plugins
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.code_version import code_version
from structtuning_plugin.build.store import Store
from structtuning_plugin.config import Stage, StructTuningConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.templates import Wordings, check_folders
from structtuning_plugin.core.types import Chunk, Document, Dropped, Topic
from structtuning_plugin.corpus.discovery import CorpusFile, HashCache, discover
from structtuning_plugin.hookspecs import Extractor, QAFormat, Reader, Retriever
from structtuning_plugin.llm.client import LLMClientFactory
from structtuning_plugin.questions.files import loading as qa_files
from structtuning_plugin.taxonomy.assemble import with_chunks
from structtuning_plugin.taxonomy.io import json_file as taxonomy_files

# How a model is reached, not what it answers.
_NOT_ASKED = {
    "base_url",
    "api_key_env",
    "max_concurrency",
    "timeout",
    "max_retries",
    "budget",
    "script",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What the recipe around the block decides. `tokenizer` and `chat` are fingerprints of all that makes them up."""

    sequence_len: int
    seed: int
    tokenizer: str
    chat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The user's sets of questions: files to train on, files held out, and the formats they may have."""

    train: Sequence[qa_files.QAFile]
    holdout: Sequence[qa_files.QAFile]
    formats: Mapping[str, QAFormat]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be built, from what, and where. `keys` are the fingerprints of the stages, in their order.

    `wordings` are those of `scpt`, `ssft`, `qa` and `taxonomy`, as the folders of templates are called.
    """

    block: StructTuningConfig
    host: Host
    files: Sequence[CorpusFile]
    hashes: Mapping[str, str]
    overlooked: Sequence[Dropped]
    readers: Mapping[str, Reader]
    extractor: Extractor
    client: LLMClientFactory | None
    retriever: Retriever
    questions: Questions
    wordings: Mapping[str, Wordings]
    keys: Mapping[str, str]

    @property
    def store(self) -> Store:
        return Store(Path(self.block.work_dir))

    @property
    def stages(self) -> tuple[str, ...]:
        """What is built, in order: documents, taxonomy, and the block's stages."""
        return tuple(self.keys)

    def folder(self, stage: str) -> Path:
        """Where a stage's artifact is, or will be."""
        return self.store.path(stage, self.keys[stage])

    def train_dir(self, stage: Stage) -> Path:
        """The folder that Axolotl trains on."""
        return self.folder(stage) / "train"

    def eval_dir(self, stage: Stage) -> Path | None:
        """The folder that Axolotl evaluates on, if something is held out."""
        return self.folder(stage) / "eval" if self.block.eval else None

    def has(self, stage: str) -> bool:
        """Whether the stage is built."""
        return self.store.manifest(stage, self.keys[stage]) is not None

    @property
    def is_built(self) -> bool:
        return all(self.has(stage) for stage in self.block.stage)

    @property
    def seed(self) -> int:
        return _seed(self.block, self.host)

    @property
    def answers(self) -> Path:
        """Where the answers of language models are kept, of every build in this `work_dir`."""
        return Path(self.block.work_dir) / "cache" / "answers.sqlite"

    def check_client(self) -> None:
        """Whether the block's language model can be asked at all; nothing is sent.

        Raises:
            ConfigError: its client cannot do what the block says.
            LLMError: the key is missing.
        """
        if self.client is not None and self.block.llm is not None:
            self.client.check(self.block.llm)

    def load_documents(self) -> list[Document]:
        """The documents that were built.

        Raises:
            ArtifactError: they are not there.
        """
        self.store.require("documents", self.keys["documents"])
        return artifacts.load_documents(self.folder("documents"))

    def load_taxonomy(self) -> tuple[Topic, list[Document], list[Chunk]]:
        """The tree that was built, with its chunks hung on it, its documents and its chunks.

        Raises:
            ArtifactError: they are not there.
        """
        self.store.require("taxonomy", self.keys["taxonomy"])
        place, documents = self.folder("taxonomy"), self.load_documents()
        chunks = artifacts.load_chunks(place, {document.id: document for document in documents})
        return (
            with_chunks(taxonomy_files.load(place / artifacts.TAXONOMY, documents), chunks),
            documents,
            chunks,
        )

    def load_rows(self, stage: Stage, part: str = "train") -> list[dict[str, Any]]:
        """The rows of a stage that was built, to train (`train`) or to evaluate on (`eval`).

        Raises:
            ArtifactError: they are not there.
        """
        self.store.require(stage, self.keys[stage])
        return artifacts.load_rows(self.folder(stage) / part)


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
    retriever = plugins.find(plugins.retrievers(manager), block.ssft.retriever, "retriever")
    retriever.check_options(block.ssft.retriever_options)
    client = (
        plugins.find(plugins.llm_clients(manager), block.llm.client, "client")
        if block.llm
        else None
    )
    wordings = _wordings(block, plugins.template_dirs(manager))
    questions = _questions(block, plugins.qa_formats(manager))
    files, overlooked = discover(block.corpus, readers)
    cache = HashCache(Path(block.work_dir) / "cache" / "hashes.json")
    hashes = {file.document_id: cache.sha256(file.path) for file in files}
    keys = _keys(
        block, host, wordings, questions, code_version(manager), files, hashes, overlooked, cache
    )
    cache.save()
    return Plan(
        block=block,
        host=host,
        files=files,
        hashes=hashes,
        overlooked=overlooked,
        readers=readers,
        extractor=extractor,
        client=client,
        retriever=retriever,
        questions=questions,
        wordings=wordings,
        keys=keys,
    )


def _wordings(block: StructTuningConfig, folders: Sequence[Path]) -> dict[str, Wordings]:
    own = {
        "scpt": check_folders(block.scpt.template_dirs, "scpt"),
        "taxonomy": check_folders(block.taxonomy.template_dirs, "taxonomy"),
        "ssft": check_folders(block.ssft.template_dirs, "ssft", "qa"),
    }
    own["qa"] = own["ssft"]
    found = {stage: Wordings([*folders, *paths], stage) for stage, paths in own.items()}
    for stage, paths in own.items():
        found[stage].check(paths)
    return found


def _questions(block: StructTuningConfig, formats: Mapping[str, QAFormat]) -> Questions:
    wanted = block.ssft if "ssft" in block.stage else None
    return Questions(
        train=qa_files.discover(wanted.qa if wanted else (), formats),
        holdout=qa_files.discover(wanted.holdout if wanted else (), formats),
        formats=formats,
    )


def _keys(
    block: StructTuningConfig,
    host: Host,
    wordings: Mapping[str, Wordings],
    questions: Questions,
    builder: Sequence[str],
    files: Sequence[CorpusFile],
    hashes: Mapping[str, str],
    overlooked: Sequence[Dropped],
    cache: HashCache,
) -> dict[str, str]:
    """The fingerprints of the stages: each of everything that decides its content, the stages before it included."""
    seed, held_out = _seed(block, host), block.eval.model_dump(mode="json") if block.eval else None
    taxonomy_hash = _hash_of(block.taxonomy.path, "taxonomy.path", cache)
    script_hash = _hash_of(block.llm.script if block.llm else None, "llm.script", cache)
    documents = fingerprint(
        "documents",
        builder,
        [_identity(file, hashes) for file in files],
        list(map(asdict, overlooked)),
        block.on_error,
    )
    tree = block.taxonomy.model_dump(mode="json", exclude={"path", "template_dirs"})
    taxonomy = fingerprint(
        "taxonomy", documents, block.domain, tree, taxonomy_hash, _asked(block, wordings["taxonomy"], seed, script_hash),
        block.chunk_tokens, host.sequence_len, host.tokenizer, block.scpt.context_form, block.scpt.map_tokens,
        block.scpt.completion_has_title,
    )  # fmt: skip
    keys = {"documents": documents, "taxonomy": taxonomy}
    if "scpt" in block.stage:
        scpt = block.scpt.model_dump(mode="json", exclude={"template_dirs"})
        keys["scpt"] = fingerprint("scpt", taxonomy, scpt, wordings["scpt"].sources, seed, held_out)
    if "ssft" in block.stage:
        ssft = block.ssft.model_dump(mode="json", exclude={"template_dirs", "qa", "holdout"})
        sets = [
            [qa_files.identity(file, cache.sha256) for file in part]
            for part in (questions.train, questions.holdout)
        ]
        probes = block.probes.model_dump(mode="json") if block.probes else None
        keys["ssft"] = fingerprint(
            "ssft", taxonomy, ssft, sets, wordings["ssft"].sources, wordings["qa"].sources, seed, held_out, host.chat,
            _asked(block, wordings["qa"], seed, script_hash), probes,
        )  # fmt: skip
    return keys


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


def _asked(
    block: StructTuningConfig, prompts: Wordings, seed: int, script: str | None
) -> list[Any] | None:
    """What of the block's `llm` decides its answers."""
    if block.llm is None:
        return None
    return [block.llm.model_dump(mode="json", exclude=_NOT_ASKED), prompts.sources, seed, script]


def config_of(plan: Plan) -> dict[str, Any]:
    """The block as far as it decides the samples, without any path of this machine."""
    paths: Any = {
        "corpus": {"__all__": {"path"}},
        "taxonomy": {"path", "template_dirs"},
        "scpt": {"template_dirs"},
        "ssft": {
            "template_dirs": True,
            "qa": {"__all__": {"path"}},
            "holdout": {"__all__": {"path"}},
        },
    }
    block = plan.block.model_dump(
        mode="json",
        exclude={
            "enabled": True,
            "work_dir": True,
            "max_workers": True,
            "llm": _NOT_ASKED | {"extra_body"},
            **paths,
        },
    )
    return {
        **block,
        "seed": plan.seed,
        "sequence_len": plan.host.sequence_len,
        "tokenizer": plan.host.tokenizer,
    }

"""What is to be built, from what, and where: everything that can be known before the work, named by its content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin import artifacts, plugins
from structtuning_plugin.config import StructTuningConfig
from structtuning_plugin.corpus.discovery import CorpusFile, HashCache, discover
from structtuning_plugin.errors import ConfigError
from structtuning_plugin.hookspecs import Extractor, Reader
from structtuning_plugin.llm.clients import LLMClientFactory
from structtuning_plugin.rendering import Wordings, check_folders
from structtuning_plugin.software import software
from structtuning_plugin.store import Store, fingerprint
from structtuning_plugin.taxonomy import files as taxonomy_files
from structtuning_plugin.taxonomy.assemble import with_chunks
from structtuning_plugin.types import Chunk, Document, Dropped, Topic

STAGES = ("documents", "taxonomy", "scpt")

# How a model is reached, not what it answers.
_NOT_ASKED = {"base_url", "api_key_env", "max_concurrency", "timeout", "max_retries", "budget", "script"}


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


def _asked(block: StructTuningConfig, prompts: Wordings, seed: int, script: str | None) -> list[Any] | None:
    """What of the block's `llm` decides its answers."""
    if block.llm is None:
        return None
    return [block.llm.model_dump(mode="json", exclude=_NOT_ASKED), prompts.sources, seed, script]


def config_of(plan: Plan) -> dict[str, Any]:
    """The block as far as it decides the samples, without any path of this machine."""
    paths: Any = {"corpus": {"__all__": {"path"}}, "taxonomy": {"path", "template_dirs"}, "scpt": {"template_dirs"}}
    block = plan.block.model_dump(
        mode="json", exclude={"enabled": True, "work_dir": True, "max_workers": True, "llm": _NOT_ASKED | {"extra_body"}, **paths}
    )
    return {**block, "seed": plan.seed, "sequence_len": plan.host.sequence_len, "tokenizer": plan.host.tokenizer}

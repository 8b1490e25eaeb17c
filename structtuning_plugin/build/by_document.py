"""Work on single documents that earlier builds have done, for all builds of one `work_dir`.

    work_dir/by_document/
      read.sqlite       each file as documents, cleaned
      outline.sqlite    headings, parts and titles of each document, without a language model
      subjects.sqlite   the subjects of a folder with many documents, as a whole
      cut.sqlite        its chunks with their numbers of tokens
      phrases.sqlite    its phrases that occur at least twice, and its references
      tokens-ID.sqlite  numbers of tokens of texts, for the tokenizer ID
      rows-ID.sqlite    sizes of conversations, for the chat template ID
      latest.json       how many results the latest build found, and how many it made
      sentences.sqlite  its sentences, lists and tables with their ranks

A result is known by its input and by the settings, code and libraries that decide its step. So a
build after a change of one document works on that document, and assembles the whole anew; the
artifacts are the same bytes as those of a build without these files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from structtuning_plugin.build.code_version import step_version
from structtuning_plugin.build.plan import Plan, identity_of
from structtuning_plugin.build.store import Store
from structtuning_plugin.config import hashed_values
from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.step_results import (
    NumberFile,
    ResultFile,
    StepResults,
    UnusedResults,
    count_unused,
    delete_unused,
    list_builds,
)
from structtuning_plugin.core.types import Document, Outline, ReadResult
from structtuning_plugin.corpus.discovery import CorpusFile
from structtuning_plugin.corpus.reading import FAULTS
from structtuning_plugin.questions.exercises.points import PointsJob, PointTexts
from structtuning_plugin.questions.exercises.terms import TextPhrases
from structtuning_plugin.taxonomy.chunking import CutJob, Pieces
from structtuning_plugin.taxonomy.subjects import Shelf, Subjects

FOLDER = "by_document"
_NUMBERS = f"{FOLDER}/%s-{'[0-9a-f]' * 20}.sqlite"
STEPS = ("read", "outline", "subjects", "cut", "sentences", "phrases")


class DocumentSteps:
    """Results of the steps on single documents, for one build.

    Args:
        plan: The plan.
        chunk_tokens: Greatest length of a chunk in tokens.
        say: Prints a line for the user.
    """

    def __init__(self, plan: Plan, chunk_tokens: int, say: Callable[[str], object]) -> None:
        self._plan, self._say = plan, say
        self._chunk_tokens = chunk_tokens
        self._files: list[ResultFile] = []
        self._steps: dict[str, StepResults[Any, Any]] = {}

    def read(self) -> StepResults[CorpusFile, ReadResult]:
        """Return the files of the corpus, as they were read."""
        block = self._plan.block
        settings = [
            hashed_values(block.corpus_limits),
            hashed_values(block.hygiene),
            block.taxonomy.headings,
        ]
        return self._open(
            "read",
            "documents",
            ["corpus", settings],
            ReadResult,
            describe=self._describe_file,
            is_kept=self._is_as_planned,
        )

    def outlines(self) -> StepResults[Document, Outline]:
        """Return the outlines of the documents, found without a language model."""
        plan = self._plan
        settings = [
            plan.extractor.name,
            plan.block.taxonomy.options,
            self._chunk_tokens,
            plan.facts.tokenizer,
            plan.wordings["taxonomy"].sources,
            plan.seed,
        ]
        return self._open("outline", "taxonomy", ["taxonomy", settings], Outline)

    def shelves(self) -> StepResults[Shelf, Subjects]:
        """Return the subjects of folders with many documents, found without a language model."""
        return self._open("subjects", "taxonomy", ["taxonomy", []], Subjects)

    def pieces(self) -> StepResults[CutJob, Pieces]:
        """Return the chunks of the documents."""
        settings = [self._chunk_tokens, self._plan.facts.tokenizer]
        return self._open("cut", "taxonomy", ["taxonomy", settings], Pieces)

    def texts(self, stage: str) -> StepResults[PointsJob, list[PointTexts]]:
        """Return the sentences, lists and tables of the documents.

        Args:
            stage: Stage that uses them.
        """
        return self._open(
            "sentences", stage, ["questions", []], list[PointTexts], describe=describe_points
        )

    def phrases(self, stage: str) -> StepResults[Document, TextPhrases]:
        """Return the phrases of the documents that occur at least twice.

        Args:
            stage: Stage that uses them.
        """
        return self._open("phrases", stage, ["questions", []], TextPhrases, describe_text)

    def counts(self) -> Iterator[tuple[str, int, int]]:
        """Yield the name of each step so far, its results that were there, and those made anew."""
        for name, results in self._steps.items():
            yield name, results.count.reused, results.count.made

    def save_counts(self) -> None:
        """Write the counts, for the summary; they are no part of an artifact."""
        counts = {name: [reused, made] for name, reused, made in self.counts() if reused + made}
        content = {"keys": dict(self._plan.keys), "steps": counts}
        with suppress(OSError):
            if counts:
                _counts_file(self._plan).write_text(json.dumps(content), encoding="ascii")

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def _open(
        self,
        name: str,
        stage: str,
        decides: Sequence[Any],
        kind: Any,
        describe: Callable[[Any], str] = repr,
        is_kept: Callable[[Any, Any], bool] = lambda _, __: True,
    ) -> StepResults[Any, Any]:
        room, settings = decides
        identity = fingerprint(name, step_version(room), list(self._plan.plugins), settings)
        path = Path(self._plan.block.work_dir) / FOLDER / f"{name}.sqlite"
        file = ResultFile(path, f"{stage}-{self._plan.keys[stage]}", self._say)
        self._files.append(file)
        results: StepResults[Any, Any] = StepResults(file, identity, kind, describe, is_kept)
        self._steps[name] = results
        return results

    def _describe_file(self, file: CorpusFile) -> str:
        sha256 = self._plan.hashes[file.document_id]
        parts = identity_of(file, sha256)
        if getattr(self._plan.readers[file.reader], "includes", ()):
            # Its result depends on the files that it includes, and names their places.
            parts += [str(file.path.resolve()), self._plan.included]
        return fingerprint(parts)

    def _is_as_planned(self, file: CorpusFile, result: ReadResult) -> bool:
        """Return True for a file that was read whole, and that is still what the plan has seen.

        A file may be unreadable for want of time or memory.
        """
        if any(item.reason in FAULTS for item in result.dropped):
            return False
        try:
            with file.path.open("rb") as content:
                sha256 = hashlib.sha256()
                while block := content.read(1 << 20):
                    sha256.update(block)
        except OSError:
            return False
        return sha256.hexdigest() == self._plan.hashes[file.document_id]


def load_counts(plan: Plan) -> dict[str, tuple[int, int]]:
    """Return by step how many results were there at the latest build, and how many were made.

    Nothing if the latest build was of another plan.
    """
    try:
        content = json.loads(_counts_file(plan).read_text(encoding="ascii"))
        steps = content["steps"] if content["keys"] == dict(plan.keys) else {}
        return {name: (int(reused), int(made)) for name, (reused, made) in steps.items()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _counts_file(plan: Plan) -> Path:
    return Path(plan.block.work_dir) / FOLDER / "latest.json"


def open_tokens(plan: Plan, say: Callable[[str], object]) -> NumberFile:
    """Return the numbers of tokens of texts that earlier builds have counted."""
    return _open_numbers(plan, "tokens", [plan.facts.tokenizer], say)


def open_sizes(plan: Plan, say: Callable[[str], object]) -> NumberFile:
    """Return the sizes of conversations that earlier builds have counted."""
    return _open_numbers(plan, "rows", _decide_sizes(plan), say)


def _decide_sizes(plan: Plan) -> list[Any]:
    settings = plan.block.ssft
    return [plan.facts.tokenizer, plan.facts.chat, settings.format, plan.wordings["qa"].sources]


def _open_numbers(
    plan: Plan, name: str, settings: Sequence[Any], say: Callable[[str], object]
) -> NumberFile:
    identity = fingerprint(name, step_version("questions"), list(plan.plugins), settings)
    return NumberFile(Path(plan.block.work_dir) / FOLDER / f"{name}-{identity}.sqlite", say)


def describe_text(document: Document) -> str:
    """Return what decides the phrases of a document."""
    return repr((document.text, document.language, document.blocks))


def describe_points(job: PointsJob) -> str:
    """Return what decides the sentences of a document: not the ids of its topics.

    A topic's id depends on titles above it, which one other document may change.
    """
    places: list[tuple[str, int, int]] = []
    for own in job.chunks:
        places += [("", 0, 0), *((chunk.id, chunk.start, chunk.end) for chunk in own)]
    return repr((job.document, places))


# What no build uses any more


def list_unused(store: Store, used: Iterable[tuple[str, str]]) -> list[UnusedResults]:
    """List the results that neither some builds use nor any that is under way, by file.

    Args:
        store: The artifacts of the `work_dir`.
        used: Stage and key of the builds.
    """
    unused = [count_unused(path, _builds_of(store, path, used)) for path in _files_of(store)]
    return [each for each in unused if each.count]


def remove_unused(store: Store, used: Iterable[tuple[str, str]], path: Path) -> bool:
    """Delete such results from a file; return False if another process does not let go of it."""
    return delete_unused(path, _builds_of(store, path, used))


def list_unused_numbers(store: Store, plans: Iterable[Plan]) -> list[Path]:
    """List the files of numbers for other tokenizers, chat templates or versions.

    None while a build is under way, which may use one.
    """
    if store.builds_now():
        return []
    used: set[str] = set()
    for plan in plans:
        used |= {open_tokens(plan, str).path.name, open_sizes(plan, str).path.name}
    paths = [path for name in ("tokens", "rows") for path in store.root.glob(_NUMBERS % name)]
    return sorted(path for path in paths if path.name not in used)


def _files_of(store: Store) -> list[Path]:
    """List the files of results that we know; others are not ours."""
    return [store.root / FOLDER / f"{name}.sqlite" for name in STEPS]


def _builds_of(store: Store, path: Path, used: Iterable[tuple[str, str]]) -> set[str]:
    names = {f"{stage}-{key}" for stage, key in used}
    return names | {name for name in list_builds(path) if store.is_being_built(name)}

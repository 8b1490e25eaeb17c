"""Artifacts in `work_dir`: content-addressed, atomic, the manifest last.

    work_dir/
      documents/<fingerprint>/   documents.jsonl dropped.jsonl manifest.json
      taxonomy/<fingerprint>/    taxonomy.json chunks.jsonl dropped.jsonl manifest.json
      study/<fingerprint>/       forms.jsonl dropped.jsonl manifest.json
      scpt/<fingerprint>/        train/ [eval/] dropped.jsonl manifest.json
      by_document/               what earlier builds made of single documents (`by_document`)
      locks/ tmp/ cache/

An artifact is filled in `tmp/` under a lock and moved into place when it is complete. A build that
fails leaves nothing. A killed one leaves only its folder in `tmp/`, which the next build removes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from structtuning_plugin.build.locking import hold_lock
from structtuning_plugin.core.errors import ArtifactError

MANIFEST = "manifest.json"

# Folders of `work_dir` that hold artifacts; the others are no business of `Store.unused`.
ARTIFACT_STAGES = ("documents", "taxonomy", "study", "scpt", "ssft")


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, in UTF-8."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects that `write_jsonl` wrote."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Folder of an artifact.

    Args:
        stage: Stage of the artifact.
        key: Fingerprint of the artifact.
        folder: Its folder, in `tmp/` while it is filled.
        bytes: Size of its files.
        is_complete: It has its manifest and all of its files.
    """

    stage: str
    key: str
    folder: Path
    bytes: int
    is_complete: bool


class Store:
    """The artifacts of one `work_dir`.

    Args:
        root: The folder.
        say: Prints a line for a user who waits for another process.
    """

    def __init__(self, root: Path, say: Callable[[str], object] = str) -> None:
        self.root = root
        self.say = say

    def path(self, stage: str, key: str) -> Path:
        """Return the folder where an artifact is, or will be."""
        return self.root / stage / key

    def manifest(self, stage: str, key: str) -> dict[str, Any] | None:
        """Load the manifest of a complete artifact.

        None if it is missing, or if one of its files has another size than when it was written.
        """
        folder = self.path(stage, key)
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            is_complete = all(
                (folder / name).stat().st_size == size for name, size in _sizes(manifest)
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return manifest if is_complete else None

    def finished(self, stage: str) -> list[str]:
        """List the keys of the complete artifacts of a stage, ordered."""
        folders = (self.root / stage).glob("*")
        return sorted(path.name for path in folders if self.manifest(stage, path.name) is not None)

    def require(self, stage: str, key: str) -> dict[str, Any]:
        """Load the manifest of an artifact.

        Raises:
            ArtifactError: If the artifact is missing.
        """
        manifest = self.manifest(stage, key)
        if manifest is None:
            raise ArtifactError(
                f"{self.path(stage, key)} is missing. Run `axolotl structtuning build` or "
                "`axolotl preprocess` first."
            )
        return manifest

    def with_sources(self, artifacts: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return artifacts (stage, key) and all that they were built from."""
        waiting, used = list(artifacts), set[tuple[str, str]]()
        while waiting:
            stage, key = waiting.pop()
            if (stage, key) in used:
                continue
            used.add((stage, key))
            manifest = self.manifest(stage, key) or {}
            waiting.extend((manifest.get("built_from") or {}).items())
        return used

    def unused(self, used: Collection[tuple[str, str]]) -> list[Artifact]:
        """List the artifacts that are not in `used`, whole or not, ordered by stage and key."""
        artifacts = []
        for folder in sorted(self.root.glob("*/*")):
            stage, key = folder.parent.name, folder.name
            is_temporary = stage == "tmp"
            if is_temporary:
                stage, _, key = folder.name.rpartition("-")
            if stage not in ARTIFACT_STAGES or not folder.is_dir():
                continue
            if (stage, key) in used and not is_temporary:
                continue
            artifacts.append(
                Artifact(
                    stage=stage,
                    key=key,
                    folder=folder,
                    bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
                    is_complete=not is_temporary and self.manifest(stage, key) is not None,
                )
            )
        return artifacts

    def built_from(self, stage: str, key: str) -> list[Artifact]:
        """List an artifact and all that were built from it, ordered by stage and key."""
        names = {(stage, key)}
        for other in ARTIFACT_STAGES:
            for name in self.finished(other):
                if (stage, key) in self.with_sources([(other, name)]):
                    names.add((other, name))
        every = {(item.stage, item.key): item for item in self.unused(())}
        return [every[name] for name in sorted(names) if name in every]

    def is_being_built(self, name: str) -> bool:
        """Return whether a process builds an artifact, given as `stage-key`."""
        path = self.root / "locks" / f"{name}.lock"
        if not path.is_file():
            return False
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def builds_now(self) -> bool:
        """Return whether a process builds any artifact."""
        names = (path.stem for path in (self.root / "locks").glob("*.lock"))
        return any(map(self.is_being_built, names))

    def remove(self, artifact: Artifact) -> bool:
        """Delete an artifact, unless a process is building it; return whether it was deleted.

        The folder leaves its place first, so that no reader sees a part of it.

        Raises:
            ArtifactError: If `work_dir` cannot be written.
        """
        lock = FileLock(self._lock_file(artifact.stage, artifact.key))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        with lock, _writing(self.root):
            grave = self.root / "tmp" / f"{artifact.stage}-{artifact.key}"
            if artifact.folder != grave:
                shutil.rmtree(grave, ignore_errors=True)
                grave.parent.mkdir(parents=True, exist_ok=True)
                artifact.folder.replace(grave)
            if grave.exists():
                shutil.rmtree(grave)
        return True

    def build(
        self, stage: str, key: str, fill: Callable[[Path], dict[str, Any]]
    ) -> tuple[dict[str, Any], bool]:
        """Build an artifact if it is missing; return its manifest and whether it was built now.

        The first process builds; others wait for the lock and find it built.

        Args:
            stage: Stage of the artifact.
            key: Fingerprint of the artifact.
            fill: Writes files into a folder and returns the manifest, to which the list of files is
                added.

        Raises:
            ArtifactError: If `work_dir` cannot be written, or the process that builds the artifact
                gives no sign of life.
        """
        if (manifest := self.manifest(stage, key)) is not None:
            return manifest, False
        what = f"the stage `{stage}` in {self.root}"
        with self._holding(stage, key, what):
            if (manifest := self.manifest(stage, key)) is not None:
                return manifest, False
            return self._fill(stage, key, fill), True

    @contextmanager
    def _holding(self, stage: str, key: str, what: str) -> Iterator[None]:
        with ExitStack() as stack:
            with _writing(self.root):
                stack.enter_context(hold_lock(self._lock_file(stage, key), what, self.say))
            yield

    def _lock_file(self, stage: str, key: str) -> Path:
        with _writing(self.root):
            (self.root / "locks").mkdir(parents=True, exist_ok=True)
        return self.root / "locks" / f"{stage}-{key}.lock"

    def _fill(self, stage: str, key: str, fill: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
        folder, target = self.root / "tmp" / f"{stage}-{key}", self.path(stage, key)
        for leftover in (folder, target):
            shutil.rmtree(leftover, ignore_errors=True)
        with _writing(self.root):
            folder.mkdir(parents=True)
            target.parent.mkdir(parents=True, exist_ok=True)
        try:
            content = fill(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        manifest = {"stage": stage, "fingerprint": key, **content, "files": _inventory(folder)}
        _write_durably(
            folder / MANIFEST,
            json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True) + "\n",
        )
        folder.replace(target)
        return manifest


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtifactError(
            f"The work_dir {root} cannot be written: {error}. Give another `work_dir:`."
        ) from None


def _sizes(manifest: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for name, entry in manifest["files"].items():
        yield name, entry["bytes"]


def _inventory(folder: Path) -> dict[str, dict[str, Any]]:
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest = (
                hashlib.file_digest(file, "sha256")
                if hasattr(hashlib, "file_digest")
                else hashlib.sha256(file.read())
            )
            os.fsync(file.fileno())
        files[path.relative_to(folder).as_posix()] = {
            "bytes": path.stat().st_size,
            "sha256": digest.hexdigest(),
        }
    return files


def _write_durably(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())

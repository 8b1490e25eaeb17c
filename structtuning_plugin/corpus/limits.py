"""Limits on what one file may cost: bytes, members of an archive, depth, pages, seconds.

    budget = Budget(ReadLimits(pages=2), "book.pdf")
    budget.check("pages", 3)   ->   CorpusError: 3 pages, but `corpus_limits.pages` allows 2. ...

Archives are read in memory, member by member, and nothing of them is written to the disk. XML is
parsed without entities, DTDs and network.
"""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

from structtuning_plugin.config.corpus import ReadLimits
from structtuning_plugin.core.errors import CorpusError

_MB = 2**20
_UNITS = {
    "file_mb": "megabytes",
    "unpacked_mb": "megabytes after unpacking",
    "unpacked_ratio": "times its size after unpacking",
    "members": "files in the archive",
    "depth": "nested elements",
    "pages": "pages",
}


def describe_time_limit(limits: ReadLimits) -> str:
    """Format the fault of a file that took too long; the same for each way to notice it.

    >>> describe_time_limit(ReadLimits(seconds=60)).partition(".")[0]
    'It takes longer than the 60 seconds that `corpus_limits'
    """
    return (
        f"It takes longer than the {limits.seconds:,.6g} seconds that `corpus_limits.seconds` "
        "allows. Raise the limit if you trust the file"
    )


class Budget:
    """Limits of one file, and the time since its reading began."""

    def __init__(self, limits: ReadLimits | None = None) -> None:
        self.limits = limits or ReadLimits()
        self._begin = time.monotonic()

    def check(self, name: str, value: float) -> None:
        """Check a value against the limit `corpus_limits.<name>`.

        Raises:
            CorpusError: If the value is above the limit.
        """
        limit = getattr(self.limits, name)
        if value > limit:
            raise CorpusError(
                f"It has {value:,.6g} {_UNITS[name]}, but `corpus_limits.{name}` allows "
                f"{limit:,.6g}. Raise the limit if you trust the file"
            )

    def check_time(self) -> None:
        """Check the time since the reading began; loops over blocks and pages call it.

        Raises:
            CorpusError: If the file takes longer than `corpus_limits.seconds`.
        """
        if time.monotonic() - self._begin > self.limits.seconds:
            raise CorpusError(describe_time_limit(self.limits))

    def check_size(self, size: int) -> None:
        """Check the size of a file in bytes.

        Raises:
            CorpusError: If the file is larger than `corpus_limits.file_mb`.
        """
        self.check("file_mb", size / _MB)


class Package:
    """ZIP archive of a document (DOCX, EPUB, ODT, PPTX), checked before anything is unpacked.

    Args:
        data: Bytes of the archive.
        budget: Limits of the file.

    Raises:
        CorpusError: If it is no ZIP archive, is encrypted, or exceeds a limit.
    """

    def __init__(self, data: bytes, budget: Budget) -> None:
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            raise CorpusError(
                "It is a file of an old office format, or encrypted with a password. Save it "
                "without a password in the format that its suffix names"
            )
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise CorpusError(f"It is no ZIP archive, or a damaged one: {error}") from None
        members = self._archive.infolist()
        budget.check("members", len(members))
        size = sum(member.file_size for member in members)
        budget.check("unpacked_mb", size / _MB)
        budget.check("unpacked_ratio", size / max(1, len(data)))
        self._budget = budget
        self._members = {member.filename: member for member in members}
        self._size = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the members, in the order of the archive."""
        return tuple(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Unpack one member; empty if there is none of that name.

        Raises:
            CorpusError: If it is encrypted, damaged, or larger than the limits allow.
        """
        member = self._members.get(name)
        if member is None:
            return b""
        if member.flag_bits & 1:
            raise CorpusError(f"Its part {name} is encrypted. Save it without a password")
        try:
            with self._archive.open(member) as file:
                # The size in the directory may be wrong: what is unpacked is counted, too.
                content = file.read(member.file_size + 1)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
            raise CorpusError(f"Its part {name} is damaged: {error}") from None
        except Exception as error:  # zlib.error has no common base with the others
            raise CorpusError(f"Its part {name} is damaged: {error}") from None
        self._size += len(content)
        self._budget.check("unpacked_mb", self._size / _MB)
        self._budget.check_time()
        return content


def resolve_inside(root: Path, folder: Path, name: str) -> Path | None:
    """Resolve the name of an included file; None if it is outside the corpus' folder or absent.

    Args:
        root: Folder of the corpus entry.
        folder: Folder that the name is relative to.
        name: Path as the including file has it.
    """
    try:
        path = (folder / name).resolve()
        inside = path.is_relative_to(root.resolve()) and path.is_file()
    except (OSError, ValueError):
        return None
    return path if inside else None

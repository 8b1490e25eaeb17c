"""Read mutated files of all formats: nothing but our own errors may come out.

    python benchmarks/fuzz_readers.py ../shared/data --seconds 600 --seed 0

Every file is mutated by flips of bytes, cuts, doubled or exchanged parts; members of archives are
mutated or exchanged, too. Each is read in the process that `read_corpus` uses, with a limit of
seconds. A file that crashes a library or makes it hang is described by its mutations, and not kept.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from structtuning_plugin.config.corpus import CorpusEntry, ReadLimits
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.corpus.discovery import CorpusFile, discover
from structtuning_plugin.corpus.reading import read_corpus, settle
from structtuning_plugin.plugins import build_plugin_manager, readers
from tests.corpus.mixed import WRITERS

GLOBS = ("messy/*/*", "multilingual/*/installation-guide/html/ch0[1-4]*.html")
LARGEST = 400_000
BATCH = 64
LIMITS = ReadLimits(seconds=60)
TEXT = "A pump lifts water. Its parts wear out after some hours."


def read_seeds(data: Path) -> list[tuple[str, bytes]]:
    """Return the suffixes and the bytes of the files to mutate."""
    seeds = [(path.suffix, path.read_bytes()) for glob in GLOBS for path in data.glob(glob)]
    for suffix, write in WRITERS.items():
        content = write("Pump", TEXT)
        seeds.append((suffix, content.encode() if isinstance(content, str) else content))
    intake = Path(__file__).parents[1] / "tests" / "data" / "intake"
    seeds += [(path.suffix, path.read_bytes()) for path in intake.glob("*/input/**/*.*")]
    return [(suffix, content) for suffix, content in seeds if 0 < len(content) <= LARGEST]


def mutate(content: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Change a file in one to four ways; return it with the names of the ways."""
    names: list[str] = []
    for _ in range(rng.choice((1, 1, 2, 4))):
        ways = [flip, cut, double, exchange, repeat]
        if content.startswith(b"PK"):
            ways += [change_member, exchange_members] * 3
        way = rng.choice(ways)
        content = way(content, rng)
        names.append(way.__name__)
    return content, ", ".join(names)


def flip(content: bytes, rng: random.Random) -> bytes:
    """Change some bytes."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 4, 40))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    """Take a part out, or the end."""
    start = rng.randrange(len(content) + 1)
    end = rng.choice((len(content), min(len(content), start + rng.randrange(200))))
    return content[:start] + content[end:]


def double(content: bytes, rng: random.Random) -> bytes:
    """Write a part twice."""
    start = rng.randrange(len(content) + 1)
    part = content[start : start + rng.randrange(2000)]
    return content[:start] + part + content[start:]


def exchange(content: bytes, rng: random.Random) -> bytes:
    """Exchange two parts."""
    a, b = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    size = min(rng.randrange(1, 500), b - a)
    first, second = content[a : a + size], content[b : b + size]
    return content[:a] + second + content[a + size : b] + first + content[b + size :]


def repeat(content: bytes, rng: random.Random) -> bytes:
    """Repeat a short part many times."""
    start = rng.randrange(len(content) + 1)
    part = content[start : start + rng.randrange(1, 12)]
    return content[:start] + part * rng.choice((50, 3000)) + content[start:]


def change_member(content: bytes, rng: random.Random) -> bytes:
    """Change one member of an archive."""
    members = read_members(content)
    if members:
        name = rng.choice(sorted(members))
        ways = (flip, cut, double, exchange, repeat)
        members[name] = rng.choice(ways)(members[name] or b" ", rng)
    return write_members(members) if members else content


def exchange_members(content: bytes, rng: random.Random) -> bytes:
    """Exchange two members of an archive, or leave one out."""
    members = read_members(content)
    if len(members) < 2:
        return content
    a, b = rng.sample(sorted(members), 2)
    if rng.random() < 0.3:
        del members[a]
    else:
        members[a], members[b] = members[b], members[a]
    return write_members(members)


def read_members(content: bytes) -> dict[str, bytes]:
    """Unpack an archive; nothing if it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except Exception:
        return {}


def write_members(members: dict[str, bytes]) -> bytes:
    """Pack an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def main() -> None:
    """Print the counts, and every error that is not ours."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for files that upset a reader")
    arguments = parser.parse_args()
    rng, registry = random.Random(arguments.seed), readers(build_plugin_manager())
    seeds = read_seeds(arguments.data)
    counts: Counter[str] = Counter()
    begin = time.monotonic()
    while time.monotonic() - begin < arguments.seconds:
        with tempfile.TemporaryDirectory() as name:
            ways: dict[str, str] = {}
            for number in range(BATCH):
                suffix, content = rng.choice(seeds)
                changed, how = mutate(content, rng)
                ways[f"{number}{suffix}"] = how
                (Path(name) / f"{number}{suffix}").write_bytes(changed)
            files, _ = discover([CorpusEntry(path=name)], registry)
            counts["files"] += len(files)
            read_batch(files, registry, ways, counts, arguments.keep)
    print(dict(counts))


def read_batch(
    files: list[CorpusFile],
    registry: dict[str, object],
    ways: dict[str, str],
    counts: Counter[str],
    keep: Path | None,
) -> None:
    """Read the files; after an error that is not ours go on behind the file that raised it."""
    while files:
        done = 0
        try:
            for result in read_corpus(files, registry, None, LIMITS):  # type: ignore[arg-type]
                file = files[done]
                done += 1
                for item in result.dropped:
                    if "takes longer" in item.detail or "process that read" in item.detail:
                        report(file, item.detail, ways, counts, keep)
                try:
                    settle([result], "raise")
                    counts["read"] += 1
                except CorpusError:
                    counts["refused"] += 1
        except Exception as error:
            report(files[done], f"{type(error).__name__}: {error}", ways, counts, keep)
            done += 1
        files = files[done:]


def report(
    file: CorpusFile, detail: str, ways: dict[str, str], counts: Counter[str], keep: Path | None
) -> None:
    """Name a file that upset a reader."""
    counts["faults"] += 1
    print(f"{file.document_id} ({ways.get(file.document_id)}): {detail[:400]}", flush=True)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        name = f"{counts['faults']}-{file.path.name}"
        (keep / name).write_bytes(file.path.read_bytes())


if __name__ == "__main__":
    main()

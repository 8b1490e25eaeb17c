"""Whether a change of the code changes what a build puts out.

    PYTHONPATH=OLD_CHECKOUT python benchmarks/same_build.py build before
    PYTHONPATH=NEW_CHECKOUT python benchmarks/same_build.py build after
    python benchmarks/same_build.py compare before after

`build` runs the public commands alone, in processes of their own and in folders where no checkout
lies, on recipes that it writes: four corpora with both stages and both presets, and four more
builds for what these do not reach (a scripted language model for each stage, a folder of files in
many encodings, an outline given back). Corpora, questions and a tiny model are copied to one folder
first (`--inputs`) and used again from there, so that both builds read the same files at the same
places.

`compare` reads every artifact, every export and the cached answers to rows. Two things alone are
not compared as they stand: the names of artifacts, which are fingerprints that the code's hash is
part of (each becomes its stage's name, wherever it occurs), and the place of the output folder.
Manifests hold the SHA-256 of the artifacts' files, so files must be the same byte by byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow
import yaml
from pyarrow import ipc, parquet

REPO = Path(__file__).resolve().parents[1]
INPUTS = Path(tempfile.gettempdir()) / "same-build-inputs"
INVENTORY, BUILT_BY = "inputs.json", "built_by.json"
CLI = [sys.executable, "-m", "structtuning_plugin"]

# --- what is built


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Paths are relative to the folder of inputs."""

    domain: str
    path: str
    qa: Sequence[str] = ()
    holdout: Sequence[str] = ()
    sequence_len: int = 512
    block: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One recipe. `more`: all commands are run on it, not the quick ones alone."""

    name: str
    corpus: Corpus
    stages: Sequence[str]
    preset: str = "compact"
    block: Mapping[str, Any] = field(default_factory=dict)
    more: bool = False


SAMPLE = Corpus(
    domain="Bicycles",
    path="corpus",
    qa=["qa/workshop.jsonl", "qa/exam.jsonl"],
    holdout=["qa/held_out.jsonl"],
)
CORPORA = {
    "sample": SAMPLE,
    "zh": Corpus(domain="Debian", path="zh", qa=["questions/zh_cmexam.jsonl"], sequence_len=1024),
    "book": Corpus(
        domain="Medicine",
        path="book",
        qa=["questions/medquad.jsonl", "questions/medquad_multiturn.jsonl"],
        holdout=["questions/pubmedqa_short_context.jsonl"],
        sequence_len=2048,
    ),
    "plain": Corpus(
        domain="Bicycles", path="corpus_plain", block={"taxonomy": {"extractor": "offline"}}
    ),
}

HELD, PROBES = {"unit": "topic", "share": 0.1}, {"share": 0.2}
SPECIAL: dict[str, dict[str, Any]] = {
    "sample-scpt-compact": {"eval": HELD},
    "sample-ssft-compact": {"eval": HELD, "probes": PROBES},
    "sample-ssft-paper": {"ssft": {"system": "You know bicycles."}},
    "zh-scpt-compact": {"scpt": {"back_matter": "leave_out", "wordings": 2}},
    "zh-scpt-paper": {"eval": HELD},
    "zh-ssft-compact": {"probes": PROBES},
    "zh-ssft-paper": {"ssft": {"least_fit": 0.1}},
    "book-scpt-compact": {"eval": HELD, "chunk_tokens": 256},
    "book-scpt-paper": {"scpt": {"eos_mid_topic": False}},
    "book-ssft-compact": {"eval": HELD},
    "book-ssft-paper": {"probes": PROBES},
    "plain-scpt-compact": {"scpt": {"context": "none"}},
    "plain-ssft-compact": {"probes": PROBES},
    "plain-ssft-paper": {"ssft": {"format": "plain"}},
}

FILES = {
    "zh/structured.md": "multilingual/zh/installation-guide/structured.md",
    "book/structured.md": "books/practical-physiology-pd-en/structured.md",
    "questions/zh_cmexam.jsonl": "qa/mmedbench_shape/zh_cmexam.jsonl",
    "questions/medquad.jsonl": "qa/alpaca/medquad.jsonl",
    "questions/medquad_multiturn.jsonl": "qa/messages/medquad_multiturn.jsonl",
    "questions/pubmedqa_short_context.jsonl": "qa/longbench_shape/pubmedqa_short_context.jsonl",
}
MESSY = ("encodings/vim-tutor.*", "longlines/microbiology-small.[nt]*.txt", "longlines/empty.txt")


def cases(inputs: Path, output: Path) -> Iterator[Case]:
    """The sixteen, then the others, the last of which reads what the first has exported."""
    for name, corpus in CORPORA.items():
        for stage in ("scpt", "ssft"):
            for preset in ("compact", "paper"):
                case = f"{name}-{stage}-{preset}"
                yield Case(
                    name=case,
                    corpus=corpus,
                    stages=[stage],
                    preset=preset,
                    block={**corpus.block, **SPECIAL.get(case, {})},
                    more=name in ("sample", "plain"),
                )
    for stage in ("scpt", "ssft"):
        yield _asked(stage, inputs)
    yield _mixed()
    outline = str(output / "sample-scpt-compact" / "exports" / "taxonomy.md")
    yield Case(
        name="outline-both-compact",
        corpus=replace(SAMPLE, holdout=["qa/exam.jsonl"]),  # what is trained on, too
        stages=["scpt", "ssft"],
        block={"taxonomy": {"path": outline}},
    )


def _asked(stage: str, inputs: Path) -> Case:
    """A language model finds the tree and writes questions: rows of a script."""
    llm = {
        "client": "scripted",
        "model": "script",
        "script": str(inputs / "script.jsonl"),
        "max_concurrency": 1,
    }
    return Case(
        name=f"asked-{stage}-compact",
        corpus=replace(SAMPLE, path="corpus_plain"),
        stages=[stage],
        block={"llm": llm, "ssft": {"walks": {"count": 24}}},
        more=True,
    )


def _mixed() -> Case:
    """Many files, languages and encodings; some cannot be read; documents are held out whole."""
    corpus = Corpus(domain="Texts", path="messy", qa=SAMPLE.qa, sequence_len=1024)
    block = {
        "on_error": "skip",
        "taxonomy": {"subjects": "offline"},
        "eval": {"unit": "document", "share": 0.2},
    }
    return Case(name="messy-both-compact", corpus=corpus, stages=["scpt", "ssft"], block=block)


def recipe(case: Case, inputs: Path, folder: Path) -> dict[str, Any]:
    """What Axolotl would be given."""
    corpus, block = case.corpus, dict(case.block)
    for stage in ("scpt", "ssft"):
        block[stage] = {"preset": case.preset, **block.get(stage, {})}
    if "ssft" in case.stages:
        block["ssft"]["qa"] = [str(inputs / path) for path in corpus.qa]
        block["ssft"]["holdout"] = [str(inputs / path) for path in corpus.holdout]
    block |= {
        "stage": list(case.stages),
        "domain": corpus.domain,
        "corpus": [str(inputs / corpus.path)],
        "work_dir": str(folder / "work"),
    }
    chat = {
        "chat_template": "chatml",
        "eot_tokens": ["<|im_end|>"],
        "tokens": ["<|im_start|>", "<|im_end|>"],
    }
    return {
        "base_model": str(inputs / "tiny-llama"),
        "plugins": ["structtuning_plugin.StructTuningPlugin"],
        "structtuning": block,
        "sequence_len": corpus.sequence_len,
        "seed": 42,
        **(chat if "ssft" in case.stages else {}),
    }


# --- the inputs, copied once


def prepare(inputs: Path, data: Path) -> dict[str, str]:
    """The folder of inputs, filled if it is not there; the SHA-256 of each of its files."""
    if not inputs.exists():
        unfinished = inputs.with_name(f"{inputs.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy(unfinished, data)
        unfinished.rename(inputs)
    files = sorted(path for path in inputs.rglob("*") if path.is_file())
    return {
        path.relative_to(inputs).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def _copy(inputs: Path, data: Path) -> None:
    for name in ("corpus", "corpus_plain", "qa"):
        shutil.copytree(REPO / "example_configs" / name, inputs / name)
    for target, source in FILES.items():
        (inputs / target).parent.mkdir(exist_ok=True)
        shutil.copyfile(data / source, inputs / target)
    (inputs / "messy").mkdir()
    for pattern in MESSY:
        for path in sorted((data / "messy").glob(pattern)):
            shutil.copyfile(path, inputs / "messy" / path.name)
    text = (inputs / "corpus_plain" / "the_bicycle.txt").read_text(encoding="utf-8")
    rows = [json.dumps(row) for row in script(text)]
    (inputs / "script.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    maker = REPO / "example_configs" / "make_tiny_model.py"
    run([sys.executable, str(maker), str(inputs / "tiny-llama")], inputs, inputs / "model.log")
    (inputs / "model.log").unlink()


def script(text: str) -> Iterator[dict[str, Any]]:
    """Answers of a model to all that is asked about the text; the first that fits is given."""
    yield _reply('"all_needed"', reason="They say so.", answerable=True, all_needed=True)
    yield _reply('"supported"', reason="They say so.", supported=True, explanation="It is said.")
    for count in range(1, 300):
        yield _reply(f"are {count} numbered paragraphs", groups=_groups(count, "Point"))
        yield _reply(f"are {count} numbered titles", groups=_groups(count, "Section"))
    yield _reply('Answer like this: {"title"', title="A Title")
    for number, paragraph in enumerate(text.split("\n\n")):
        yield _reply(
            paragraph.strip()[:60],
            question=f"What does number {number} say?",
            options=[f"{word} {number}" for word in ("This", "That", "Nothing", "All")],
            explanation=f"It is said in number {number}.",
            answer=f"This {number}",
        )
    yield {"reply": "No idea."}


def _reply(contains: str, **answer: Any) -> dict[str, Any]:
    return {"contains": contains, "reply": answer}


def _groups(count: int, what: str) -> list[dict[str, Any]]:
    """Threes; where their number is divisible by three the last is missing, which is a fault."""
    starts = range(1, count + 1, 3)
    groups: list[dict[str, Any]] = [
        {"title": f"{what} {start} of {count}", "start": start, "end": min(count, start + 2)}
        for start in starts
    ]
    if what == "Section":
        groups = [{**group, "intro": False} for group in groups]
    return groups[:-1] if len(groups) % 3 == 0 else groups


# --- building


def build_all(output: Path, inputs: Path, data: Path) -> None:
    """All builds, each in a folder of its own."""
    if output.exists() and any(output.iterdir()):
        sys.exit(f"{output} is not empty: name a new folder.")
    output.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    inventory = prepare(inputs, data)
    code = package(output)
    print(f"package: {code}\ninputs: {inputs}, {len(inventory)} files", flush=True)
    for case in cases(inputs, output):
        start = time.perf_counter()
        build(case, inputs, output / case.name)
        print(f"{case.name:<22} {time.perf_counter() - start:6.1f} s", flush=True)
    _write_json(output / INVENTORY, inventory)
    _write_json(output / BUILT_BY, {"package": code, "folder": str(output)})
    print(f"{'in all':<22} {time.perf_counter() - began:6.1f} s")


def package(folder: Path) -> str:
    """Where the package lies that the builds will run: not that of the working directory."""
    log = folder / "package.log"
    run([sys.executable, "-c", "import structtuning_plugin as p; print(p.__file__)"], folder, log)
    return log.read_text(encoding="utf-8").strip()


def build(case: Case, inputs: Path, folder: Path) -> None:
    """One build, and what the other commands write about it."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    path = folder / "recipe.yaml"
    text = yaml.safe_dump(recipe(case, inputs, folder), sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    for name, (command, *arguments) in commands(case):
        to_file = command in ("export", "probes")
        options = [*arguments, "-o", str(exports / name)] if to_file else arguments
        log = folder / f"{name}.log" if to_file else exports / name
        run([*CLI, command, str(path), *options], folder, log)
        if to_file:
            log.unlink()
    if case.more:
        trace(case, path, exports)


def commands(case: Case) -> Iterator[tuple[str, list[str]]]:
    """Names of files, and the commands that print or write them. `build` is one of them."""
    if "llm" in case.block:
        yield "estimate.json", ["estimate", "--json"]
    yield "build.json", ["build", "--json"]
    yield "taxonomy.md", ["export", "--what", "taxonomy"]
    for stage in case.stages:
        yield f"{stage}.parquet", ["export", "--what", stage]
    if "ssft" in case.stages:
        yield "coverage.json", ["coverage", "--json"]
    if "probes" in case.block:
        yield "probes.jsonl", ["probes"]
    if not case.more:
        return
    yield "show.txt", ["show", "--ids"]
    yield "taxonomy.json", ["export", "--what", "taxonomy"]
    for what in ("documents", "chunks", *case.stages):
        yield f"{what}.jsonl", ["export", "--what", what]
    if case.preset == "compact" and case.corpus.qa:
        yield "preview.txt", ["preview", "--count", "5"]
    if case.name == "sample-scpt-compact":
        yield "structurizer.jsonl", ["export", "--what", "structurizer"]
        yield "validate.txt", ["validate"]


def trace(case: Case, path: Path, exports: Path) -> None:
    """Where the first and the last sample of each stage come from."""
    for stage in case.stages:
        lines = (exports / f"{stage}.jsonl").read_text(encoding="utf-8").splitlines()
        for name, line in (("first", lines[0]), ("last", lines[-1])):
            arguments = [str(path), json.loads(line)["id"], "--json"]
            run([*CLI, "trace", *arguments], exports, exports / f"trace-{stage}-{name}.json")


def run(command: Sequence[str], folder: Path, output: Path) -> None:
    """Runs it in the folder, its standard output into a file; ends all with its errors if any."""
    paths = [str(Path(part).resolve()) for part in _path("PYTHONPATH") if part]
    settings = {"AXOLOTL_DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    settings |= {"TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": os.pathsep.join(paths)}
    with output.open("wb") as file:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.PIPE,
            check=False,
        )
    if done.returncode != 0:
        errors = done.stderr.decode("utf-8", "replace")[-4000:]
        sys.exit(f"{errors}\nStatus {done.returncode} of: {' '.join(command)}")


def _path(name: str) -> list[str]:
    return os.environ.get(name, "").split(os.pathsep)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


# --- comparing


@dataclass(frozen=True)
class Built:
    """One build: its files by names that hold no fingerprint, and what stands for what differs."""

    files: Mapping[str, Path]
    names: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path, output: str) -> Built:
        names, files = {output: "<output>"}, {"recipe.yaml": folder / "recipe.yaml"}
        for stage in sorted(path for path in (folder / "work").iterdir() if path.is_dir()):
            if stage.name in ("locks", "tmp", "by_document"):
                continue
            if stage.name == "cache":
                places = [stage]
            else:
                places = sorted(stage.iterdir())
                names |= {place.name: f"<{stage.name}>" for place in places}
            if len(places) != 1:
                sys.exit(f"{stage} must hold one artifact, it holds {len(places)}.")
            files |= _under(places[0], stage.name)
        files.pop("cache/hashes.json", None)  # times of files
        return cls({**files, **_under(folder / "exports", "exports")}, names)

    def text(self, name: str) -> str:
        text = self.files[name].read_text(encoding="utf-8")
        for found, put in self.names.items():
            text = text.replace(found, put)
        return text

    def rows(self, name: str) -> list[Any]:
        """The content of a file. Of a table the schema is the first row."""
        path = self.files[name]
        if path.suffix == ".arrow":
            with pyarrow.memory_map(str(path)) as source:
                return _rows_of(ipc.open_stream(source).read_all())
        if path.suffix == ".parquet":
            return _rows_of(parquet.read_table(path))
        if path.suffix == ".sqlite":
            return self._database(path)
        text = self.text(name)
        if path.suffix == ".json":
            value = json.loads(text)
            return value if isinstance(value, list) else [value]
        lines = text.split("\n")
        return [json.loads(line) for line in lines if line] if path.suffix == ".jsonl" else lines

    def _database(self, path: Path) -> list[Any]:
        """The model's answers, by the hash of what was asked, and how often it was asked."""
        database = sqlite3.connect(path)
        try:
            answers = database.execute("SELECT key, value FROM answers ORDER BY key").fetchall()
            counts = database.execute("SELECT build, kind, count FROM counts").fetchall()
        finally:
            database.close()
        named = [[self.names.get(build, build), kind, count] for build, kind, count in counts]
        return [*map(list, answers), *sorted(named)]


def _under(folder: Path, name: str) -> dict[str, Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {f"{name}/{path.relative_to(folder).as_posix()}": path for path in sorted(files)}


def _rows_of(table: pyarrow.Table) -> list[Any]:
    return [{"schema": str(table.schema)}, *table.to_pylist()]


def compare(before: Path, after: Path) -> bool:
    """Prints what differs, build by build; True if nothing does."""
    sides = [_about(folder) for folder in (before, after)]
    for word, (_, built_by) in zip(("before", "after"), sides, strict=True):
        print(f"{word:<7} {built_by['package']}")
    if sides[0][0] != sides[1][0]:
        print("The inputs differ: build both with the same `--inputs`.")
        return False
    same = True
    for name in sorted({path.parent.name for side in (before, after) for path in _recipes(side)}):
        lines, figures = _compare_build(name, before, after, [side[1]["folder"] for side in sides])
        same = same and not lines
        print(f"{name:<22} {'DIFFERENT' if lines else 'identical'}: {figures}")
        print("".join(f"  {line}\n" for line in lines), end="")
    return same


def _recipes(folder: Path) -> Iterator[Path]:
    return folder.glob("*/recipe.yaml")


def _about(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    try:
        found = [json.loads((folder / name).read_bytes()) for name in (INVENTORY, BUILT_BY)]
    except OSError as error:
        sys.exit(f"{folder} is no finished output of `build`: {error}")
    return found[0], found[1]


def _compare_build(
    name: str, before: Path, after: Path, places: Sequence[str]
) -> tuple[list[str], str]:
    """What differs, and how much was compared."""
    for side in (before, after):
        if not (side / name / "work").is_dir():
            return [f"not in {side}"], "missing"
    old, new = (
        Built.of(side / name, place) for side, place in zip((before, after), places, strict=True)
    )
    lines, compared = [], 0
    for file in sorted({*old.files, *new.files}):
        if file not in old.files or file not in new.files:
            lines.append(f"{file}: only {'after' if file in new.files else 'before'}")
            continue
        rows = old.rows(file), new.rows(file)
        compared += max(map(len, rows))
        lines += [f"{file}: {line}" for line in first_difference(*rows)]
    return lines, f"{len({*old.files, *new.files})} files, {compared:,} rows"


def first_difference(before: Sequence[Any], after: Sequence[Any]) -> list[str]:
    """What differs in the first row that does, and how many rows do; nothing if none does."""
    missing = object()
    pairs = list(zip_longest(before, after, fillvalue=missing))
    found = [at for at, (old, new) in enumerate(pairs) if not _same(old, new)]
    if not found:
        return []
    old, new = pairs[found[0]]
    head = f"{len(found)} of {len(pairs)} rows differ, the first is row {found[0]}"
    if missing in (old, new):
        return [f"{head}, which is only {'after' if old is missing else 'before'}"]
    known = f" ({old['id']})" if isinstance(old, dict) and "id" in old else ""
    leaves = [dict(_leaves(row, "")) for row in (old, new)]
    places = [
        place
        for place in {**leaves[0], **leaves[1]}
        if not _same(leaves[0].get(place, "<nothing>"), leaves[1].get(place, "<nothing>"))
    ]
    lines = [_shown(place, *(leaf.get(place, "<nothing>") for leaf in leaves)) for place in places]
    return [head + known, *(lines[:4] or ["equal values in another order of keys"])]


def _same(old: Any, new: Any) -> bool:
    """Equal in values, types and order of keys."""
    return type(old) is type(new) and _canonical(old) == _canonical(new)


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list) and value:
        for at, item in enumerate(value):
            yield from _leaves(item, f"{place}[{at}]")
    else:
        yield place, value


def _shown(place: str, old: Any, new: Any) -> str:
    """Both values, from shortly before the first character that differs."""
    texts = _canonical(old), _canonical(new)
    both = enumerate(zip(*texts, strict=False))
    alike = next((at for at, (a, b) in both if a != b), min(map(len, texts)))
    start = max(0, alike - 20)
    cut = [("…" if start else "") + text[start : start + 60] for text in texts]
    return f"{place or 'value'}: {cut[0]} -> {cut[1]}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    chosen = parser.add_subparsers(dest="command", required=True)
    builder = chosen.add_parser("build", help="build everything into a new folder")
    builder.add_argument("output", type=Path)
    builder.add_argument("--data", type=Path, default=REPO.parent / "shared" / "data")
    builder.add_argument("--inputs", type=Path, default=INPUTS, help=f"by default {INPUTS}")
    comparer = chosen.add_parser(
        "compare", help="compare two such folders; status 1 if they differ"
    )
    comparer.add_argument("before", type=Path)
    comparer.add_argument("after", type=Path)
    given = parser.parse_args()
    if given.command == "build":
        build_all(given.output.resolve(), given.inputs.resolve(), given.data.resolve())
    elif not compare(given.before, given.after):
        sys.exit("The builds differ.")


if __name__ == "__main__":
    main()

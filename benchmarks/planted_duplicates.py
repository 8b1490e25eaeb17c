"""Measure how many planted duplicates are found, and what the search costs.

    python benchmarks/planted_duplicates.py ../shared/data/multilingual [MODEL]

Sections of the documents become documents of their own; a tenth of them is planted again as it is,
and another tenth with one word in twenty changed or left out. The same is done with passages.

With the folder of a model (its tokenizer is used), builds of the first stage are run too: the corpus
with its planted copies and a tenth held out, of which no held-out passage may be like a trained one;
and the corpus without copies, with the search and without it, medians of three.
"""

from __future__ import annotations

import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from structtuning_plugin.cli import structtuning
from structtuning_plugin.core.types import Block, Document, Dropped
from structtuning_plugin.corpus.cleaning.duplicates import drop_documents, drop_passages
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest

SHARE, CHANGED, SEED = 0.1, 0.05, 42
THRESHOLD = 0.7
FEWEST_CHARACTERS = 300


def read_sections(folder: Path) -> list[Document]:
    """Read each section of the Markdown files of a folder as one document, each text once."""
    sections: dict[str, Document] = {}
    for path in sorted(folder.rglob("*.md")):
        request = ReadRequest(
            document_id=path.name,
            text=path.read_text(encoding="utf-8"),
            source="markdown",
            language="en",
        )
        (document,) = MarkdownReader().read(request).documents
        bounds = [0, *(heading.start for heading in document.headings), len(document.text)]
        for start, end in pairwise(bounds):
            text = document.text[start:end].strip()
            if len(text) >= FEWEST_CHARACTERS:
                name = f"{path.name}#{start}"
                sections.setdefault(
                    " ".join(text.casefold().split()),
                    Document(id=name, text=text, title=name, language="en"),
                )
    return list(sections.values())


def change_words(text: str, chance: random.Random) -> str:
    """Replace or leave out one word in twenty."""
    words = text.split(" ")
    vocabulary = [word for word in words if word.isalpha()] or words
    for index in sorted(chance.sample(range(len(words)), max(1, int(CHANGED * len(words))))):
        words[index] = "" if chance.random() < 0.5 else chance.choice(vocabulary)
    return " ".join(words)


def plant(documents: Sequence[Document], chance: random.Random) -> list[Document]:
    """Return copies of a tenth of the documents, and changed copies of another tenth."""
    chosen = chance.sample(documents, 2 * int(SHARE * len(documents)))
    half = len(chosen) // 2
    exact = [replace(document, id=f"exact/{document.id}") for document in chosen[:half]]
    near = [
        replace(document, id=f"near/{document.id}", text=change_words(document.text, chance))
        for document in chosen[half:]
    ]
    return [*exact, *near]


def score(dropped: Sequence[Dropped], planted: Sequence[str]) -> str:
    """Format precision and recall against the ids that were planted."""
    names = {item.id.partition(":")[0] for item in dropped}
    hits = len(names & set(planted))
    return (
        f"recall {hits / len(planted):.4f}, precision {hits / max(1, len(names)):.4f} "
        f"({len(planted)} planted, {len(names)} dropped)"
    )


def build(corpus: Path, folder: Path, model: Path, **settings: Any) -> tuple[float, Path]:
    """Build the first stage; return the seconds of this process, and the stage's folder."""
    recipe = {
        "base_model": str(model),
        "plugins": ["structtuning_plugin.StructTuningPlugin"],
        "output_dir": str(folder / "out"),
        "micro_batch_size": 1,
        "gradient_accumulation_steps": 1,
        "num_epochs": 1,
        "learning_rate": 1e-4,
        "sequence_len": 1024,
        "structtuning": {
            "domain": "Guides",
            "corpus": [str(corpus)],
            "work_dir": str(folder / "work"),
            "max_workers": 1,
            **settings,
        },
    }
    folder.mkdir()
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    start = time.process_time()
    result = CliRunner().invoke(structtuning, ["build", str(path)])
    seconds = time.process_time() - start
    if result.exit_code:
        raise SystemExit(result.output)
    (stage,) = (folder / "work/scpt").iterdir()
    return seconds, stage


def write_corpus(documents: Iterable[Document], folder: Path) -> Path:
    """Write each document as a file."""
    folder.mkdir()
    for document in documents:
        name = document.id.replace("/", "-").replace("#", "-")
        (folder / f"{name}.md").write_text(document.text, encoding="utf-8")
    return folder


def word_pairs(text: str) -> set[tuple[str, str]]:
    """Return the pairs of neighbouring words, of characters in Chinese and Japanese."""
    words = re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W\u3040-\u30ff\u4e00-\u9fff]+", text)
    return set(pairwise(word.casefold() for word in words))


def list_leaks(stage: Path) -> Iterator[tuple[str, float]]:
    """Yield held-out passages that share most pairs of words with a trained one, with the share."""
    import datasets

    rows = {
        split: [
            row for row in datasets.load_from_disk(str(stage / split)) if row["kind"] == "passage"
        ]
        for split in ("train", "eval")
    }
    trained = [word_pairs(row["completion"]) for row in rows["train"]]
    for row in rows["eval"]:
        own = word_pairs(row["completion"])
        best = max((len(own & each) / max(1, len(own | each)) for each in trained), default=0.0)
        if best >= THRESHOLD and len(own) >= 15:
            yield row["id"], best


def compare_builds(documents: Sequence[Document], copies: Sequence[Document], model: Path) -> None:
    """Print what is held out beside its duplicate, and what the search costs."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        planted = write_corpus([*documents, *copies], folder / "planted")
        _, stage = build(planted, folder / "held_out", model, eval={"share": 0.1})
        counts = json.loads((stage / "manifest.json").read_text(encoding="utf-8"))["counts"]
        print(f"held out: {counts['eval']['samples']}")
        print(f"held-out passages like a trained one: {list(list_leaks(stage))}")
        plain = write_corpus(documents, folder / "plain")
        without = {"documents": "keep", "passages": "keep"}
        build(plain, folder / "warm", model)
        times: dict[str, list[float]] = {"with": [], "without": []}
        for turn in range(3):
            times["with"].append(build(plain, folder / f"with{turn}", model)[0])
            changed = build(plain, folder / f"without{turn}", model, hygiene=without)
            times["without"].append(changed[0])
        medians = {name: statistics.median(each) for name, each in times.items()}
        ratio = medians["with"] / medians["without"]
        print(f"a build takes {ratio:.3f} times as long with the search: {medians}")


def main(folder: Path, model: Path | None) -> None:
    """Print the figures for documents and for passages, and those of builds if there is a model."""
    chance = random.Random(SEED)
    documents = read_sections(folder)
    characters = sum(len(document.text) for document in documents)
    print(f"{len(documents)} documents, {characters:,} characters")
    copies = plant(documents, chance)
    corpus = [*documents, *copies]
    start = time.process_time()
    _, before = drop_documents(documents, documents, "near", THRESHOLD)
    print(f"already there: {len(before)} documents like an earlier one")
    _, dropped = drop_documents(corpus, corpus, "near", THRESHOLD)
    own = {item.id for item in before}
    new = [item for item in dropped if item.id not in own]
    print(f"documents: {score(new, [copy.id for copy in copies])}")
    as_passages = [
        replace(document, blocks=(Block(kind="paragraph", start=0),)) for document in corpus
    ]
    _, dropped = drop_passages(as_passages, "near", THRESHOLD)
    new = [item for item in dropped if item.id.partition(":")[0] not in own]
    print(f"passages:  {score(new, [copy.id for copy in copies])}")
    print(f"{time.process_time() - start:.1f} s of one core for three searches")

    if model is not None:
        compare_builds(documents, copies, model)


if __name__ == "__main__":
    os.environ.update(HF_HUB_OFFLINE="1", AXOLOTL_DO_NOT_TRACK="1")
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)

"""Fits the weights of the offline segmentation, and writes `structtuning_plugin/taxonomy/offline/weights.py`.

    python benchmarks/fit_offline.py --data ../shared/data [--check]

Fitted on the public-domain textbook and the installation guide in six languages only; every other book of
`benchmarks/taxonomy.py` is held out. `--check` writes nothing and prints how well one half does on the other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parent))
from gold import BOOK, GUIDES, Text, load
from taxonomy import score_extractor

from structtuning_plugin.taxonomy.extractors.offline import OfflineExtractor
from structtuning_plugin.taxonomy.offline import weights
from structtuning_plugin.taxonomy.offline.boundary_model import feature_names, features
from structtuning_plugin.taxonomy.offline.cohesion import NAMES as COHESION
from structtuning_plugin.taxonomy.offline.cohesion import unit_vectors, windows
from structtuning_plugin.taxonomy.offline.words import units_of, words_of

# Inverse regularisation: the texts have a few hundred boundaries each, and a hundred and fifty features.
_C = 0.01
# Only what looks far sees a chapter; there are too few of them to choose among all features.
_FAR = ("_400", "_1200", "_4000", "_1000")
_TARGET = Path(__file__).parents[1] / "structtuning_plugin/taxonomy/offline/weights.py"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One text: features, and the gold level at every unit (99 where no node begins)."""

    name: str
    rows: NDArray[np.float64]
    levels: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Model:
    """Weights of the raw features."""

    table: dict[str, float]
    bias: float


def sample(text: Text) -> Sample:
    units = units_of(text.document)
    words = words_of(text.document.text, units)
    vectors = unit_vectors(words, len(units.starts), windows(words))
    rows = features(text.document.text, words, units, text.document.language, vectors)
    levels = np.array([text.levels.get(start, 99) for start in units.starts])
    levels[0] = 99
    return Sample(name=text.name, rows=rows, levels=levels)


def fit(samples: Sequence[Sample], deepest: int, columns: NDArray[np.int64]) -> Model:
    """The book counts as much as the guide in all its languages together."""
    rows = np.vstack([one.rows[:, columns] for one in samples])
    wanted = np.concatenate([one.levels <= deepest for one in samples])
    guides = sum(one.name != BOOK for one in samples)
    share = np.concatenate(
        [
            np.full(len(one.rows), 6000 / len(one.rows) / (1 if one.name == BOOK else guides))
            for one in samples
        ]
    )
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    found = LogisticRegression(C=_C, max_iter=5000, tol=1e-6).fit(
        (rows - mean) / spread, wanted, sample_weight=share
    )
    slopes = found.coef_[0] / spread
    names = [feature_names()[column] for column in columns]
    return Model(
        table={name: round(float(value), 4) for name, value in zip(names, slopes, strict=True)},
        bias=round(float(found.intercept_[0] - slopes @ mean), 4),
    )


def section_model(samples: Sequence[Sample]) -> Model:
    return fit(samples, 98, np.arange(len(feature_names())))


def chapter_model(samples: Sequence[Sample]) -> Model:
    far = [
        index
        for index, name in enumerate(feature_names())
        if name in COHESION and name.endswith(_FAR)
    ]
    return fit(samples, 2, np.array(far))


def check(texts: dict[str, Text], samples: dict[str, Sample]) -> None:
    """Prints F1 of each text, fitted without it; the guides are translations of each other, so that one tells of all."""
    print(
        "| fitted on | scored on | F1 chapters | sections | <=4 | all |\n|---|---|---|---|---|---|"
    )
    plans = [("guides", GUIDES, (BOOK,)), ("book", (BOOK,), GUIDES)]
    plans += [
        ("all but this language", [other for other in samples if other != name], (name,))
        for name in GUIDES
    ]
    for label, fitted, scored in plans:
        use([samples[name] for name in fitted])
        for name in scored:
            exact = score_extractor(texts[name], OfflineExtractor()).exact
            print(
                f"| {label} | {name} | {' | '.join(f'{entry.f1:.2f}' for entry in exact)} |",
                flush=True,
            )


def use(samples: Sequence[Sample]) -> None:
    """Puts weights fitted on these in the stead of the shipped ones, for this process."""
    section, chapter = section_model(samples), chapter_model(samples)
    weights.SECTION, weights.SECTION_BIAS = section.table, section.bias
    weights.CHAPTER, weights.CHAPTER_BIAS = chapter.table, chapter.bias


def written(section: Model, chapter: Model) -> str:
    lines = [
        '"""Weights of `boundary_model.feature_names`, written by `benchmarks/fit_offline.py`."""',
        "",
    ]
    for name, model in (("SECTION", section), ("CHAPTER", chapter)):
        lines += [f"{name}_BIAS = {model.bias}", f"{name} = {{"]
        lines += [f'    "{feature}": {value},' for feature, value in model.table.items() if value]
        lines += ["}", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with books/ and multilingual/"
    )
    parser.add_argument("--check", action="store_true", help="cross-fit and print, write nothing")
    arguments = parser.parse_args()
    texts = {name: load(arguments.data, name) for name in (BOOK, *GUIDES)}
    samples = {name: sample(text) for name, text in texts.items()}
    if arguments.check:
        check(texts, samples)
    else:
        every = list(samples.values())
        _TARGET.write_text(written(section_model(every), chapter_model(every)), encoding="utf-8")


if __name__ == "__main__":
    main()

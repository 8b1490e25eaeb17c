"""Card of an exported dataset: README.md with figures, sources and license, without any path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# Sources that are listed by name.
_MOST_SOURCES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """Figures of a build for the card of its rows.

    Args:
        domain: Title of the knowledge tree.
        exporter: Name of the exporter.
        license: Identifier of a license, as the hub knows it; `unknown` where nobody said.
        version: Version of this package.
        seed: Seed of the build.
        sequence_len: Greatest length of a row in tokens.
        stages: Counts of each stage, by part (`train`, `eval`), as in its manifest.
        languages: Number of documents in each language.
        sources: Ids of the documents, relative to the corpus.
        dropped: Number of what was left out, by reason.
        notices: Remarks of the exporter.
    """

    domain: str
    exporter: str
    license: str
    version: str
    seed: int
    sequence_len: int
    stages: Mapping[str, Mapping[str, Any]]
    languages: Mapping[str, int]
    sources: Sequence[str]
    dropped: Mapping[str, int]
    notices: Sequence[str]


def render_card(facts: CardFacts, folder: Path) -> str:
    """Render the card of the rows in a folder."""
    lines = [
        "---",
        yaml.safe_dump(_metadata(facts, folder), allow_unicode=True, sort_keys=False).rstrip(),
        "---",
        f"# {facts.domain}",
        "",
        f"Rows of StructTuning (arXiv 2407.16724) on the domain {facts.domain}, built by "
        f"structtuning-plugin {facts.version} and exported as `{facts.exporter}`.",
        f"Seed {facts.seed}, rows of at most {facts.sequence_len:,} tokens.",
        "",
        "| stage | part | kind | rows | trained tokens |",
        "|---|---|---|---|---|",
        *_count_rows(facts.stages),
    ]
    if facts.notices:
        lines += ["", "## Differences", "", *(f"- {notice}" for notice in facts.notices)]
    if facts.dropped:
        lines += ["", "## Left out", "", "| reason | count |", "|---|---|"]
        lines += [f"| `{reason}` | {count:,} |" for reason, count in facts.dropped.items()]
    lines += ["", "## Sources", "", f"{len(facts.sources):,} documents.", ""]
    lines += [f"- {name}" for name in facts.sources[:_MOST_SOURCES]]
    if len(facts.sources) > _MOST_SOURCES:
        lines.append(f"- ... and {len(facts.sources) - _MOST_SOURCES:,} more")
    lines += ["", "## License", "", _license(facts.license)]
    return "\n".join(lines) + "\n"


def _metadata(facts: CardFacts, folder: Path) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "license": facts.license,
        "language": sorted(facts.languages),
        "pretty_name": facts.domain,
        "tags": ["structtuning"],
        "task_categories": ["text-generation"],
    }
    configs = _configs(folder)
    return {**metadata, "configs": configs} if configs else metadata


def _configs(folder: Path) -> list[dict[str, Any]]:
    """List the files of a `hub-folder`, one configuration for each stage."""
    configs = []
    for stage in sorted(path for path in (folder / "data").glob("*") if path.is_dir()):
        files = [
            {"split": path.name.partition("-")[0], "path": path.relative_to(folder).as_posix()}
            for path in sorted(stage.glob("*.parquet"))
        ]
        configs.append({"config_name": stage.name, "data_files": files})
    return configs


def _count_rows(stages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rows = []
    for stage, parts in stages.items():
        for part, counts in parts.items():
            for kind, count in counts["samples"].items():
                tokens = counts["trained_tokens_by_kind"][kind]
                rows.append(f"| {stage} | {part} | {kind} | {count:,} | {tokens:,} |")
    return rows


def _license(license_id: str) -> str:
    if license_id == "unknown":
        return "Not stated. The rows contain the text of the sources: their license applies."
    return f"`{license_id}`, as stated at the export. The rows contain the text of the sources."

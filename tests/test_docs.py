"""The documentation says what there is, and what it says is there.

Refresh the tables with `make docs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import yaml
from pydantic import BaseModel

from structtuning_plugin.cli import structtuning
from structtuning_plugin.commands.schema import block_schema
from structtuning_plugin.config import StructTuningConfig
from structtuning_plugin.hookspecs import Specs
from structtuning_plugin.plugins import build_plugin_manager, study_prompts
from structtuning_plugin.taxonomy.extractors.parts import PartsOptions
from tests.kinds import KINDS

DOCS = Path(__file__).resolve().parent.parent / "docs"
TABLE = re.compile(r"(?<=<!-- keys -->\n).*?(?=<!-- end of keys -->)", re.DOTALL)
TABLE_OF_PROMPTS = re.compile(r"(?<=<!-- prompts -->\n).*?(?=<!-- end of prompts -->)", re.DOTALL)
TABLE_OF_KINDS = re.compile(r"(?<=<!-- kinds -->\n).*?(?=<!-- end of kinds -->)", re.DOTALL)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Config models inside an annotation such as `EvalConfig | None` or `tuple[CorpusEntry, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models_in(argument)]


def rows(
    model: type[BaseModel], schema: dict[str, Any], above: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    properties = schema["$defs"].get(model.__name__, schema)["properties"]
    for name, field in model.model_fields.items():
        key = f"{above}{name}"
        entry = properties[name]
        inner = models_in(field.annotation)
        description = str(entry.get("description") or field.description)
        if field.is_required() or "Required." in description:
            default = "required"
        elif inner or field.default_factory is not None or field.default in (None, ""):
            default = ""
        else:
            default = f"`{as_yaml(field.default)}`"
        if above.startswith("replay.") and name in {"hub", "subset", "revision"}:
            continue  # refused there: what is replayed is local
        yield key, kind_of(entry), default, description
        many = "[]" if "tuple" in str(field.annotation) else ""
        for other in inner:
            yield from rows(other, schema, f"{key}{many}.")


def as_yaml(value: Any) -> str:
    """A default as a recipe has it: `true`, `[scpt]`, `text`."""
    value = list(value) if isinstance(value, tuple) else value
    text = yaml.safe_dump(value, default_flow_style=True).strip()
    return text.removesuffix("...").strip()


def kind_of(schema: dict[str, Any]) -> str:
    """The type in words, with its bounds."""
    if "anyOf" in schema:
        return " or ".join(
            kind_of(option) for option in schema["anyOf"] if option.get("type") != "null"
        )
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    signs = {"exclusiveMinimum": ">", "exclusiveMaximum": "<", "minimum": ">=", "maximum": "<="}
    bounds = ", ".join(f"{sign} {schema[name]:,}" for name, sign in signs.items() if name in schema)
    names = {
        "integer": "integer",
        "number": "number",
        "string": "text",
        "boolean": "true, false",
        "array": "list",
    }
    word = names.get(schema.get("type", ""), "mapping")
    return f"{word} {bounds}".strip()


def configuration_table() -> str:
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, kind, default, description in rows(StructTuningConfig, block_schema(KINDS)):
        lines.append(f"| `{key}` | {kind} | {default} | {description} |")
    return "\n".join(lines) + "\n"


def kinds_table() -> str:
    lines = ["| kind | stage | presets | share | samples |", "|---|---|---|---|---|"]
    for kind in KINDS.values():
        share = "no limit" if kind.share is None else str(kind.share)
        presets = ", ".join(f"`{name}`" for name in kind.presets)
        lines.append(
            f"| `{kind.name}` | `{kind.stage}` | {presets} | {share} | {kind.description} |"
        )
    return "\n".join(lines) + "\n"


def prompts_table() -> str:
    lines = ["| prompt | shows | facts | gives |", "|---|---|---|---|"]
    for prompt in study_prompts(build_plugin_manager()).values():
        facts = str(prompt.facts) if prompt.source == "passage" and prompt.facts else "all"
        lines.append(f"| `{prompt.name}` | `{prompt.source}` | {facts} | {prompt.description} |")
    return "\n".join(lines) + "\n"


def refresh() -> None:
    study = DOCS / "study.md"
    text = TABLE_OF_PROMPTS.sub(lambda _: prompts_table(), study.read_text(encoding="utf-8"))
    study.write_text(text, encoding="utf-8")
    page = DOCS / "configuration.md"
    text = TABLE.sub(lambda _: configuration_table(), page.read_text(encoding="utf-8"))
    text = TABLE_OF_KINDS.sub(lambda _: kinds_table(), text)
    page.write_text(text, encoding="utf-8")


def test_every_key_is_documented_and_every_documented_key_exists() -> None:
    found = TABLE.search((DOCS / "configuration.md").read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == configuration_table(), "run `make docs`"


def test_every_kind_is_documented_and_every_documented_kind_exists() -> None:
    found = TABLE_OF_KINDS.search((DOCS / "configuration.md").read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == kinds_table(), "run `make docs`"


def test_every_prompt_is_documented_and_every_documented_prompt_exists() -> None:
    found = TABLE_OF_PROMPTS.search((DOCS / "study.md").read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == prompts_table(), "run `make docs`"


def test_every_key_has_a_description() -> None:
    documented = list(rows(StructTuningConfig, block_schema(KINDS)))
    assert all(description.endswith(".") or "." in description for *_, description in documented)
    assert "None" not in {description for *_, description in documented}


def test_every_command_and_option_is_documented_and_exists() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## `([\w-]+)", page, re.MULTILINE)) == set(structtuning.commands)
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        name = re.match(r"`([\w-]+)", section)
        assert name is not None
        command = structtuning.commands[name[1]]
        options = {
            flag
            for param in command.params
            if isinstance(param, click.Option)
            for flag in param.opts
        }
        assert set(re.findall(r"`(--?[a-z][a-z-]*)", section)) == options, name[1]


def test_every_hook_is_documented_and_exists() -> None:
    text = (DOCS / "extending/README.md").read_text(encoding="utf-8")
    hooks = {name for name in vars(Specs) if name.startswith("register_")}
    assert set(re.findall(r"register_\w+", text)) == hooks


def test_extractor_options_are_documented() -> None:
    described = StructTuningConfig.model_fields["taxonomy"].annotation
    assert isinstance(described, type)
    text = str(described.model_fields["options"].description)
    assert all(f"`{name}`" in text for name in PartsOptions.model_fields)


def test_links_between_pages_lead_somewhere(project: Path) -> None:
    pages = [*project.glob("*.md"), *DOCS.rglob("*.md"), *project.glob("templates/*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


if __name__ == "__main__":
    refresh()

"""`schema`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from structtuning_plugin import plugins
from structtuning_plugin.config import STAGES, StructTuningConfig
from structtuning_plugin.hookspecs import SampleKind
from structtuning_plugin.samples.selection import kinds_of_stage


def schema_command() -> None:
    """Print the JSON schema of the block."""
    kinds = plugins.sample_kinds(plugins.build_plugin_manager())
    click.echo(json.dumps(block_schema(kinds), indent=2, ensure_ascii=False))


def block_schema(kinds: Mapping[str, SampleKind[Any, Any]]) -> dict[str, Any]:
    """Return the JSON schema of the block, in which `kinds` and `shares` list the kinds that exist.

    Args:
        kinds: The kinds of samples by name, those of plugins included.
    """
    schema = StructTuningConfig.model_json_schema()
    for name in STAGES:
        section = StructTuningConfig.model_fields[name].annotation
        assert section is not None
        keys = schema["$defs"][section.__name__]["properties"]
        of_stage = kinds_of_stage(name, kinds)
        for option in keys["kinds"]["anyOf"]:
            if option["type"] == "array":
                option["items"]["enum"] = [kind.name for kind in of_stage]
        limited = [kind.name for kind in of_stage if kind.share is not None]
        keys["shares"]["propertyNames"] = {"enum": limited}
        defaults = ", ".join(f"`{kind.name}` {kind.share}" for kind in of_stage if kind.share)
        keys["shares"]["description"] += f" Defaults: {defaults}."
    return schema

"""The kinds of samples that are built in, and blocks whose kinds are checked."""

from __future__ import annotations

from typing import Any

from structtuning_plugin.config import StructTuningConfig, parse_block
from structtuning_plugin.plugins import build_plugin_manager, sample_kinds
from structtuning_plugin.samples.selection import kinds_of_stage, resolve_kinds

KINDS = sample_kinds(build_plugin_manager())
ALL_KINDS = tuple(kind.name for kind in kinds_of_stage("scpt", KINDS))

# Kinds whose samples are dropped where they speak of a probed point.
KEPT_OUT = tuple(kind.name for kind in kinds_of_stage("ssft", KINDS) if kind.excludes_probes)


def checked_block(block: Any) -> StructTuningConfig:
    """The block, parsed and with its kinds checked, as `make_plan` does it."""
    return resolve_kinds(parse_block(block), KINDS)

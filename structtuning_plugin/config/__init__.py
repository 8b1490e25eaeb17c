"""The `structtuning:` block of an Axolotl recipe, as pydantic models.

Nothing here imports axolotl. Unknown keys are forbidden; a misspelt one is answered with the nearest valid name.
"""

from __future__ import annotations

from structtuning_plugin.config.block import (
    BLOCK,
    Stage,
    StructTuningConfig,
    explain,
    find_block,
    parse_block,
)
from structtuning_plugin.config.corpus import CorpusEntry
from structtuning_plugin.config.held_out import EvalConfig, ProbesConfig
from structtuning_plugin.config.llm import LLMBudget, LLMConfig
from structtuning_plugin.config.questions import QAEntry
from structtuning_plugin.config.scpt import (
    ALL_KINDS,
    DEFAULT_SHARES,
    MAP_KINDS,
    ContextForm,
    Kind,
    ScptConfig,
)
from structtuning_plugin.config.ssft import (
    ALL_SSFT_KINDS,
    UNLIMITED,
    SsftConfig,
    SsftKind,
    WalkConfig,
)
from structtuning_plugin.config.taxonomy import TaxonomyConfig

__all__ = [
    "ALL_KINDS",
    "ALL_SSFT_KINDS",
    "BLOCK",
    "DEFAULT_SHARES",
    "MAP_KINDS",
    "UNLIMITED",
    "ContextForm",
    "CorpusEntry",
    "EvalConfig",
    "Kind",
    "LLMBudget",
    "LLMConfig",
    "ProbesConfig",
    "QAEntry",
    "ScptConfig",
    "SsftConfig",
    "SsftKind",
    "Stage",
    "StructTuningConfig",
    "TaxonomyConfig",
    "WalkConfig",
    "explain",
    "find_block",
    "parse_block",
]

"""The `structtuning:` block of an Axolotl recipe, as pydantic models.

Nothing here imports axolotl. Unknown keys are forbidden; the error offers the nearest valid name.
"""

from __future__ import annotations

from structtuning_plugin.config.base import hashed_values, shown_values
from structtuning_plugin.config.block import (
    BLOCK,
    StructTuningConfig,
    explain,
    find_block,
    list_faults,
    parse_block,
)
from structtuning_plugin.config.corpus import CorpusEntry, EvalConfig, ProbesConfig, TaxonomyConfig
from structtuning_plugin.config.llm import LLMBudget, LLMConfig
from structtuning_plugin.config.questions import QAEntry
from structtuning_plugin.config.scpt import ScptConfig
from structtuning_plugin.config.ssft import SsftConfig, WalkConfig
from structtuning_plugin.config.stages import STAGES, ContextForm, Stage, StageName
from structtuning_plugin.config.study import ReplayConfig, StudyConfig

__all__ = [
    "BLOCK",
    "STAGES",
    "ContextForm",
    "CorpusEntry",
    "EvalConfig",
    "LLMBudget",
    "LLMConfig",
    "ProbesConfig",
    "QAEntry",
    "ReplayConfig",
    "ScptConfig",
    "SsftConfig",
    "Stage",
    "StageName",
    "StructTuningConfig",
    "StudyConfig",
    "TaxonomyConfig",
    "WalkConfig",
    "explain",
    "find_block",
    "hashed_values",
    "list_faults",
    "parse_block",
    "shown_values",
]

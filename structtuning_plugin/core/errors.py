"""Every error we raise on purpose. The CLI turns them into one message without a traceback.

StructTuningError
├─ ConfigError        the recipe or its block says something that cannot work
├─ CorpusError        a document cannot be read, or there is none
├─ TaxonomyError      a taxonomy file does not fit the corpus, or an extractor broke its promise
├─ TemplateError      a wording cannot be rendered
├─ BudgetError        prompt, passage and special tokens cannot fit `sequence_len`
├─ LLMError           the language model's server is dead, refuses us, or the budget is spent
├─ PluginError        two owners of one name, an unknown name, a misspelt hook, a broken installation
└─ ArtifactError      something in `work_dir` is missing or not what its manifest says
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class StructTuningError(Exception):
    """Root of all: says what was given, what is allowed and what to do."""


class ConfigError(StructTuningError, ValueError):
    """The recipe or its `structtuning:` block says something that cannot work."""


class CorpusError(StructTuningError):
    """A document cannot be read, or there is none."""


class TaxonomyError(StructTuningError):
    """A taxonomy does not fit the corpus, or an extractor broke its promise."""


class TemplateError(StructTuningError):
    """A wording cannot be rendered."""


class BudgetError(StructTuningError):
    """Prompt, passage and special tokens cannot fit `sequence_len`."""


class LLMError(StructTuningError):
    """The language model's server is dead, refuses us, or the budget is spent; what was answered stays cached."""


class PluginError(StructTuningError):
    """Two owners of one name, an unknown name, a misspelt hook or a broken installation."""


class ArtifactError(StructTuningError):
    """Something in `work_dir` is missing or not what its manifest says."""


def nearest(given: str, allowed: Iterable[str]) -> str:
    """The end of an error message that offers the nearest valid name, then all of them.

    >>> nearest("headigns", ["headings", "parts"])
    ' Did you mean `headings`? Allowed: headings, parts.'
    """
    names = sorted(allowed)
    close = difflib.get_close_matches(given, names, n=1)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return f"{hint} Allowed: {', '.join(names) or 'none'}."

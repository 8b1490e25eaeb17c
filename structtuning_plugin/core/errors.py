"""Errors that we raise on purpose. The CLI prints each as one message, without a traceback.

StructTuningError
├─ ConfigError        the recipe or its block asks for something that cannot work
├─ CorpusError        a document cannot be read, or there is none
├─ TaxonomyError      a taxonomy file does not match the corpus, or an extractor returned a bad tree
├─ TemplateError      a template cannot be rendered
├─ BudgetError        prompt, passage and special tokens do not fit into `sequence_len`
├─ LLMError           the server of the language model fails or refuses, or the budget is spent
├─ PluginError        two owners of one name, an unknown name, a misspelt hook, a broken plugin
└─ ArtifactError      a file in `work_dir` is missing or differs from its manifest
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class StructTuningError(Exception):
    """Base class; the message says what was given, what is allowed and what to do."""


class ConfigError(StructTuningError, ValueError):
    """The recipe or its `structtuning:` block asks for something that cannot work."""


class CorpusError(StructTuningError):
    """A document cannot be read, or there is none."""


class TaxonomyError(StructTuningError):
    """A taxonomy does not match the corpus, or an extractor returned a bad tree."""


class TemplateError(StructTuningError):
    """A template cannot be rendered."""


class BudgetError(StructTuningError):
    """Prompt, passage and special tokens do not fit into `sequence_len`."""


class LLMError(StructTuningError):
    """The server of the language model fails or refuses, or the budget is spent.

    Answers that were received stay in the cache.
    """


class PluginError(StructTuningError):
    """Two owners of one name, an unknown name, a misspelt hook or a broken plugin."""


class ArtifactError(StructTuningError):
    """A file in `work_dir` is missing or differs from its manifest."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Format the end of an error message: the nearest valid name, then all valid names.

    >>> nearest("headigns", ["headings", "parts"])
    ' Did you mean `headings`? Allowed: headings, parts.'
    """
    names = sorted(allowed)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return f"{hint} Allowed: {', '.join(names) or 'none'}."

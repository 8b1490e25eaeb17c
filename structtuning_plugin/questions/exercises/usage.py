"""Use of words as nouns and verbs, as `taxonomy.offline.usage` counts it for titles too."""

from __future__ import annotations

from structtuning_plugin.taxonomy.offline.usage import Usage

__all__ = ["Usage"]

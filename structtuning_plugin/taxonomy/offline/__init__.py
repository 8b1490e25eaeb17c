"""Offline structure for text without headings: boundaries, levels and titles from its own words."""

from __future__ import annotations

from structtuning_plugin.taxonomy.offline.grouping import group_in_order, order_by_content
from structtuning_plugin.taxonomy.offline.segmenter import OFFLINE, Segmenter

__all__ = ["OFFLINE", "Segmenter", "group_in_order", "order_by_content"]

"""Segmenters remember their patterns and cut as before."""

from __future__ import annotations

import re

import pysbd
import pysbd.abbreviation_replacer
import pytest

from structtuning_plugin.corpus import segmenters

TEXTS = {
    "en": 'Dr. Smith came at 5 p.m. yesterday (see Fig. 2). "Who? He!" 1. One item. 2. Two items.',
    "fr": "M. Durand vit p. ex. à Lyon. Il dit : « Non ! » Cf. chap. 3.",
    "zh": "这是第一句。这是第二句！“对吗？”他问。",
}


@pytest.mark.parametrize("language", TEXTS)
def test_cuts_are_those_without_a_memory(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXTS[language]
    cuts = segmenters.segmenter(language).segment(text)
    assert not isinstance(pysbd.abbreviation_replacer.re, type(re))
    for module in (pysbd.abbreviation_replacer, pysbd.processor, pysbd.utils):
        monkeypatch.setattr(module, "re", re)
    assert cuts == pysbd.Segmenter(language=language, clean=False).segment(text)
    assert len(cuts) > 2


def test_a_pattern_is_compiled_once() -> None:
    segmenter = segmenters.segmenter("en")
    segmenter.segment(TEXTS["en"])
    before = segmenters._compile.cache_info().misses
    segmenter.segment(TEXTS["en"])
    assert segmenters._compile.cache_info().misses == before

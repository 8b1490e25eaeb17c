"""Questions that instruction tuning has no wording for, in six languages; the other probes take the first one of its own."""

from __future__ import annotations

from typing import Literal

from structtuning_plugin.core.templates import FALLBACK_LANGUAGE

Relation = Literal["parent", "siblings", "children"]

_WORDINGS: dict[str, dict[Relation, str]] = {
    "en": {
        "parent": 'Which heading stands directly above "{name}"?',
        "siblings": 'Which other headings stand beside "{name}", under the same heading? List them, separated by semicolons.',
        "children": 'Which headings lie directly under "{name}"? List them, separated by semicolons.',
    },
    "zh": {
        "parent": "“{name}”的直接上级标题是什么？",
        "siblings": "与“{name}”同属一个上级标题的其他标题有哪些？请全部列出，用分号隔开。",
        "children": "“{name}”的直接下级标题有哪些？请全部列出，用分号隔开。",
    },
    "ja": {
        "parent": "「{name}」のすぐ上の見出しは何ですか。",
        "siblings": "「{name}」と同じ見出しの下に並ぶ他の見出しは何ですか。すべて挙げ、セミコロンで区切ってください。",
        "children": "「{name}」のすぐ下にある見出しは何ですか。すべて挙げ、セミコロンで区切ってください。",
    },
    "fr": {
        "parent": "Quel titre se trouve directement au-dessus de « {name} » ?",
        "siblings": "Quels autres titres se trouvent à côté de « {name} », sous le même titre ? "
        "Citez-les tous, séparés par des points-virgules.",
        "children": "Quels titres se trouvent directement sous « {name} » ? Citez-les tous, séparés par des points-virgules.",
    },
    "es": {
        "parent": "¿Qué título está directamente por encima de «{name}»?",
        "siblings": "¿Qué otros títulos están junto a «{name}», bajo el mismo título? "
        "Enumérelos todos, separados por punto y coma.",
        "children": "¿Qué títulos están directamente bajo «{name}»? Enumérelos todos, separados por punto y coma.",
    },
    "ru": {
        "parent": "Какой заголовок стоит непосредственно над «{name}»?",
        "siblings": "Какие ещё заголовки стоят рядом с «{name}», под тем же заголовком? Перечислите все через точку с запятой.",
        "children": "Какие заголовки стоят непосредственно под «{name}»? Перечислите все через точку с запятой.",
    },
}


def ask(relation: Relation, name: str, language: str) -> str:
    """The question in the language, or in English.

    >>> ask("parent", "Cable", "de")
    'Which heading stands directly above "Cable"?'
    """
    return _WORDINGS.get(language, _WORDINGS[FALLBACK_LANGUAGE])[relation].format(name=name)

"""Sections of a book that are no knowledge points."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.types import Document
from structtuning_plugin.taxonomy.apparatus import is_apparatus, is_glossary
from structtuning_plugin.taxonomy.titles import display_title
from structtuning_plugin.taxonomy.tree import Tree
from tests.trees import document, grow

NAMES = (
    "Learning Objectives",
    "Key Terms",
    "Critical Thinking Questions",
    "Image Credits",
    "Table of Content",
    "目 录",
    "CONTENTS (continued)",
    "In this chapter",
    "Detailed Contents",
    "Chapter 3 Review Questions",
    "End-of-Chapter Exercises",
    "Answers to Odd-Numbered Exercises",
    "Preface to the Second Edition",
    "Appendix A",
    "Appendix B: Conversion Tables",
    "Glossary of Terms",
    "Summary",
    "Chapter Summary",
    "Key Takeaways",
    "Further Reading",
    "Notes",
    "Photo Credits",
    "Check Your Understanding",
    "Exercises 3.1",
    "About the Authors",
    "List of Figures",
    "Self-Check",
    "Works Cited",
    "Section 2.3 Exercises",
    "Acknowledgments",
    "Test Yourself",
    "Discussion Questions",
    "What You Will Learn",
    "Index",
    "Short Answer",
    "Multiple Choice",
    "Knowledge Check",
    "Challenge Problems",
    "Visual Connection Questions",
    "Your Turn",
    "Related Articles",
    "Problemas de desafío",
    "Ejercicios propuestos",
    "本章小结",
    "学习目标",
    "关键术语",
    "术语表",
    "思考题",
    "批判性思考题",
    "图片来源",
    "前言",
    "附录A",
    "参考文献",
    "复习题",
    "章节总结",
    "复习思考题",
    "习题",
    "课后习题",
    "本章要点",
    "序言",
    "练习题答案",
    "思考与练习",
    "名词解释",
    "第三章 小结",
    "附录",
    "致谢",
    "图片版权",
    "讨论题",
    "まとめ",
    "学習目標",
    "重要用語",
    "用語集",
    "演習問題",
    "参考文献",
    "画像クレジット",
    "付録A",
    "章末問題",
    "本章のまとめ",
    "批判的思考問題",
    "索引",
    "もくじ",
    "復習問題",
    "解答",
    "あとがき",
    "謝辞",
    "図版出典",
    "確認問題",
    "この章のまとめ",
    "練習問題の解答",
    "キーワード",
    "序文",
    "Глоссарий",
    "Цели обучения",
    "Ключевые термины",
    "Вопросы для самопроверки",
    "Контрольные вопросы",
    "Предисловие",
    "Приложение А",
    "Список литературы",
    "Резюме",
    "Выводы",
    "Источники изображений",
    "Оглавление",
    "Вопросы и задания",
    "Вопросы для критического мышления",
    "Приложения",
    "Об авторах",
    "Указатель",
    "Краткое содержание главы",
    "Литература",
    "Задания для самопроверки",
    "Итоги главы",
    "Resumen",
    "Objetivos de aprendizaje",
    "Términos clave",
    "Glosario",
    "Preguntas de pensamiento crítico",
    "Créditos de las imágenes",
    "Prefacio",
    "Apéndice A",
    "Bibliografía",
    "Ejercicios del capítulo",
    "Preguntas de repaso",
    "Índice",
    "Agradecimientos",
    "Resumen del capítulo",
    "Palabras clave",
    "Lecturas recomendadas",
    "Prólogo",
    "Autoevaluación",
    "Soluciones de los ejercicios",
    "Conceptos clave",
    "Résumé",
    "Objectifs d'apprentissage",
    "Termes clés",
    "Glossaire",
    "Questions de réflexion critique",
    "Crédits photographiques",
    "Préface",
    "Annexe A",
    "Bibliographie",
    "Exercices du chapitre",
    "Questions de révision",
    "Table des matières",
    "Remerciements",
    "Résumé du chapitre",
    "Mots-clés",
    "Pour en savoir plus",
    "Avant-propos",
    "Points clés",
    "Corrigés des exercices",
    "Sommaire",
    "L'essentiel à retenir",
    "Zusammenfassung",
    "Lernziele",
    "Glossar",
    "Literaturverzeichnis",
    "Vorwort",
    "Anhang A",
    "Übungen",
    "Bildnachweise",
    "Podsumowanie",
    "Słowniczek",
    "Bibliografia",
    "Pytania sprawdzające krytyczne myślenie",
    "Przedmowa",
    "Spis treści",
    "Pytania kontrolne",
    "Kluczowe pojęcia",
)
KNOWLEDGE = (
    "Index of refraction",
    "Solutions of electrolytes",
    "Exercise physiology",
    "Reference frames",
    "Contents of the stomach",
    "Problem solving",
    "Индекс массы тела",
    "索引结构",
    "問題解決",
    "Spring Tides",
    "Key Signatures",
    "Unit Tests",
    "Summary Statistics",
    "Review of Anatomy",
    "Critical Thinking Skills",
    "Learning Theory",
    "The Answer of Science",
    "Objectives and Lenses",
    "Appendix and Cecum",
    "Appendicitis",
    "Peer Review",
    "Question Words",
    "Test-Driven Development",
    "Resume Writing",
    "Termes de l'échange",
    "Vocabulaire juridique du droit",
    "Términos de intercambio",
    "目标管理",
    "总结性评价",
    "学习理论",
    "问题解决策略",
    "练习对肌肉的影响",
    "用語の歴史",
    "目的論",
    "問題行動",
    "Вопросы философии",
    "Задачи линейного программирования",
    "Выводы из теоремы",
    "Цели государства",
    "Литература эпохи Возрождения",
    "Notes on Nursing",
    "Credit Risk",
    "Index Funds",
    "Part 3",
    "1.2 A",
    "Introduction",
    "Parts of the Heart",
    "Sources of Energy",
    "Practice Management",
    "Terms of Trade",
    "Answering Machines",
    "Discussion Groups Online",
    "参考系",
    "前言的写法",
    "Résumé de carrière",
    "Solutions tampons",
    "Exercice comptable",
    "Problemas de flujo",
    "Índice de masa corporal",
    "Anhang des Blinddarms",
    "Zusammenfassung von Brüchen",
    "Review Boards",
)


@pytest.mark.parametrize("title", NAMES)
def test_names_in_eight_languages(title: str) -> None:
    assert is_apparatus(title, display_title(title))


@pytest.mark.parametrize("title", KNOWLEDGE)
def test_titles_that_only_contain_such_a_name(title: str) -> None:
    assert not is_apparatus(title, display_title(title))


@pytest.mark.parametrize(
    "title", ["Key Terms", "术语表", "用語集", "Глоссарий", "Glosario", "Mots-clés"]
)
def test_glossaries(title: str) -> None:
    assert is_glossary(title, title)


LINKS = "".join(f"- [{name}](#{name})\n" for name in ("Pump", "Filter", "Belt", "Plug", "Bolt"))
INDEX = "pump, 12, 34\nfilter 7\nbelt, 101-103\nplug, 5\n"
SOURCES = "".join(
    f"- {name}, A. ({year}). On the wear of pumps and belts.\n"
    for name, year in (("Ortega", 2019), ("Brandt", 2020), ("Meyer", 1998), ("Sato", 2003))
)
QUESTIONS = "1. Why does a belt slip?\n2. What is a pump?\n3. How long is a bolt?\n4. Who checks?\n"
OBJECTIVES = "By the end of this section, you should be able to name three causes of wear."


@pytest.mark.parametrize("text", [LINKS, INDEX, SOURCES, QUESTIONS, OBJECTIVES])
def test_shapes_of_text(text: str) -> None:
    assert is_apparatus("Before We Go", "Before We Go", text)
    assert not is_apparatus("Before We Go", "Before We Go", text, childless=False)


def test_text_with_some_links_or_questions_is_knowledge() -> None:
    text = LINKS + "Pumps carry oil to the bearings.\n" * 5 + "Why does a belt slip?\n"
    assert not is_apparatus("Pumps", "Pumps", text)


def test_the_block_adds_names() -> None:
    source = document("a.md", (1, "Pumps"), "Oil.\n", (2, "2. Cheat Sheet"), "Pump: oil.\n")
    tree, _ = grow([source])
    documents: dict[str, Document] = {source.id: source}
    known = Tree(tree.root, documents)
    told = Tree(tree.root, documents, apparatus=("cheat sheet",))
    titles = [[t.title for t in one.root.walk() if one.is_back_matter(t)] for one in (known, told)]
    assert titles == [[], ["2. Cheat Sheet"]]

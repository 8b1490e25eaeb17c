"""Scores computed by hand, each from its source's formula.

f1       SQuAD, and LongBench's `qa_f1_score` and `qa_f1_zh_score`: 2PR / (P + R) of the tokens in common, which is
         2 * common / (tokens given + tokens right); lower case, no punctuation, English without articles; the best answer
         counts. Chinese is compared by characters.
rouge_l  LongBench's `rouge_score` and `rouge_zh_score`: F of the longest common subsequence L, 2L / (given + right).
em       SQuAD: 1 if both are the same once they are normalised.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from structtuning_plugin.evaluation.tasks import score_of
from tests.evaluation.asking import CHOICE, CHOICES, FORMATS, PASSAGE, questions

F = Fraction

# given, right answers, f1, rouge_l, exact match
ENGLISH = [
    ("Matt Cohen", ["Matt Cohen"], 1, 1, 1),
    ("matt cohen.", ["Matt Cohen"], 1, 1, 1),
    ("The Matt Cohen", ["Matt Cohen"], 1, 1, 1),
    ("Cohen", ["Matt Cohen"], F(2, 3), F(2, 3), 0),  # 2*1 / (1+2)
    ("Cohen Matt", ["Matt Cohen"], 1, F(1, 2), 0),  # both words; in order only one: 2*1 / (2+2)
    ("Leonard Cohen", ["Matt Cohen"], F(1, 2), F(1, 2), 0),  # 2*1 / (2+2)
    ("a novelist named Matt Cohen", ["Matt Cohen"], F(2, 3), F(2, 3), 0),  # 2*2 / (4+2)
    ("nobody", ["Matt Cohen"], 0, 0, 0),
    ("", ["Matt Cohen"], 0, 0, 0),
    ("yes yes yes", ["yes"], F(1, 2), F(1, 2), 0),  # a word counts as often as in both: 2*1 / (3+1)
    ("in 1895", ["1895"], F(2, 3), F(2, 3), 0),
    ("1895", ["1895", "in 1895"], 1, 1, 1),
    ("May 1895", ["1895", "in May 1895"], F(4, 5), F(4, 5), 0),  # with the second: 2*2 / (2+3)
    (
        "red and green and blue",
        ["blue and green"],
        F(3, 4),
        F(1, 2),
        0,
    ),  # 2*3 / (5+3); "and green" or "and blue": 2*2 / (5+3)
    ("one two three four", ["four three two one"], 1, F(1, 4), 0),  # 2*1 / (4+4)
    (
        "a the an",
        ["the"],
        F(1, 2),
        F(1, 2),
        0,
    ),  # nothing but articles: compared as they stand, 2*1 / (3+1)
    ("well-known", ["wellknown"], 1, 1, 1),
    ("It is soft.\nAnswer: the liver", ["liver"], 1, 1, 1),  # only what follows the marker
    ("Answer: the left kidney", ["left kidney cortex"], F(4, 5), F(4, 5), 0),  # 2*2 / (2+3)
    ("U.S.", ["US"], 1, 1, 1),
]
CHINESE = [
    ("肝脏", ["肝脏"], 1, 1, 1),
    ("肝脏。", ["肝脏"], 1, 1, 1),
    ("肝 脏", ["肝脏"], 1, 1, 1),
    ("肝", ["肝脏"], F(2, 3), F(2, 3), 0),  # 2*1 / (1+2)
    ("脏肝", ["肝脏"], 1, F(1, 2), 0),  # 2*1 / (2+2)
    ("脾脏", ["肝脏"], F(1, 2), F(1, 2), 0),
    ("是肝脏", ["肝脏"], F(4, 5), F(4, 5), 0),  # 2*2 / (3+2)
    ("心", ["肝脏"], 0, 0, 0),
    ("", ["肝脏"], 0, 0, 0),
    ("人人", ["人"], F(2, 3), F(2, 3), 0),  # 2*1 / (2+1)
    ("北京市", ["上海", "北京"], F(4, 5), F(4, 5), 0),  # 2*2 / (3+2)
    ("上海北京", ["北京上海"], 1, F(1, 2), 0),  # 2*2 / (4+4)
    ("一二三四", ["四三二一"], 1, F(1, 4), 0),
    ("1998年", ["1998年"], 1, 1, 1),
    ("1998", ["1998年"], F(2, 3), F(2, 3), 0),  # a number is one token: 2*1 / (1+2)
    ("ＤＮＡ", ["DNA"], 1, 1, 1),  # full-width letters
    ("它过滤血液。答案：脾脏", ["脾脏"], 1, 1, 1),
    ("答案：脾脏和肝脏", ["脾脏"], F(4, 7), F(4, 7), 0),  # 2*2 / (5+2)
    ("甲乙丙丁戊", ["甲丙戊"], F(3, 4), F(3, 4), 0),  # 2*3 / (5+3)
    ("甲丙乙丁", ["甲乙丙丁"], 1, F(3, 4), 0),  # 2*3 / (4+4)
]


@pytest.mark.parametrize("dataset", ["hotpotqa", "dureader"])
@pytest.mark.parametrize(
    ("given", "right", "f1", "rouge", "em", "language"),
    [*((*row, "en") for row in ENGLISH), *((*row, "zh") for row in CHINESE)],
)
def test_scores_computed_by_hand(
    tmp_path: Path,
    given: str,
    right: list[str],
    f1: Fraction,
    rouge: Fraction,
    em: int,
    language: str,
    dataset: str,
) -> None:
    record = {**PASSAGE, "answers": right, "language": language, "dataset": dataset}
    (question,) = questions(tmp_path / "a.jsonl", record)
    score, metrics = score_of(question, given, FORMATS)
    assert metrics == pytest.approx(
        {"f1": float(f1), "rouge_l": float(rouge), "exact_match": float(em)}
    )
    assert score == pytest.approx(float(rouge if dataset == "dureader" else f1))


def test_there_are_forty_pairs() -> None:
    assert len(ENGLISH) == len(CHINESE) == 20


def test_choices_are_right_or_wrong_as_a_set(tmp_path: Path) -> None:
    one, both = questions(tmp_path / "a.jsonl", CHOICE, CHOICES)
    assert score_of(one, "B", FORMATS) == (1.0, {"accuracy": 1.0})
    assert score_of(one, "B or C", FORMATS) == (0.0, {"accuracy": 0.0})
    assert [
        score_of(both, text, FORMATS)[0] for text in ("A", "A, B", "A. liver; B. spleen", "A, B, C")
    ] == [0, 1, 1, 0]


def test_classes_share_one_point(tmp_path: Path) -> None:
    record = {
        **PASSAGE,
        "answers": ["sun"],
        "all_classes": ["sun", "moon", "star"],
        "dataset": "trec",
    }
    (question,) = questions(tmp_path / "a.jsonl", record)
    assert [score_of(question, text, FORMATS)[0] for text in ("sun", "sun or moon", "moon")] == [
        1,
        0.5,
        0,
    ]


# Replies of models that think or wrap their answers, with B right.
@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("<think>\nIt could be A. But no.\n</think>\n\nB. spleen", 1),
        ("<think>The answer is B.</think>\n\nIt is the heart: C", 0),
        ("<think>Answer: A? Wait, the answer is C?</think>\nB", 1),
        ("analysisThe answer is A? no.assistantfinalB", 1),
        ("<|channel|>analysis<|message|>A?<|end|><|channel|>final<|message|>B", 1),
        ("[THINK]maybe the answer is A[/THINK]B", 1),
        ("<reasoning>the answer is A</reasoning><answer>B</answer>", 1),
        ('{"answer": "B", "explanation": "The liver (A) does not."}', 1),
        ("**Final Answer:** $\\boxed{\\text{B}}$", 1),
        ("<think>The answer is B", 0),
        ("<|channel|>analysis<|message|>The answer is B", 0),
    ],
)
def test_thoughts_are_not_graded(reply: str, right: int, tmp_path: Path) -> None:
    (question,) = questions(tmp_path / "a.jsonl", CHOICE)
    assert score_of(question, reply, FORMATS) == (right, {"accuracy": right})


@pytest.mark.parametrize(
    ("reply", "gold"),
    [
        ("<think>The liver?</think>The spleen", "the spleen"),
        ("<answer>The spleen</answer>", "the spleen"),
        ('{"answer": "the spleen"}', "the spleen"),
        ("<think>Hmm no.</think>Yes.", "yes"),
        ("2 + 2 = 4, so there are 4.\n#### 4", "Two and two is <<2+2=4>>4.\n#### 4"),
        ("The answer is 4.", "Two and two is <<2+2=4>>4.\n#### 4"),
    ],
)
def test_free_answers_are_read_out_of_their_wrapping(reply: str, gold: str, tmp_path: Path) -> None:
    record = {**PASSAGE, "answers": [gold], "dataset": "multifieldqa_en"}
    (question,) = questions(tmp_path / "a.jsonl", record)
    assert score_of(question, reply, FORMATS)[1] == {"exact_match": 1, "f1": 1, "rouge_l": 1}

"""Answers as models write them, and the letters that they choose."""

from __future__ import annotations

OPTIONS = (("A", "liver"), ("B", "spleen"), ("C", "heart"), ("D", "kidney"), ("E", "E. coli"))

LETTERS = (
    ("B", "B"), ("B.", "B"), ("b", "B"), ("(b)", "B"), ("(C)", "C"), ("Ｂ", "B"), ("**B**", "B"), ("Option B", "B"),
    ("B, C", "BC"), ("B and C", "BC"), ("B、C", "BC"), ("BC", "BC"), ("ABD", "ABD"), ("BAD", "ABD"), ("BAD idea", ""),
    ("\\boxed{B}", "B"), ("So \\boxed{\\text{B}}.", "B"), ("The final answer is $\\boxed{B, C}$", "BC"), ("B or C", ""),
    ("The answer is B or C", ""), ("Answer: F", ""), ("", ""), ("None of them", ""), ("Answer: A", "A"),
    ("The answer is B because A is wrong and so on.", "B"), ("Answer: both B and C", "BC"), ("**Answer: B**", "B"),
    ("Answer: options A, B and D", "ABD"), ("The answer is (B) and (C).", "BC"), ("Answer: B, A is wrong", "B"),
    ("Answer: B\n\nExplanation: A is wrong because C...", "B"), ("## Final Answer\n\nB", "B"), ("I choose option (D).", "D"),
    ("A, B, and C are all correct.", "ABC"), ("Both B and C are correct", "BC"),
    ("B is correct. C is correct.", "BC"), ("So the correct answer is **D**.", "D"), ("Overall, the answer is (C).", "C"),
)  # fmt: skip

TEXTS = (
    ("B. spleen", "B"), ("A. liver; C. heart", "AC"), ("- A. liver\n- C. heart", "AC"), ("(A) liver and (C) heart", "AC"),
    ("Answer:\n\n**B. Spleen**", "B"), ("spleen", "B"), ("The spleen.", "B"), ("Answer: Liver; heart", "AC"),
    ("It is the spleen that filters blood", "B"), ("Answer: the kidney, not the liver", "D"), ("Answer: E. coli", "E"),
    ("The liver and the heart", ""), ("It is not the spleen.", ""), ("not the spleen but the liver", "A"),
    ("It is not the spleen, it is the heart", "C"), ("Vitamin C is needed", ""), ("A patient with fever came in", ""),
    ("A patient with pain. Answer: A patient is ill", ""), ("I think A is wrong, so B", "B"),
    ("OPTION A IS CORRECT according to some, but the answer is C", "C"), ("The answer is not B", ""),
    ("The answer is not B but C", "C"), ("The reasoning is long and the answer is", ""), ("Both the", ""),
    ("I think A is likely. The answer is not A.", ""), ("Hepatitis B is excluded.", ""),
)  # fmt: skip

LANGUAGES = (
    ("答案：B", "B"), ("选B", "B"), ("故选B。", "B"), ("A错，C错，故本题选B", "B"), ("所以B正确", "B"),
    ("因此答案为ABD。", "ABD"),
    ("答案是 C。A 选项不正确", "C"), ("正确答案为Ｂ", "B"),
    ("答え：B、C", "BC"), ("正解はBです。", "B"), ("正解はBとCです。", "BC"), ("選択肢Bが正しい", "B"), ("正解は「D」です", "D"),
    ("Réponse : B et C", "BC"), ("La bonne réponse est la B.", "B"), ("Les bonnes réponses sont A, B et D.", "ABD"),
    ("B est correcte. A est fausse.", "B"), ("C'est la B", "B"), ("**Réponse\u00a0:** D", "D"),
    ("Ответ: В", "B"), ("Ответ: Б/B", "B"), ("Ответ: Б", ""), ("Правильный ответ: А и С", "AC"), ("Правильный ответ — B", "B"),
    ("Правильный ответ В, потому что это селезёнка", "B"), ("В результате боли нет", ""), ("C верно, А неверно", "C"),
    ("Respuesta: B", "B"), ("La respuesta correcta es B y C.", "BC"), ("Es la C porque A es falsa", "C"),
    ("No es A. La respuesta es D, pues filtra.", "D"),
)  # fmt: skip

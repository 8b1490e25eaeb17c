"""What a model usually answers to the questions of this room: new questions that are good, and support for given ones."""

from __future__ import annotations

from typing import Any

from structtuning_plugin.questions.walks.prompts import OPTIONS, Prompt

# Characters of an answer's parts, cut from the passages, so that they are in their language.
_QUESTION, _EXPLANATION, _ANSWER, _REASON = 120, 400, 40, 160


def answer(prompt: Prompt, about: str) -> dict[str, Any]:
    """The answer to one question; `about` (`Request.about`) tells a new question from all others."""
    text = " ".join(" ".join(prompt.values["passages"]).split())
    if prompt.kind == "judge":
        return {"reason": _piece(text, _REASON), "answerable": True, "all_needed": True}
    if prompt.kind == "support":
        return {
            "reason": _piece(text, _REASON),
            "supported": True,
            "explanation": _piece(text, _EXPLANATION),
        }
    short = _piece(text, _ANSWER)
    options = (
        [short, *(f"{short} ({number})" for number in range(1, OPTIONS))]
        if prompt.values["options"]
        else []
    )
    return {
        "question": f"{_piece(text, _QUESTION)} ({about})",
        **({"options": options} if options else {}),
        "explanation": _piece(text, _EXPLANATION),
        "answer": short,
    }


def _piece(text: str, longest: int) -> str:
    return text[:longest].strip() or "-"

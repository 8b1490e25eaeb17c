"""Every reason that code can give for leaving something out is documented, and every documented one
exists.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from structtuning_plugin.corpus.cleaning.duplicates import DUPLICATE, NEAR_DUPLICATE
from structtuning_plugin.corpus.cleaning.noise import DATA, GLYPHS, PADDING
from structtuning_plugin.corpus.cleaning.repeated_lines import PAGE_LINE, SITE_LINE


def reasons_in_code(package: Path) -> set[str]:
    """Reasons in `_drop(id, reason, ...)`, `_dropped(file, reason, ...)`, `RecordError(reason,
    ...)`, `needed(request, field,
    reason)`, pairs and `reason=`."""
    found: set[str] = set()
    for path in sorted(set(package.rglob("*.py")) - set((package / "llm").glob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.keyword)
                and node.arg == "reason"
                and isinstance(node.value, ast.Constant)
            ):
                found.add(node.value.value)
            if isinstance(node, ast.Call) and getattr(
                node.func, "attr", getattr(node.func, "id", "")
            ) in ("_drop", "_dropped"):
                found |= {
                    argument.value
                    for argument in node.args[1:2]
                    if isinstance(argument, ast.Constant)
                }
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", getattr(node.func, "id", "")) == "needed"
            ):
                found |= {
                    argument.value
                    for argument in node.args[2:3]
                    if isinstance(argument, ast.Constant)
                }
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RecordError":
                found |= {
                    argument.value
                    for argument in node.args[:1]
                    if isinstance(argument, ast.Constant)
                }
            if (
                isinstance(node, ast.Tuple)
                and node.elts
                and path.name == "markdown.py"
                and isinstance(node.elts[0], ast.Constant)
            ):
                found |= {str(node.elts[0].value)} & {
                    "empty_heading",
                    "control_characters",
                    "front_matter",
                }
    found |= {DATA, GLYPHS, PADDING, PAGE_LINE, SITE_LINE, DUPLICATE, NEAR_DUPLICATE}
    # Of links: one that there is, and one of a question that nothing asks to be linked. Neither
    # leaves anything out.
    return found - {"", "not_asked"}


def test_reasons_are_documented_and_exist(project: Path) -> None:
    pages = [
        (project / "docs" / name).read_text(encoding="utf-8")
        for name in ("commands.md", "qa.md", "evaluation.md")
    ]
    tables = "".join(
        page.partition("# What is left out")[2].partition("\n## ")[0] for page in pages
    )
    documented = {
        word
        for row in re.findall(r"^\| (`.*?) \|", tables, re.MULTILINE)
        for word in re.findall(r"`(\w+)`", row)
    }
    assert documented == reasons_in_code(project / "structtuning_plugin")


def reasons_of_readers(package: Path) -> set[str]:
    """Reasons in `builder.drop(reason, ...)` and `losses.append((reason, ...))`, as constants."""
    found: set[str] = set()
    for path in (package / "corpus").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            first = node.args[0]
            if isinstance(first, ast.Tuple) and ast.unparse(node.func) == "losses.append":
                first = first.elts[0]
            elif getattr(node.func, "attr", "") != "drop":
                continue
            found |= {first.value} if isinstance(first, ast.Constant) else set()
    return found


def test_reasons_of_readers_are_documented(project: Path) -> None:
    page = (project / "docs/documents.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(\w+)`", page))
    reasons = reasons_of_readers(project / "structtuning_plugin")
    assert {"image", "page_without_text", "fence_never_closed"} <= reasons
    assert reasons - documented - {"empty_heading"} == set()


def test_what_is_wrong_with_answers_is_documented_and_exists(project: Path) -> None:
    """Reasons are first arguments of `WrongAnswerError(...)` and `reason=` of `Reading(...)`."""
    found: set[str] = set()
    for path in (project / "structtuning_plugin/llm").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "WrongAnswerError",
                "Reading",
            ):
                values = [
                    *node.args[:1],
                    *(keyword.value for keyword in node.keywords if keyword.arg == "reason"),
                ]
                for value in values:
                    either = isinstance(value, ast.IfExp)
                    parts = [value.body, value.orelse] if either else [value]
                    found |= {part.value for part in parts if isinstance(part, ast.Constant)}
    page = (project / "docs/llm.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    assert {word for row in rows for word in re.findall(r"`(\w+)`", row)} == found

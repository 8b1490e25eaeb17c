"""The packages in docs/extending work as they are there, and use public names only."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build.artifacts import COLUMNS, open_stage
from structtuning_plugin.core import workers
from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.hookspecs import QARequest, Specs
from tests.build import ssft_building
from tests.conftest import PROJECT
from tests.extending.conftest import Install, Workplace
from tests.pages import files_of

PAGES = sorted(path for path in (PROJECT / "docs/extending").glob("*.md"))
WITH_CODE = [page for page in PAGES if files_of(page)]

BOOK = """# Wheels

A wheel is a round frame. It turns on an axle.

# Brakes

A brake stops the bicycle. Its pads press upon the rim.
"""


# --- a reader


def test_the_reader(installed: Install, workplace: Workplace) -> None:
    installed("readers.md")
    workplace.write(
        "corpus/parts.wiki",
        "A bicycle has parts.\n\n= Wheels =\n\n== Rim ==\n\nA rim is a hoop.\n\n= Brakes =\n",
    )
    workplace.write("corpus/other.txt", "= Pedals =\n\nPedals turn.\n")
    workplace.recipe(
        corpus=["corpus/parts.wiki", {"path": "corpus/other.txt", "format": "wiki"}],
        taxonomy={"extractor": "headings"},
    )
    assert workplace.figures()["documents"] == 2
    parts, other = workplace.export("documents")
    assert parts["text"] == "A bicycle has parts.\n\nA rim is a hoop.\n\n"
    assert [(item["level"], item["title"], item["start"]) for item in parts["headings"]] == [
        (1, "Wheels", 22),
        (2, "Rim", 22),
        (1, "Brakes", 40),
    ]
    assert [block["start"] for block in parts["blocks"]] == [0, 22]
    assert (parts["language"], parts["source"]) == ("en", "wiki, utf-8")
    assert [heading["title"] for heading in other["headings"]] == ["Pedals"]


# --- an extractor


def test_the_extractor(installed: Install, workplace: Workplace) -> None:
    installed("taxonomy_extractors.md")
    workplace.write(
        "corpus/typescript.txt",
        "To the reader.\n\nWHEELS\n\nA wheel is round.\n\nBRAKES\n\nABS\n\nA brake stops it.\n",
    )
    workplace.recipe(taxonomy={"extractor": "capitals", "options": {"least_letters": 4}})
    assert workplace.figures()["topics_by_source"] == {"capitals": 3, "folders": 1}
    chunks = workplace.export("chunks")
    assert [chunk["text"].split()[0] for chunk in chunks] == ["To", "WHEELS", "BRAKES"]
    workplace.recipe(taxonomy={"extractor": "capitals", "options": {"letters": 4}})
    message = workplace.run("validate", fails=True)
    assert "`capitals` has one option, `least_letters`, a whole number from 1 on." in message


# --- a format of questions


def test_the_format(installed: Install, workplace: Workplace) -> None:
    installed("qa_formats.md")
    workplace.write("corpus/bicycle.md", BOOK)
    records = [
        {"clue": "What stops a bicycle?", "accept": ["the brake", "a brake"]},
        {"clue": "What turns on an axle?", "accept": ["a wheel"]},
        {"clue": "What is lost?", "accept": []},
    ]
    workplace.write("quiz.jsonl", "".join(f"{json.dumps(record)}\n" for record in records))
    workplace.recipe(
        stage="ssft",
        on_error="skip",
        ssft={"qa": ["quiz.jsonl"], "format": "plain", "kinds": ["answer"]},
    )
    figures = workplace.figures()["stages"]["ssft"]
    assert (figures["questions"], figures["dropped"]["no_answer"]) == (2, 1)
    rows = {row["qa_id"]: row for row in workplace.export("ssft")}
    assert rows["quiz.jsonl#1"]["completion"].strip() == "the brake"
    assert "What stops a bicycle?" in rows["quiz.jsonl#1"]["prompt"]

    trivia = importlib.import_module("my_trivia").TriviaFormat()
    pair = trivia.parse(QARequest(id="q#1", record=records[0]))
    assert trivia.grade(pair, trivia.answer(pair)) == 1.0
    assert trivia.grade(pair, "It has pads.\nA brake.") == 1.0
    assert trivia.grade(pair, "the wheel") == 0.0


# --- a retriever


def test_the_retriever(installed: Install, workplace: Workplace) -> None:
    installed("retrievers.md")
    workplace.write("corpus/bicycle.md", BOOK)
    record = {"question": "Which pads press upon the rim?", "answer": "The brake's."}
    workplace.write("qa.jsonl", json.dumps(record) + "\n")
    ssft = {"qa": ["qa.jsonl"], "format": "plain", "kinds": ["reasoned"], "retriever": "overlap"}
    workplace.recipe(stage="ssft", taxonomy={"extractor": "headings"}, ssft=ssft)
    assert workplace.figures()["stages"]["ssft"]["linked"] == 1
    (row,) = workplace.export("ssft")
    assert row["structure"] == "bicycle > Brakes"
    workplace.recipe(stage="ssft", ssft={**ssft, "retriever_options": {"depth": 3}})
    assert "`overlap` has no options. Leave them out." in workplace.run("validate", fails=True)


# --- an exporter


def test_the_exporter(installed: Install, workplace: Workplace) -> None:
    installed("exporters.md")
    workplace.write("corpus/bicycle.md", BOOK)
    workplace.recipe()
    workplace.figures()
    workplace.run("export", "--to", "tsv", "-o", "rows")
    lines = (workplace.folder / "rows/scpt_train.tsv").read_text(encoding="utf-8").splitlines()
    rows = workplace.export("scpt")
    assert [line.split("\t") for line in lines] == [
        [row[key].replace("\n", "\\n") for key in ("prompt", "completion")] for row in rows
    ]
    assert (workplace.folder / "rows/README.md").is_file()


# --- an engine


def test_the_engine(
    installed: Install, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("engines.md")
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    for name in ("bicycle.md", "tricycle.md"):
        workplace.write(f"corpus/{name}", BOOK)
    workplace.recipe(hygiene=False)
    workplace.figures()
    rows = workplace.export("scpt")
    workplace.recipe(hygiene=False, engine="threads", work_dir="threaded")
    workplace.figures()
    assert workplace.export("scpt") == rows
    assert {path.name for path in workplace.folder.glob("threaded/scpt/*")} == {
        path.name for path in workplace.folder.glob("work/scpt/*")
    }


# --- a prompt of the study


def test_the_study_prompt(installed: Install, workplace: Workplace) -> None:
    installed("study_prompts.md")
    workplace.write("corpus/bicycle.md", BOOK)
    pair = {"question": "Which part with pads stops a bicycle?", "answer": "The brake."}
    rows = [
        {"contains": "hard exam question", "reply": {"questions": [pair]}},
        {"contains": '"unsupported"', "reply": {"reason": "It says so.", "unsupported": []}},
    ]
    workplace.write("script.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    workplace.recipe(
        stage="ssft",
        taxonomy={"extractor": "headings"},
        llm={"client": "scripted", "script": "script.jsonl"},
        ssft={"format": "plain", "kinds": ["structure"]},
        study={"prompts": ["exam"]},
    )
    figures = workplace.figures()
    assert figures["study"]["forms"] == {"exam": 1}
    (row,) = [row for row in workplace.export("ssft") if row["kind"] == "study-exam"]
    assert pair["question"] in row["prompt"]
    assert row["completion"].endswith("The brake.")
    workplace.recipe(
        llm={"client": "scripted", "script": "script.jsonl"}, study={"prompts": ["exams"]}
    )
    message = workplace.run("validate", fails=True)
    assert "structtuning.study.prompts: Unknown prompt `exams`. Did you mean `exam`?" in message


# --- a client


PROGRAM = f"""#!{sys.executable}
import json, re, sys
content = json.load(sys.stdin)["messages"][-1][1]
count = len(re.findall(r"^\\d+\\. ", content, re.MULTILINE))
half = max(1, count // 2)
groups = [
    {{"title": f"Part {{start}}", "start": start, "end": end, "intro": False}}
    for start, end in ((1, half), (half + 1, count)) if start <= end
]
print(json.dumps({{"groups": groups}}))
"""


def test_the_client(installed: Install, workplace: Workplace) -> None:
    installed("llm_clients.md")
    program = workplace.write("ask-my-model", PROGRAM)
    program.chmod(0o755)
    paragraphs = [f"Paragraph {place} is about wheels. " * 4 for place in range(8)]
    workplace.write("corpus/plain.txt", "\n\n".join(paragraphs))
    llm = {"client": "command", "model": str(program), "max_concurrency": 2}
    workplace.recipe(taxonomy={"extractor": "llm"}, llm=llm)
    figures = workplace.figures()
    assert figures["topics_by_source"]["llm"] > 1
    assert figures["llm"]["requests"] >= 1
    workplace.recipe(taxonomy={"extractor": "llm"}, llm={**llm, "model": "no-such-program"})
    message = workplace.run("build", fails=True)
    assert "structtuning.llm.model: 'no-such-program' is no program." in message


# --- wordings


def test_the_wordings(installed: Install, workplace: Workplace) -> None:
    workplace.write("corpus/bicycle.md", BOOK)
    workplace.recipe(scpt={"context": "path", "kinds": ["passage", "locate"]})
    (before,) = re.findall(r"scpt: (\d+) in", workplace.run("validate"))
    installed("templates.md")
    (after,) = re.findall(r"scpt: (\d+) in", workplace.run("validate"))
    assert int(after) == int(before) + 1
    workplace.figures()
    prompts = [row["prompt"] for row in workplace.export("scpt") if row["kind"] == "passage"]
    assert prompts[0] == "From bicycle, under bicycle > Wheels:\n\n"
    assert all(prompt.startswith("From bicycle, under ") for prompt in prompts)


# --- a consumer


def test_the_consumer(workplace: Workplace, project: Path) -> None:
    program = files_of(project / "docs/extending/consumers.md")["to_llama_factory.py"]
    workplace.write("to_llama_factory.py", program)
    workplace.write("corpus/bicycle.md", BOOK)
    workplace.recipe()
    workplace.figures()
    records = written_by(workplace, "scpt")
    rows = {row["id"]: row for row in workplace.export("scpt")}
    chunks = {chunk["id"]: chunk for chunk in workplace.export("chunks")}
    assert [record["id"] for record in records] == list(rows)
    for record in records:
        row = rows[record["id"]]
        places = [chunks[chunk_id] for chunk_id in row["chunk_ids"]]
        assert record == {
            "instruction": row["prompt"],
            "input": "",
            "output": row["completion"],
            "id": row["id"],
            "kind": row["kind"],
            "origin": [
                {"document": place["document_id"], "start": place["start"], "end": place["end"]}
                for place in places
            ],
        }
    assert any(record["origin"] for record in records)
    row = next(open_stage("work", "scpt").rows())
    assert set(row) == set(COLUMNS)


def test_the_consumer_of_conversations(project: Path, tmp_path: Path) -> None:
    page = project / "docs/extending/consumers.md"
    plan = ssft_building.built(tmp_path)
    program: dict[str, Any] = {"__name__": "to_llama_factory"}
    exec(compile(files_of(page)["to_llama_factory.py"], "to_llama_factory.py", "exec"), program)
    program["main"](plan.block.work_dir, "ssft", tmp_path / "out.jsonl")
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    rows = plan.load_rows("ssft")
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        turns = json.loads(line)["conversations"]
        assert [turn["value"] for turn in turns] == [turn["content"] for turn in row["messages"]]
        assert turns[-1]["from"] == "gpt"
        assert len(json.loads(line)["origin"]) == len(row["chunk_ids"])
    documented = set(re.findall(r"`(\w+)`", page.read_text(encoding="utf-8")))
    assert {*COLUMNS, *rows[0]} <= documented


def written_by(workplace: Workplace, stage: str) -> list[dict[str, object]]:
    """Run the consumer in a process of its own; return its records."""
    command = [sys.executable, "to_llama_factory.py", "work", stage, "out.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=workplace.folder, env=environment
    )
    assert done.returncode == 0, done.stderr
    lines = (workplace.folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_which_build_is_opened(workplace: Workplace) -> None:
    with pytest.raises(ArtifactError) as caught:
        open_stage("work", "scpt")
    assert str(caught.value) == (
        "work has no finished build of `scpt`. Run `axolotl structtuning build` first."
    )
    workplace.write("corpus/bicycle.md", BOOK)
    workplace.recipe()
    workplace.figures()
    first = open_stage(Path("work"), "scpt")
    assert first.manifest["config"]["domain"] == "Bicycles"
    assert {chunk.document_id for chunk in first.chunks().values()} == {"bicycle.md"}
    with pytest.raises(ArtifactError, match=r"has no part `eval`\. Allowed: train, and eval if"):
        next(first.rows("eval"))
    workplace.recipe(scpt={"context": "path"})
    workplace.figures()
    with pytest.raises(ArtifactError) as caught:
        open_stage("work", "scpt")
    keys = sorted(path.name for path in Path("work/scpt").iterdir())
    assert str(caught.value) == (
        f"work has 2 builds of `scpt`: {', '.join(keys)}. Give the key of one; `axolotl "
        "structtuning validate` shows which belongs to a recipe."
    )
    assert open_stage("work", "scpt", first.key) == first


# --- all pages


def code_of(page: Path) -> Iterator[ast.Module]:
    for name, text in files_of(page).items():
        if name.endswith(".py"):
            yield ast.parse(text)


def public_modules() -> set[str]:
    index = (PROJECT / "docs/extending/README.md").read_text(encoding="utf-8")
    section = index.partition("## Public names")[2].partition("\n## ")[0]
    return set(re.findall(r"`(structtuning_plugin[\w.]*)`", section))


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.stem)
def test_a_page_uses_public_names_only(page: Path) -> None:
    nodes = [node for tree in code_of(page) for node in ast.walk(tree)]
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if str(node.module).startswith("structtuning_plugin")]
    assert {str(node.module) for node in ours} <= public_modules()
    assert [name.name for node in ours for name in node.names if name.name.startswith("_")] == []
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert {name for name in attributes if name.startswith("_")} == set()
    whole = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    assert {name for name in whole if name.startswith("structtuning_plugin")} == set()


def test_public_modules_can_be_imported() -> None:
    for name in public_modules():
        importlib.import_module(name)


def test_every_hook_has_a_row_with_a_page_of_its_own() -> None:
    index = (PROJECT / "docs/extending/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .*\| `(register_\w+)` \| \[(\w+\.md)\]\(", index, re.MULTILINE)
    assert {hook for hook, _ in rows} == {name for name in vars(Specs) if name[0] == "r"}
    assert len({page for _, page in rows}) == len(rows)
    for hook, page in rows:
        assert f"def {hook}():" in (PROJECT / "docs/extending" / page).read_text(encoding="utf-8")

"""Files of questions: which are found, what is read of them, what is left out and why."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.config.questions import QAEntry
from structtuning_plugin.core.errors import ConfigError, CorpusError
from structtuning_plugin.core.types import Dropped, QAPair
from structtuning_plugin.questions.files.loading import (
    QAFile,
    discover,
    files_to_hash,
    identity,
    read,
)
from structtuning_plugin.questions.files.records import records
from structtuning_plugin.questions.grading.final_answer import marker
from tests.questions.formats.records import CHOICE, FORMATS

PLAIN = {
    "question": "What is a spleen?",
    "answer": "An organ that filters the blood and stores some of it.",
}


def lines(path: Path, *values: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n".join(v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values),
        encoding="utf-8",
    )
    return path


def take(
    *paths: Path | str, on_error: Any = "raise", **said: Any
) -> tuple[list[QAPair], list[Dropped]]:
    return read(
        discover([QAEntry(path=str(path), **said) for path in paths], FORMATS), FORMATS, on_error
    )


def ids(*paths: Path | str, **said: Any) -> list[str]:
    return [
        file.id for file in discover([QAEntry(path=str(path), **said) for path in paths], FORMATS)
    ]


def test_files_of_a_folder_a_glob_and_a_name(tmp_path: Path) -> None:
    for name in ("a/10.jsonl", "a/2.csv", "b.JSON", ".hidden.jsonl", ".git/x.jsonl", "notes.txt"):
        lines(tmp_path / name, PLAIN)
    assert ids(tmp_path) == ["a/2.csv", "a/10.jsonl", "b.JSON"]
    assert ids(tmp_path / "*/*.jsonl") == ["a/10.jsonl"]
    assert ids(tmp_path / "b.JSON", tmp_path / "b.JSON") == ["b.JSON", "b~2.JSON"]


@pytest.mark.parametrize(
    ("path", "said", "error"),
    [
        ("none.jsonl", {}, "The QA entry {}/none.jsonl does not exist. Give a file, a folder or a glob."),
        ("*.csv", {}, "The QA entry {}/*.csv finds no file of questions. {suffixes}"),
        ("a.txt", {}, "The QA entry {}/a.txt is no file of questions. {suffixes}"),
        (
            "a.jsonl",
            {"format": "alpacca"},
            "Unknown format `alpacca` of {}/a.jsonl. Did you mean `alpaca`? "
            "Allowed: alpaca, longbench, messages, mmedbench, multiple_choice, plain, prompt_completion, squad.",
        ),
        (
            "a.jsonl",
            {"format": "plain", "fields": {"qestion": "q"}},
            "Unknown key `qestion` in `fields` of {}/a.jsonl. Did you mean `question`? "
            "Allowed: answer, explanation, language, options, question, topic.",
        ),
    ],
)  # fmt: skip
def test_entries_that_cannot_work(
    tmp_path: Path, path: str, said: dict[str, Any], error: str
) -> None:
    lines(tmp_path / "a.jsonl", PLAIN)
    lines(tmp_path / "a.txt", PLAIN)
    with pytest.raises(ConfigError) as caught:
        ids(tmp_path / path, **said)
    suffixes = "Suffixes known: .jsonl, .ndjson, .json, .parquet, .csv, .tsv."
    assert str(caught.value) == error.replace("{}", str(tmp_path)).replace("{suffixes}", suffixes)


def test_every_kind_of_file_gives_the_same(tmp_path: Path) -> None:
    import datasets
    import pyarrow
    import pyarrow.parquet

    rows = [CHOICE | {"question": f"Which organ number {n}?"} for n in range(3)]
    lines(tmp_path / "a.jsonl", *rows)
    lines(tmp_path / "b.json", json.dumps(rows))
    lines(tmp_path / "c.json", json.dumps({"version": 1, "questions": rows}))
    lines(tmp_path / "d.json", *rows)  # JSON lines under another name
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "e.parquet")
    cells = [
        [row["question"], json.dumps(row["options"]), row["answer_idx"], row["rationale"]]
        for row in rows
    ]
    for name, delimiter in (("f.csv", ","), ("g.tsv", "\t")):
        quoted = [
            delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells
        ]
        lines(
            tmp_path / name,
            delimiter.join(("question", "options", "answer_idx", "rationale")),
            *quoted,
        )
    datasets.DatasetDict({"train": datasets.Dataset.from_list(rows)}).save_to_disk(tmp_path / "h")
    datasets.Dataset.from_list(rows).save_to_disk(tmp_path / "i")
    found = [
        take(tmp_path / name)[0]
        for name in (
            "a.jsonl",
            "b.json",
            "c.json",
            "d.json",
            "e.parquet",
            "f.csv",
            "g.tsv",
            "h",
            "i",
        )
    ]
    texts = [
        [(pair.question, pair.options, pair.correct, pair.explanation) for pair in pairs]
        for pairs in found
    ]
    assert texts == [texts[0]] * 9
    assert len(texts[0]) == 3
    assert [pairs[0].id for pairs in found[-2:]] == ["h/train#1", "i#1"]


def test_a_split_that_a_saved_dataset_has_not(tmp_path: Path) -> None:
    import datasets

    datasets.DatasetDict({"test": datasets.Dataset.from_list([PLAIN])}).save_to_disk(
        tmp_path / "set"
    )
    with pytest.raises(
        ConfigError, match=r"has no split `train`\. Allowed: test\. Set `split:`\.$"
    ):
        ids(tmp_path / "set")
    assert len(take(tmp_path / "set", split="test")[0]) == 1


def test_a_dataset_of_a_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def load(*given: Any, **named: Any) -> list[dict[str, str]]:
        asked.append((given, named))
        return [PLAIN]

    monkeypatch.setattr("datasets.load_dataset", load)
    files = discover([QAEntry(hub="org/set", subset="en", split="test", revision="v1")], FORMATS)
    assert [pair.id for pair in read(files, FORMATS, "raise")[0]] == ["org/set/en/test#1"]
    assert asked == [(("org/set", "en"), {"split": "test", "revision": "v1"})]
    assert files_to_hash(files) == []
    assert identity(files[0], lambda path: "") == [
        "hub",
        "org/set",
        "en",
        "test",
        "v1",
        None,
        None,
        {},
    ]


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*given: Any, **named: Any) -> None:
        raise ConnectionError("offline\nlong trace")

    monkeypatch.setattr("datasets.load_dataset", load)
    with pytest.raises(
        CorpusError, match=r"^org/set/train cannot be read \(ConnectionError: offline\)\. Fix"
    ):
        read(discover([QAEntry(hub="org/set")], FORMATS), FORMATS, "skip")


def test_what_a_fingerprint_is_made_of(tmp_path: Path) -> None:
    import datasets

    lines(tmp_path / "deep/a.jsonl", PLAIN)
    datasets.Dataset.from_list([PLAIN]).save_to_disk(tmp_path / "set")
    files = discover(
        [QAEntry(path=str(tmp_path / name), language="en") for name in ("deep", "set")], FORMATS
    )
    hashed = dict(files_to_hash(files))
    assert sorted(hashed) == ["a.jsonl", "set/data-00000-of-00001.arrow"]
    said = [
        identity(file, lambda path: hashlib.sha256(path.read_bytes()).hexdigest()) for file in files
    ]
    digest = hashlib.sha256((tmp_path / "deep/a.jsonl").read_bytes()).hexdigest()
    assert said[0] == ["file", "a.jsonl", None, [["a.jsonl", digest]], None, "en", {}]
    assert str(tmp_path) not in json.dumps(said)


def test_records_that_are_left_out(tmp_path: Path) -> None:
    twice = PLAIN | {"question": "WHAT is  a spleen?"}
    path = lines(
        tmp_path / "q.jsonl",
        PLAIN,
        "",
        "{broken",
        "[1]",
        {"text": "x"},
        PLAIN | {"answer": ""},
        twice,
    )
    pairs, dropped = take(path, on_error="skip")
    assert [pair.id for pair in pairs] == ["q.jsonl#1"]
    assert [(item.stage, item.id, item.reason) for item in dropped] == [
        ("qa", "q.jsonl#3", "bad_json"),
        ("qa", "q.jsonl#4", "not_an_object"),
        ("qa", "q.jsonl#5", "other_format"),
        ("qa", "q.jsonl#6", "no_answer"),
        ("qa", "q.jsonl#7", "duplicate"),
    ]
    assert dropped[2].detail == "not `plain`; fields: text"
    assert dropped[4].detail == "the same as q.jsonl#1"


def test_the_first_bad_record_stops_the_reading(tmp_path: Path) -> None:
    path = lines(tmp_path / "q.jsonl", PLAIN, PLAIN | {"answer": ""}, "{")
    with pytest.raises(CorpusError) as caught:
        take(path)
    assert str(caught.value) == (
        "q.jsonl, record 2, cannot be used: `answer` is empty (`no_answer`). Fix or remove it, or set `on_error: skip` to "
        "list such records in dropped.jsonl and go on (2 of this file)."
    )


def test_an_empty_file_is_a_fault(tmp_path: Path) -> None:
    path = lines(tmp_path / "q.jsonl")
    assert take(path, on_error="skip") == (
        [],
        [Dropped(stage="qa", id="q.jsonl", reason="no_records", detail="the file is empty")],
    )
    with pytest.raises(
        CorpusError, match=r"^q\.jsonl cannot be used: the file is empty \(`no_records`\)"
    ):
        take(path)


@pytest.mark.parametrize("on_error", ["raise", "skip"])
@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.jsonl", b"no json\nat all", "a.jsonl cannot be read: none of its lines is JSON (line 1: no JSON: "),
        ("a.json", b"[{", "a.json cannot be read: it is not JSON: "),
        ("a.json", b'{"rows": []}', "a.json cannot be read: its object has 0 of the lists data, questions, examples and"),
        ("a.json", b"3", "a.json cannot be read: its content is a int;"),
        ("a.parquet", b"PAR1 broken", "a.parquet cannot be read (ArrowInvalid: "),
        ("a.csv", b"q,q\n1,2", "a.csv cannot be read: its first line names a column twice: q, q."),
        ("a.jsonl", '{"question": "é'.encode()[:-1], "a.jsonl cannot be read: it ends within a character: it is cut off."),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes, error: str, on_error: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError) as caught:
        take(tmp_path / name, on_error=on_error)
    assert str(caught.value).startswith(error)
    assert str(tmp_path) not in str(caught.value)


def test_a_row_of_another_width(tmp_path: Path) -> None:
    path = lines(tmp_path / "q.csv", "question,answer", '"What, then?",x', "too,many,cells")
    pairs, dropped = take(path, on_error="skip")
    assert [pair.question for pair in pairs] == ["What, then?"]
    assert [(item.id, item.reason, item.detail) for item in dropped] == [
        ("q.csv#2", "wrong_width", "3 cells under 2 names")
    ]


def test_encodings(tmp_path: Path) -> None:
    text = json.dumps(
        {"question": "Où est la rate ?", "answer": "À gauche, sous les côtes."}, ensure_ascii=False
    )
    (tmp_path / "bom.jsonl").write_bytes(text.encode("utf-8-sig"))
    (tmp_path / "wide.jsonl").write_bytes(text.encode("utf-16"))
    (tmp_path / "old.jsonl").write_bytes(text.encode("cp1252"))
    for name, said in (
        ("bom.jsonl", {}),
        ("wide.jsonl", {}),
        ("old.jsonl", {"encoding": "cp1252"}),
    ):
        assert take(tmp_path / name, **said)[0][0].question == "Où est la rate ?"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([CHOICE], "mmedbench"),
        ([{"input": "q", "answers": ["a"], "context": "c"}], "longbench"),
        (
            [
                {
                    "messages": [
                        {"role": "user", "content": "q"},
                        {"role": "assistant", "content": "a"},
                    ]
                }
            ],
            "messages",
        ),
        ([{"instruction": "q", "input": "", "output": "a"}], "alpaca"),
        ([PLAIN], "plain"),
        (
            [CHOICE, CHOICE | {"question": "q"}, PLAIN],
            "mmedbench",
        ),  # the rank decides among majorities
        ([CHOICE, PLAIN, PLAIN | {"question": "q"}], "plain"),
    ],
)
def test_the_format_is_that_of_most_records(tmp_path: Path, values: list[Any], name: str) -> None:
    assert {
        pair.format for pair in take(lines(tmp_path / "q.jsonl", *values), on_error="skip")[0]
    } == {name}


@pytest.mark.parametrize(
    ("both", "lowest", "other", "neither", "name"),
    [
        (2, 0, 2, 0, "plain"),  # half is no majority, whatever the rank
        (3, 0, 2, 0, "mmedbench"),
        (3, 0, 3, 0, "plain"),
        (4, 0, 3, 0, "mmedbench"),  # half of the records and a half
        (3, 0, 4, 0, "plain"),  # and one less
        (1, 0, 0, 0, "mmedbench"),
        (0, 1, 1, 0, "mmedbench"),  # as many of either: the rank
        (0, 1, 1, 5, "mmedbench"),
        (0, 2, 1, 2, "mmedbench"),  # none of more than half: the most
        (0, 1, 2, 2, "plain"),
        (0, 2, 3, 2, "plain"),
        (0, 3, 2, 0, "mmedbench"),
        (0, 2, 3, 0, "plain"),
    ],
)
def test_more_than_half_of_the_records_decide_then_the_rank(
    tmp_path: Path, both: int, lowest: int, other: int, neither: int, name: str
) -> None:
    """`both` fit `mmedbench`, whose rank is the lowest, and `plain` as well."""
    bare = {key: value for key, value in CHOICE.items() if key != "answer"}
    shapes = [*[CHOICE] * both, *[bare] * lowest, *[PLAIN] * other, *[{"question": "q"}] * neither]
    values = [shape | {"question": f"Question {number}?"} for number, shape in enumerate(shapes)]
    pairs, dropped = take(lines(tmp_path / "q.jsonl", *values), on_error="skip")
    assert {pair.format for pair in pairs} == {name}
    assert len(pairs) == both + (lowest if name == "mmedbench" else other)
    assert {item.reason for item in dropped} <= {"other_format"}


def test_no_format_fits(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        take(lines(tmp_path / "q.jsonl", {"prompt": "q", "gold": "a"}))
    assert str(caught.value) == (
        "No record of q.jsonl is a question of the formats alpaca, longbench, messages, mmedbench, "
        "multiple_choice, plain, prompt_completion, squad. Fields of its first record: prompt, gold. "
        "Say with `fields:` which of them is what (`{question: ..., answer: ...}`), or name a "
        "`format:`."
    )


def test_a_wrong_format_names_the_right_one(tmp_path: Path) -> None:
    record = {"question": "q", "choices": ["a", "b"], "answer": 1}
    with pytest.raises(ConfigError) as caught:
        take(lines(tmp_path / "q.jsonl", record), format="plain")
    assert str(caught.value) == (
        "No record of q.jsonl is a question of the format plain. Fields of its first record: "
        "question, choices, answer. They are of the format `multiple_choice`: take "
        "`format: plain` out."
    )


def test_fields_name_columns(tmp_path: Path) -> None:
    path = lines(tmp_path / "q.jsonl", {"prompt": "q", "gold": "a"})
    assert take(path, fields={"question": "prompt", "answer": "gold"})[0][0].question == "q"
    with pytest.raises(ConfigError) as caught:
        take(path, fields={"question": "promt", "answer": "gold"})
    assert str(caught.value) == (
        "`fields: question: promt` of q.jsonl: no record has `promt`. Did you mean `prompt`? Allowed: gold, prompt."
    )


def test_one_question_with_several_right_options_makes_the_file_one_of_several(
    tmp_path: Path,
) -> None:
    both = CHOICE | {"question": "Which two?", "answer": "", "answer_idx": "A,B"}
    one, other = (
        lines(tmp_path / "one.jsonl", CHOICE, both),
        lines(tmp_path / "two.jsonl", CHOICE | {"question": "Which?"}),
    )
    assert [(pair.id, pair.several) for pair in take(one, other)[0]] == [
        ("one.jsonl#1", True), ("one.jsonl#2", True), ("two.jsonl#1", False),
    ]  # fmt: skip


def test_languages(tmp_path: Path) -> None:
    long = {
        "question": "Quel est l'organe qui filtre le sang et se trouve à gauche ?",
        "answer": "La rate, sous les côtes.",
    }
    short = {"question": "Est-ce vrai ?", "answer": "Non"}
    chinese = {
        "question": "下列哪个器官位于左上腹并且能够过滤血液中的衰老红细胞？它属于淋巴系统。",
        "answer": "脾脏",
    }
    path = lines(tmp_path / "q.jsonl", long, short, chinese, PLAIN | {"language": "ja"})
    assert [pair.language for pair in take(path)[0]] == ["fr", "fr", "zh", "ja"]
    assert {pair.language for pair in take(path, language="es")[0]} == {"es"}


def test_a_rare_language_of_the_same_script_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "structtuning_plugin.questions.files.loading.detect",
        lambda text: "gl" if "numero 7" in text else "es",
    )
    values = [
        {"question": f"Cuál es el órgano numero {n} que filtra la sangre?", "answer": "El bazo"}
        for n in range(30, 79)
    ]
    assert {pair.language for pair in take(lines(tmp_path / "q.jsonl", *values))[0]} == {"es", "gl"}
    rare = [*values[:39], values[45]]
    assert {pair.language for pair in take(lines(tmp_path / "q.jsonl", *rare))[0]} == {"es"}


def test_the_same_question_with_another_answer_is_another_pair(tmp_path: Path) -> None:
    path = lines(tmp_path / "q.jsonl", PLAIN, PLAIN | {"answer": "Something else entirely."})
    assert len(take(path)[0]) == 2
    assert [item.reason for item in take(path, path)[1]] == ["duplicate", "duplicate"]


def test_every_reason_is_documented(project: Path) -> None:
    page = (project / "docs/qa.md").read_text(encoding="utf-8").partition("# What is left out")[2]
    documented = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    sources = [
        (project / "structtuning_plugin/questions/files/loading.py"),
        *(project / "structtuning_plugin/questions/files").glob("*.py"),
    ]
    sources += (project / "structtuning_plugin/questions/formats").glob("*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    given = set(
        re.findall(
            r'reason="(\w+)"|RecordError\(\s*"(\w+)"|needed\(\s*request, "\w+", "(\w+)"', text
        )
    )
    assert documented == {word for words in given for word in words if word}


def real_files(folder: Path) -> list[QAFile]:
    return discover([QAEntry(path=str(folder))], FORMATS)


def test_real_files_are_read_to_the_last_record(shared_data: Path) -> None:
    """Every record is a pair or listed, and each pair's own answer is right, after reasoning in
    favour of others too.
    """
    if not (shared_data / "qa").is_dir():
        pytest.skip("no sets of questions among the test data")
    for file in real_files(shared_data / "qa"):
        pairs, dropped = read([file], FORMATS, "skip")
        assert len(records(file)) == len(pairs) + len(dropped)
        assert {item.reason for item in dropped} <= {"duplicate"}
        for pair in pairs:
            format_ = FORMATS[pair.format]
            answer = format_.answer(pair)
            reasoning = (
                " ".join(f"OPTION {letter} IS CORRECT: {text}." for letter, text in pair.options)
                + pair.explanation
            )
            assert format_.grade(pair, answer) == 1, pair.id
            assert format_.grade(pair, f"{reasoning}\n\n{marker(pair.language)} {answer}") == 1, (
                pair.id
            )

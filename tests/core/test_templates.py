"""Wordings: which are found, what they may do, and that ours are fit for anything."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jinja2
import jinja2.meta
import pytest

from structtuning_plugin.core import templates as rendering
from structtuning_plugin.core.errors import TemplateError
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.templates import Wording, Wordings, builtin_templates, check_folders
from tests.kinds import ALL_KINDS
from tests.taxonomy_strategies import ODD_TITLES

VALUES = (
    *("domain", "book", "title", "name", "parent", "path", "map", "language"),
    *("text", "part", "parts"),
)
# Pools of samples that train text in another form.
FORMS = ("recover", "variant", "unfold")


def folder(root: Path, **files: str) -> Path:
    """`en_locate_01="..."` is the file `scpt/en/locate/01.jinja`."""
    for key, text in files.items():
        language, pool, name = key.split("_", 2)
        path = root / "scpt" / language / pool / f"{name}.jinja"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def one(tmp_path: Path, source: str) -> Wording:
    (wording,) = Wordings([folder(tmp_path, en_locate_01=source)], "scpt").pool("en", "locate")
    return wording


def texts(pool: list[Wording]) -> dict[str, str]:
    return {wording.id: wording.render({}) for wording in pool}


# --- rendering


def test_a_wording_is_rendered_without_blanks_around_it(tmp_path: Path) -> None:
    assert (
        one(tmp_path, '\n "{{ name }}"\n  stands at:\n\n').render({"name": "Gears"})
        == '"Gears"\n  stands at:'
    )


def test_values_are_text_and_never_evaluated(tmp_path: Path) -> None:
    values = {"name": "{{ 7*7 }} {% raw %} <b> & {# x #}"}
    assert (
        one(tmp_path, "Place of {{ name }}:").render(values)
        == "Place of {{ 7*7 }} {% raw %} <b> & {# x #}:"
    )


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ name.__init__.__globals__ }}",
        "{{ name['__class__'].__base__ }}",
        "{{ ''|attr('__class__') }}",
        "{{ '{0.__class__.__mro__}'.format(name) }}",
        "{{ range.__call__.__self__ }}",
        "{{ range(10**9)|length }}",
        "{% for i in range(9999999) %}x{% endfor %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}{{ os }}",
        "{{ 1 // 0 }}",
    ],
)
def test_a_wording_cannot_leave_the_sandbox(tmp_path: Path, source: str) -> None:
    with pytest.raises(TemplateError, match=r"01\.jinja: "):
        one(tmp_path, source).render({"name": "Gears"})


def test_an_unknown_variable_is_answered_with_all_there_are(tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        one(tmp_path, "{{ titel }}").render({"title": "x", "name": "y", "book": "z"})
    assert (
        str(caught.value)
        == f"{tmp_path}/scpt/en/locate/01.jinja: 'titel' is undefined. It may use: book, name, title."
    )


def test_a_syntax_error_is_told_when_wordings_are_checked_or_used(tmp_path: Path) -> None:
    place = folder(tmp_path, en_locate_01="fine\n{{ name } }}")
    wordings = Wordings([place], "scpt")
    for use in (lambda: wordings.check([place]), lambda: wordings.pool("en", "locate")):
        with pytest.raises(TemplateError, match=r"01\.jinja, line 2: unexpected '}'"):
            use()


# --- which wordings there are


def test_folders_override_remove_and_add(tmp_path: Path) -> None:
    ours = folder(
        tmp_path / "ours",
        en_locate_01="one",
        en_locate_02="two",
        en_locate_03="three",
        en_parent_01="above",
    )
    plugins = folder(
        tmp_path / "plugin", en_locate_02="two of the plugin", en_locate_03="three of the plugin"
    )
    users = folder(
        tmp_path / "user",
        en_locate_01=" \n",
        en_locate_03="three of the user",
        en_locate_mine="mine",
    )
    wordings = Wordings([ours, plugins, users], "scpt")
    assert texts(wordings.pool("en", "locate")) == {
        "en/locate/02": "two of the plugin",
        "en/locate/03": "three of the user",
        "en/locate/mine": "mine",
    }
    assert texts(wordings.pool("en", "parent")) == {"en/parent/01": "above"}
    assert [
        Path(wording.origin).relative_to(tmp_path).parts[0]
        for wording in wordings.pool("en", "locate")
    ] == [
        "plugin",
        "user",
        "user",
    ]


def test_sources_tell_everything_that_decides_what_is_rendered(tmp_path: Path) -> None:
    first = folder(tmp_path / "a", en_locate_01="one", en_locate_02="two")
    assert Wordings([first], "scpt").sources == {"en/locate/01": "one", "en/locate/02": "two"}
    second = folder(tmp_path / "b", en_locate_02="", zh_locate_01="一")
    assert Wordings([first, second], "scpt").sources == {
        "en/locate/01": "one",
        "en/locate/02": "",
        "zh/locate/01": "一",
    }


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scpt/en/locate/01.jinja"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"caf\xe9 {{ name }}")
    with pytest.raises(TemplateError) as caught:
        Wordings([tmp_path], "scpt")
    message = str(caught.value)
    assert message.startswith(f"The template {path} cannot be read: ")
    assert message.endswith("It must be a text file in UTF-8.")


def test_a_pool_that_a_language_lacks_is_taken_from_english(tmp_path: Path) -> None:
    wordings = Wordings(
        [
            folder(
                tmp_path, en_locate_01="en", en_parent_01="en", zh_locate_01="zh", zh_parent_01=""
            )
        ],
        "scpt",
    )
    assert texts(wordings.pool("zh", "locate")) == {"zh/locate/01": "zh"}
    assert texts(wordings.pool("zh", "parent")) == {"en/parent/01": "en"}
    assert texts(wordings.pool("fr", "locate")) == {"en/locate/01": "en"}
    assert wordings.languages() == {"en", "zh"}


def test_the_pool_of_the_context_comes_first_then_the_kinds_then_english(tmp_path: Path) -> None:
    wordings = Wordings(
        [
            folder(
                tmp_path,
                **{"en_locate-path_01": "en path", "en_locate_01": "en", "zh_locate_01": "zh"},
            )
        ],
        "scpt",
    )
    assert texts(wordings.pool("en", "locate-path", "locate")) == {"en/locate-path/01": "en path"}
    assert texts(wordings.pool("en", "locate-mindmap", "locate")) == {"en/locate/01": "en"}
    assert texts(wordings.pool("zh", "locate-path", "locate")) == {"zh/locate/01": "zh"}


def test_an_emptied_pool_is_an_error_when_it_is_needed(tmp_path: Path) -> None:
    wordings = Wordings(
        [folder(tmp_path / "a", en_locate_01="one"), folder(tmp_path / "b", en_locate_01="")],
        "scpt",
    )
    with pytest.raises(TemplateError) as caught:
        wordings.pool("zh", "locate-path", "locate")
    assert "There is no wording `locate` in zh or en" in str(caught.value)
    assert "scpt/en/locate/<name>.jinja" in str(caught.value)


def test_another_stage_and_other_files_play_no_role(tmp_path: Path) -> None:
    root = folder(tmp_path, en_locate_01="one")
    (root / "ssft" / "en" / "locate").mkdir(parents=True)
    (root / "ssft" / "en" / "locate" / "01.jinja").write_text("other stage")
    (root / "scpt" / "en" / "locate" / "notes.txt").write_text("{{ no wording }")
    (root / "scpt" / "README.jinja").write_text("{{ no wording }")
    assert list(Wordings([root], "scpt").sources) == ["en/locate/01"]


@pytest.mark.parametrize(
    ("make", "expected"),
    [(False, "does not exist"), (True, "holds no scpt/<language>/<pool>/<name>.jinja")],
)
def test_a_folder_of_the_user_must_hold_wordings(tmp_path: Path, make: bool, expected: str) -> None:
    path = tmp_path / "mine"
    if make:
        (path / "en" / "locate").mkdir(parents=True)
        (path / "en" / "locate" / "01.jinja").write_text("the folder of the stage is missing")
    with pytest.raises(TemplateError) as caught:
        check_folders([str(path)], "scpt")
    assert f"The template folder {path} {expected}" in str(caught.value)


def test_good_folders_pass(tmp_path: Path) -> None:
    folder(tmp_path, en_locate_01="one")
    assert check_folders([str(tmp_path)], "scpt") == [tmp_path]
    assert check_folders([], "scpt") == []


def test_a_broken_installation_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "__file__", str(tmp_path / "package" / "rendering.py"))
    with pytest.raises(TemplateError, match="install the package again"):
        builtin_templates()


# --- the choice


def test_stable_choice_is_written_in_stone() -> None:
    # These numbers decide which wording each sample of every build has.
    assert [stable_choice(42, f"locate/{number}", 10) for number in range(8)] == [
        2,
        6,
        0,
        1,
        5,
        0,
        5,
        3,
    ]


def test_stable_choice_is_the_same_in_another_process() -> None:
    code = "from structtuning_plugin.core.hashing import stable_choice; print([stable_choice(7, str(n), 1000) for n in range(5)])"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{[stable_choice(7, str(number), 1000) for number in range(5)]}\n"}


def test_stable_choice_uses_all_choices_about_equally_and_follows_the_seed() -> None:
    counts = Counter(stable_choice(1, str(number), 8) for number in range(4000))
    assert set(counts) == set(range(8))
    assert all(400 < count < 600 for count in counts.values())
    assert [stable_choice(1, str(number), 8) for number in range(50)] != [
        stable_choice(2, str(number), 8) for number in range(50)
    ]
    assert stable_choice(1, "x", 1) == 0


# --- the wordings we ship

SHIPPED = Wordings([builtin_templates()], "scpt")
LANGUAGES = ("en", "es", "fr", "ja", "ru", "zh")
STAGES = ("scpt", "qa", "ssft", "taxonomy")
every_wording = pytest.mark.parametrize("key", sorted(SHIPPED.sources))


def of_stage(stage: str) -> list[str]:
    return list(Wordings([builtin_templates()], stage).sources)


def variables(key: str) -> set[str]:
    return set(
        jinja2.meta.find_undeclared_variables(
            jinja2.Environment(autoescape=True).parse(SHIPPED.sources[key])
        )
    )


def wording_of(key: str) -> Wording:
    language, pool, _ = key.split("/")
    return next(wording for wording in SHIPPED.pool(language, pool) if wording.id == key)


def test_every_kind_has_wordings_in_both_forms() -> None:
    # `question` asks with the wordings of `qa`.
    for kind in set(ALL_KINDS) - {"question"}:
        for form in ("path", "mindmap"):
            assert SHIPPED.pool("en", f"{kind}-{form}", kind)


def test_there_are_as_many_wordings_as_the_readme_says() -> None:
    lines = (builtin_templates() / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| `")
    ]
    counts = [(row[0], re.fullmatch(r"(\d+)(?: each)?", row[-1])) for row in rows]
    told = {
        pool: int(count[1])
        for names, count in counts
        if count
        for pool in re.findall(r"`([\w-]+)`", names)
    }
    found = Counter(
        key.split("/")[1]
        for stage in ("scpt", "qa", "ssft")
        for key in of_stage(stage)
        if key.startswith("en/")
    )
    # Prompts for a language model stand in no table: there is one of each.
    assert {pool: count for pool, count in found.items() if pool not in told} == dict.fromkeys(
        ("write_one", "write_many", "judge", "support", "again"), 1
    )
    assert told.items() <= found.items()


@pytest.mark.parametrize("stage", STAGES)
def test_every_language_has_as_many_wordings_of_each_pool(stage: str) -> None:
    names = of_stage(stage)
    counts = {
        code: Counter(name.split("/")[1] for name in names if name.startswith(f"{code}/"))
        for code in LANGUAGES
    }
    assert Wordings([builtin_templates()], stage).languages() == set(LANGUAGES)
    assert [language for language in LANGUAGES if counts[language] != counts["en"]] == []


def test_the_readme_names_every_variable() -> None:
    text = (builtin_templates() / "README.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    names = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert set(VALUES) <= names


@every_wording
def test_a_wording_uses_known_variables_and_is_true_to_its_pool(key: str) -> None:
    _, pool, _ = key.split("/")
    used = variables(key)
    assert used <= set(VALUES)
    # The answer must not stand in the question.
    if pool in ("locate", "parent"):
        assert not used & {"parent", "path", "book", "map"}
    assert ("map" in used) == pool.endswith("-mindmap")
    # What is asked about is named so that it fits one topic only; a text may be named by its place.
    if not pool.startswith("passage"):
        assert used & {"name", "path"} if pool in FORMS else "name" in used
        assert "title" not in used
    # A passage with gaps and the titles of sections must be shown, and no other pool has them.
    assert ("text" in used) == (pool in ("recover", "unfold"))
    # A number of a part is told with how many there are.
    assert used & {"part", "parts"} in (set(), {"part", "parts"})
    assert ("parts" in used) == (pool in ("passage-path", "unfold"))


@every_wording
def test_a_wording_renders_whatever_the_titles(key: str) -> None:
    wording = wording_of(key)
    frame = wording.render(dict.fromkeys(VALUES, "\x00"))
    for odd in ODD_TITLES:
        assert wording.render(dict.fromkeys(VALUES, odd)) == frame.replace("\x00", odd).strip()


@pytest.mark.parametrize("key", sorted(key for key in SHIPPED.sources if "parts" in variables(key)))
def test_a_wording_tells_parts_only_where_there_are_some(key: str) -> None:
    wording = wording_of(key)
    values = dict.fromkeys(VALUES, "\x00")
    with_parts = wording.render({**values, "part": "2", "parts": "3"})
    without = wording.render({**values, "part": "", "parts": ""})
    assert re.findall(r"\d", with_parts) in (["2", "3"], ["3", "2"])
    # What is left reads as if parts had never been.
    source = re.sub(r"{% if parts %}.*?{% endif %}", "", SHIPPED.sources[key])
    assert without == jinja2.Template(source).render(values).strip()


def test_no_two_wordings_of_a_pool_are_equal() -> None:
    seen = Counter((*key.split("/")[:2], source.strip()) for key, source in SHIPPED.sources.items())
    assert [key for key, count in seen.items() if count > 1] == []

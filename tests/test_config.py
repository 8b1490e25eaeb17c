"""The `structtuning:` block.

What is refused, with which words, and that every key of it is read.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from structtuning_plugin import config
from structtuning_plugin.config import (
    HygieneConfig,
    StructTuningConfig,
    find_block,
    hashed_values,
    parse_block,
    shown_values,
)
from structtuning_plugin.config.base import Mark, Model, mark_of, models_in
from structtuning_plugin.config.corpus import ReadLimits
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.samples.selection import greatest_shares, select_kinds
from tests.kinds import ALL_KINDS, KINDS, checked_block

MODELS: tuple[type[BaseModel], ...] = (
    config.StructTuningConfig,
    config.CorpusEntry,
    config.TaxonomyConfig,
    config.ScptConfig,
    config.SsftConfig,
    config.WalkConfig,
    config.QAEntry,
    config.EvalConfig,
    config.HygieneConfig,
    ReadLimits,
    config.ProbesConfig,
    config.LLMConfig,
    config.LLMBudget,
    config.StudyConfig,
    config.ReplayConfig,
)


def block(**changes: Any) -> dict[str, Any]:
    return {"domain": "Bicycles", "corpus": ["books"], **changes}


def error_of(**changes: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        checked_block(block(**changes))
    return str(caught.value)


def scpt_kinds(parsed: StructTuningConfig) -> tuple[str, ...]:
    return select_kinds(parsed, "scpt", KINDS).names


DEFAULT_SHARES = {
    "recover": 0.25,
    "variant": 0.10,
    "unfold": 0.20,
    "section_map": 0.02,
    "chapter_map": 0.02,
    "book_map": 0.01,
    "locate": 0.05,
    "siblings": 0.10,
    "children": 0.10,
    "parent": 0.05,
}


def test_the_least_block_has_the_documented_defaults() -> None:
    parsed = parse_block(block())
    assert [entry.path for entry in parsed.corpus] == ["books"]
    assert (parsed.enabled, parsed.stage, parsed.on_error) == (True, ("scpt",), "raise")
    assert scpt_kinds(parsed) == (
        "passage",
        "recover",
        "variant",
        "unfold",
        "section_map",
        "chapter_map",
        "book_map",
        "locate",
    )
    assert parsed.scpt.context_form == "path"
    assert not parsed.scpt.completion_has_title
    assert greatest_shares(parsed, "scpt", KINDS) == DEFAULT_SHARES
    assert parsed.eval is None


def test_the_preset_paper_stands_for_maps_titles_and_no_locate() -> None:
    parsed = parse_block(block(scpt={"preset": "paper"}))
    scpt = parsed.scpt
    assert scpt.context_form == "mindmap"
    assert scpt.completion_has_title
    assert scpt_kinds(parsed) == ("passage", "section_map", "chapter_map", "book_map")


def test_a_key_of_the_block_wins_over_its_preset() -> None:
    parsed = parse_block(
        block(
            scpt={
                "preset": "paper",
                "context": "path",
                "title_in_completion": False,
                "kinds": ["locate", "passage"],
            }
        )
    )
    scpt = parsed.scpt
    assert (scpt.context_form, scpt.completion_has_title, scpt_kinds(parsed)) == (
        "path",
        False,
        ("passage", "locate"),
    )


@pytest.mark.parametrize(
    ("changes", "place", "given", "meant"),
    [
        ({"chunk_token": 512}, "structtuning: ", "chunk_token", "chunk_tokens"),
        (
            {"corpus": [{"path": "a", "langage": "fr"}]},
            "structtuning.corpus.0: ",
            "langage",
            "language",
        ),
        ({"taxonomy": {"extracter": "parts"}}, "structtuning.taxonomy: ", "extracter", "extractor"),
        ({"scpt": {"wording": 2}}, "structtuning.scpt: ", "wording", "wordings"),
        ({"eval": {"shares": 0.1}}, "structtuning.eval: ", "shares", "share"),
    ],
)
def test_a_misspelt_key_is_answered_with_the_nearest_one(
    changes: dict[str, Any], place: str, given: str, meant: str
) -> None:
    message = error_of(**changes)
    assert f"{place}Unknown key `{given}`. Did you mean `{meant}`? Allowed: " in message


def test_all_faults_are_told_at_once() -> None:
    message = error_of(scpt={"wordings": 0}, eval={"share": 0.9}, seed=-1)
    assert [line.split(":")[0].strip() for line in message.splitlines()[1:]] == [
        "structtuning.scpt.wordings",
        "structtuning.eval.share",
        "structtuning.seed",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"scpt": {"wordings": 51}},
            "structtuning.scpt.wordings: Input should be less than or equal to 50 (given: 51)",
        ),
        (
            {"scpt": {"map_tokens": 15}},
            "structtuning.scpt.map_tokens: Input should be greater than or equal to 16 (given: 15)",
        ),
        (
            {"scpt": {"shares": {"locate": 1}}},
            "structtuning.scpt.shares.locate: Input should be less than 1 (given: 1)",
        ),
        (
            {"scpt": {"shares": {"locate": 0}}},
            "structtuning.scpt.shares.locate: Input should be greater than 0 (given: 0)",
        ),
        (
            {"chunk_tokens": 15},
            "structtuning.chunk_tokens: Input should be greater than or equal to 16 (given: 15)",
        ),
        (
            {"eval": {"share": 0.51}},
            "structtuning.eval.share: Input should be less than or equal to 0.5 (given: 0.51)",
        ),
        (
            {"eval": {"share": 0}},
            "structtuning.eval.share: Input should be greater than 0 (given: 0)",
        ),
        (
            {"seed": 2**32},
            "structtuning.seed: Input should be less than or equal to 4294967295 (given: 4294967296)",
        ),
        (
            {"max_workers": 0},
            "structtuning.max_workers: Input should be greater than or equal to 1 (given: 0)",
        ),
        ({"domain": "x" * 201}, "structtuning.domain: String should have at most 200 characters"),
        (
            {"corpus": [{"path": ""}]},
            "structtuning.corpus.0.path: String should have at least 1 character",
        ),
        (
            {"corpus": [{"path": "a", "language": "e"}]},
            "structtuning.corpus.0.language: String should have at least 2 characters",
        ),
        ({"stage": "sft"}, "structtuning.stage.0: Input should be 'scpt' or 'ssft' (given: 'sft')"),
        ({"stage": []}, "structtuning.stage: `stage` is empty: give `scpt`, `ssft` or both."),
        (
            {"scpt": {"context": "map"}},
            "structtuning.scpt.context: Input should be 'path', 'mindmap' or 'none' (given: 'map')",
        ),
        ({"scpt": None}, "structtuning.scpt: Input should be a valid dictionary"),
    ],
)
def test_a_value_out_of_bounds_is_named_with_what_was_given(
    changes: dict[str, Any], expected: str
) -> None:
    assert expected in error_of(**changes)


@pytest.mark.parametrize("place", ["kinds", "shares"])
def test_an_unknown_kind_is_refused_with_all_kinds(place: str) -> None:
    given: Any = ["passage", "localize"] if place == "kinds" else {"localize": 0.1}
    message = error_of(scpt={place: given})
    assert f"structtuning.scpt.{place}" in message
    assert "Unknown kind `localize`. Did you mean `locate`? Allowed: " in message
    assert all(kind in message for kind in ALL_KINDS)


def test_kinds_are_kept_once_and_in_one_order() -> None:
    assert checked_block(block(scpt={"kinds": ["locate", "passage", "locate"]})).scpt.kinds == (
        "passage",
        "locate",
    )


def test_kinds_without_passages_are_refused() -> None:
    assert "`passage` is missing" in error_of(scpt={"kinds": ["locate"]})


def test_passages_take_no_share() -> None:
    assert "`passage` takes no share" in error_of(scpt={"shares": {"passage": 0.5}})


def test_shares_must_leave_room_for_passages() -> None:
    message = error_of(scpt={"shares": {"locate": 0.40}})
    assert "`scpt.shares` of the kinds in use add up to 1.00" in message
    # The sum counts kinds in use only, with the defaults of those that are not named.
    assert checked_block(block(scpt={"shares": {"locate": 0.39}}))
    assert checked_block(block(scpt={"shares": {"locate": 0.9}, "kinds": ["passage", "locate"]}))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("books", ["books"]),
        ({"path": "books", "language": "fr"}, ["books"]),
        (["a.md", {"path": "b/*.md"}], ["a.md", "b/*.md"]),
    ],
)
def test_a_corpus_may_be_one_path_one_mapping_or_a_list(given: Any, expected: list[str]) -> None:
    assert [entry.path for entry in parse_block(block(corpus=given)).corpus] == expected


def test_a_corpus_of_another_type_is_refused() -> None:
    assert "structtuning.corpus" in error_of(corpus=3)
    assert "structtuning.corpus.0" in error_of(corpus=[3])


@pytest.mark.parametrize("domain", ["", "   ", "\n\t"])
def test_a_blank_domain_is_refused(domain: str) -> None:
    assert "`domain` is missing" in error_of(domain=domain)


def test_a_domain_is_one_line() -> None:
    assert parse_block(block(domain=" Road \n bicycles ")).domain == "Road bicycles"


@pytest.mark.parametrize("corpus", [[], ()])
def test_an_empty_corpus_is_refused(corpus: Any) -> None:
    assert "`corpus` is missing" in error_of(corpus=corpus)


def test_enabled_false_is_enough_alone() -> None:
    parsed = parse_block({"enabled": False})
    assert (parsed.enabled, parsed.domain, parsed.corpus) == (False, "", ())


def test_enabled_true_alone_is_not_enough() -> None:
    with pytest.raises(ConfigError, match="`domain` is missing"):
        parse_block({"enabled": True})


@pytest.mark.parametrize("given", [None, True, "Bicycles", ["domain"]])
def test_a_block_that_is_no_mapping_is_refused(given: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"`structtuning:` must be a mapping of settings.*Give at least `domain:`"
    ):
        parse_block(given)


def test_find_block_gives_the_raw_block() -> None:
    raw = block()
    assert find_block({"base_model": "x", "structtuning": raw}) is raw


@pytest.mark.parametrize("recipe", [{}, {"structtuning": None}, {"base_model": "x"}])
def test_find_block_tells_what_to_do_when_there_is_none(recipe: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="has no `structtuning:` block") as caught:
        find_block(recipe)
    assert "Did you mean" not in str(caught.value)
    assert "enabled: false" in str(caught.value)


@pytest.mark.parametrize("key", ["struct_tuning", "structuning", "struct-tuning", "StructTuning"])
def test_find_block_sees_a_misspelt_block(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_block({"base_model": "x", key: block()})
    assert f"Did you mean `structtuning:` where the recipe says `{key}:`?" in str(caught.value)


FULL = block(
    corpus=[
        {
            "path": "a",
            "format": "jsonl",
            "language": "fr",
            "encoding": "big5",
            "text_column": "t",
            "text_format": "markdown",
        }
    ],
    taxonomy={"extractor": "parts", "path": "t.json", "options": {"split_over": 3}},
    scpt={
        "preset": "paper",
        "context": "path",
        "kinds": ["parent", "passage"],
        "shares": {"parent": 0.2, "locate": 0.1},
        "map_tokens": 64,
        "template_dirs": ["w1", "w2"],
        "title_in_completion": False,
        "eos_mid_topic": False,
        "back_matter": "leave_out",
    },
    eval={"unit": "document", "share": 0.2},
    chunk_tokens=128,
    seed=7,
    engine="ray",
    max_workers=2,
    on_error="skip",
)


@pytest.mark.parametrize(
    "raw", [block(), {"enabled": False}, FULL, block(eval={}), block(scpt={"preset": "paper"})]
)
def test_a_block_survives_its_way_through_plain_data(raw: dict[str, Any]) -> None:
    parsed = parse_block(raw)
    assert parse_block(_without_nones(parsed.model_dump(mode="json"))) == parsed


def _without_nones(value: Any) -> Any:
    """As Axolotl stores a recipe."""
    if isinstance(value, dict):
        return {key: _without_nones(inner) for key, inner in value.items() if inner is not None}
    return [_without_nones(inner) for inner in value] if isinstance(value, list) else value


def test_absolute_touches_paths_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/cyclist")
    raw = FULL | {"corpus": ["books/**/*.md", "/abs", "~/b"], "work_dir": "w"}
    parsed = parse_block(raw).absolute(tmp_path)
    assert [entry.path for entry in parsed.corpus] == [
        f"{tmp_path}/books/**/*.md",
        "/abs",
        "/home/cyclist/b",
    ]
    assert parsed.work_dir == f"{tmp_path}/w"
    assert parsed.taxonomy.path == f"{tmp_path}/t.json"
    assert parsed.scpt.template_dirs == (f"{tmp_path}/w1", f"{tmp_path}/w2")
    relative = parse_block(raw).model_dump()
    changed = {key for key, value in parsed.model_dump().items() if value != relative[key]}
    assert changed == {"corpus", "work_dir", "taxonomy", "scpt"}
    assert parsed.absolute(Path("/elsewhere")) == parsed


def test_absolute_leaves_a_missing_taxonomy_missing(tmp_path: Path) -> None:
    assert parse_block(block()).absolute(tmp_path).taxonomy.path is None


# Keys whose names look like a path, and are none, each with its reason.
NO_PATHS: dict[str, str] = {}


def keys_of(model: type[Model], above: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key of the block by its dotted name, those of nested models included."""
    for name, field in model.model_fields.items():
        yield f"{above}{name}", field
        for inner in models_in(field.annotation):
            yield from keys_of(inner, f"{above}{name}.")


def looks_like_a_path(key: str) -> bool:
    return re.search(r"(path|file|dir|folder|script)s?$", key) is not None


def test_every_key_that_looks_like_a_path_is_marked() -> None:
    marks = {key: mark_of(field) for key, field in keys_of(StructTuningConfig)}
    paths = {key for key in marks if looks_like_a_path(key) and key not in NO_PATHS}
    assert paths == {key for key, mark in marks.items() if mark is Mark.LOCAL_PATH}
    assert paths == {
        "corpus.path",
        "work_dir",
        "taxonomy.path",
        "taxonomy.template_dirs",
        "llm.script",
        "scpt.template_dirs",
        "ssft.qa.path",
        "ssft.holdout.path",
        "ssft.template_dirs",
        "study.template_dirs",
        "replay.datasets.path",
    }


def test_no_path_is_in_a_fingerprint_or_a_manifest() -> None:
    parsed = parse_block(
        block(
            corpus=["secret/place"],
            work_dir="secret/place",
            taxonomy={"path": "secret/place", "template_dirs": ["secret/place"]},
            llm={"client": "scripted", "script": "secret/place"},
            scpt={"template_dirs": ["secret/place"]},
            ssft={"qa": ["secret/place"], "holdout": ["secret/place"]},
            study={"template_dirs": ["secret/place"]},
            replay={"datasets": ["secret/place"]},
        )
    )
    assert "secret/place" not in json.dumps([hashed_values(parsed), shown_values(parsed)])


def test_settings_of_the_run_are_in_no_fingerprint_and_secrets_in_no_manifest() -> None:
    llm = {
        "model": "m",
        "base_url": "http://a/v1",
        "api_key_env": "KEY",
        "max_concurrency": 3,
        "timeout": 7,
        "max_retries": 1,
        "budget": {"requests": 9},
        "extra_body": {"token": "t"},
    }
    parsed = parse_block(block(llm=llm, max_workers=3))
    answer = {"client": "openai", "model": "m", "max_output_tokens": 4096, "temperature": 0.0}
    assert shown_values(parsed)["llm"] == {**answer, "seed": None}
    assert hashed_values(parsed)["llm"] == {**answer, "seed": None, "extra_body": {"token": "t"}}
    assert {"enabled", "engine", "max_workers", "work_dir"}.isdisjoint(hashed_values(parsed))


def test_every_key_has_a_description() -> None:
    schema = StructTuningConfig.model_json_schema()
    parts = {"StructTuningConfig": schema, **schema["$defs"]}
    assert set(parts) == {model.__name__ for model in MODELS}
    missing = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, entry in part["properties"].items()
        if not (entry.get("description") or parts[entry["$ref"].rsplit("/", 1)[1]]["description"])
    ]
    assert missing == []
    assert [
        f"{m.__name__}.{key}"
        for m in MODELS
        for key, field in m.model_fields.items()
        if not field.description
    ] == []


def test_a_parsed_block_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse_block(block()).domain = "Cars"


# --- every key is read

# Keys that no code reads by name, each with its reason. Keep it empty if you can.
_BY_NAME = "corpus.limits.Budget.check reads a limit by its name"
READ_OTHERWISE: dict[str, str] = dict.fromkeys(
    ("depth", "file_mb", "unpacked_mb", "unpacked_ratio"), _BY_NAME
)


def test_every_key_is_read_outside_config() -> None:
    folder = Path(config.__file__).parent
    inside = sorted(folder.rglob("*.py"))
    outside = sorted(set(folder.parent.rglob("*.py")) - set(inside))
    assert (folder.name, folder.parent.name) == ("config", "structtuning_plugin")
    used = {name for path in outside for name in _attributes(path.read_text("utf-8"))}
    behind = {
        name: fields
        for path in inside
        for name, fields in _properties_of_config(path.read_text("utf-8")).items()
    }
    read = used | {field for name, fields in behind.items() if name in used for field in fields}
    keys = {key for model in MODELS for key in model.model_fields}
    assert sorted(keys - read - set(READ_OTHERWISE)) == []
    assert sorted(set(READ_OTHERWISE) & read) == [], (
        "these are read after all: take them off the list"
    )
    assert sorted(set(READ_OTHERWISE) - keys) == [], "no such keys: take them off the list"


def test_the_search_for_unread_keys_finds_one() -> None:
    assert set(
        _attributes("def f(x):\n    x.stored = x.loaded\n    'x.in_text'  # x.in_comment")
    ) == {"loaded"}
    source = "class M(Model):\n    @property\n    def form(self):\n        return self.context or self.preset\n"
    assert _properties_of_config(source) == {"form": {"context", "preset"}}


def _attributes(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr


def _properties_of_config(source: str) -> dict[str, set[str]]:
    """Properties of the models, and the keys that each of them reads."""
    return {
        node.name: {
            inner.attr
            for inner in ast.walk(node)
            if isinstance(inner, ast.Attribute)
            and isinstance(inner.value, ast.Name)
            and inner.value.id == "self"
        }
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)
    }


# --- the language model


@pytest.mark.parametrize(
    ("llm", "told"),
    [
        (
            {},
            "structtuning.llm: `model` is missing: give the name of the model, as the server knows it.",
        ),
        (
            {"model": "m", "client": "scripted"},
            "`script` is missing: the client `scripted` answers from a file of JSON lines.",
        ),
        (
            {"model": "m", "base_url": "localhost:8000"},
            "`base_url` must start with http:// or https://",
        ),
        (
            {"model": "m", "base_url": "http://me:secret@host/v1"},
            "`base_url` must hold no user, password or query",
        ),
        (
            {"model": "m", "base_url": "http://host/v1?key=secret"},
            "put the key in a variable named by `api_key_env`",
        ),
        ({"model": "m", "api_key": "sk-1"}, "Unknown key `api_key`. Did you mean `api_key_env`?"),
        (
            {"model": "m", "budget": {"request": 1}},
            "Unknown key `request`. Did you mean `requests`?",
        ),
        ({"model": "m", "max_concurrency": 0}, "structtuning.llm.max_concurrency"),
    ],
)
def test_a_wrong_llm_is_explained(llm: dict[str, Any], told: str) -> None:
    message = error_of(llm=llm)
    assert told in message
    assert "secret" not in message


def test_an_address_ends_without_a_slash() -> None:
    parsed = parse_block(block(llm={"model": "m", "base_url": "http://host:8000/v1/"}))
    assert parsed.llm is not None
    assert parsed.llm.base_url == "http://host:8000/v1"


def test_a_clients_own_needs_are_its_own_affair() -> None:
    parsed = parse_block(block(llm={"client": "somebodys"}))
    assert parsed.llm is not None
    assert parsed.llm.model == ""


@pytest.mark.parametrize("value", [True, None])
def test_hygiene_is_on_by_default(value: bool | None) -> None:
    block = {"domain": "D", "corpus": ["a"]} | ({} if value is None else {"hygiene": value})
    assert parse_block(block).hygiene == HygieneConfig()


def test_hygiene_has_a_switch() -> None:
    hygiene = parse_block({"domain": "D", "corpus": ["a"], "hygiene": False}).hygiene
    assert hygiene == HygieneConfig(
        noise=False, repeated_lines=False, documents="keep", passages="keep"
    )

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from structtuning_plugin.config import CorpusEntry
from structtuning_plugin.core.errors import ConfigError, PluginError
from structtuning_plugin.core.types import Document, Heading, Outline, ReadResult
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.reading import read_corpus, settle
from structtuning_plugin.hookspecs import Extractor, Reader, ReadRequest, hookimpl
from structtuning_plugin.plugins import (
    build_plugin_manager,
    extractors,
    find,
    readers,
    template_dirs,
    versions,
)


class ShoutingReader:
    """Lines in capitals are headings."""

    name = "shouting"
    suffixes = (".shout",)

    def read(self, request: ReadRequest) -> ReadResult:
        lines = request.text.splitlines()
        text = " ".join(line for line in lines if not line.isupper())
        headings = tuple(Heading(level=1, title=line, start=0) for line in lines if line.isupper())
        return ReadResult(
            documents=(
                Document(
                    id=request.document_id,
                    text=text,
                    title="shouting",
                    language="en",
                    headings=headings,
                ),
            )
        )


class WholeExtractor:
    name = "whole"

    def check_options(self, options: dict[str, Any]) -> None:
        if options:
            raise ConfigError("`whole` has no options.")

    def extract(self, document: Document, context: Any) -> Outline:
        size = len(document.text)
        return Outline(title=document.title, start=0, own_end=size, end=size, source="whole")


def plugin(name: str, **hooks: Any) -> ModuleType:
    """A stranger's module whose hooks return what is given, or are the functions given."""
    module = ModuleType(name)
    for hook, given in hooks.items():
        function = given if callable(given) else lambda given=given: given
        setattr(module, hook, hookimpl(function))
    return module


def test_the_built_ins_enter_by_the_same_door() -> None:
    manager = build_plugin_manager()
    suffixes = {name: reader.suffixes for name, reader in readers(manager).items()}
    assert sorted(suffixes) == [
        *("arrow", "asciidoc", "csv", "docx", "epub", "html", "json", "jsonl", "latex", "markdown"),
        *("mediawiki", "notebook", "odt", "parquet", "pdf", "pptx", "rst", "rtf", "text", "xml"),
    ]
    every = [suffix for names in suffixes.values() for suffix in names]
    assert len(every) == len(set(every))
    assert list(extractors(manager)) == ["auto", "headings", "llm", "offline", "parts"]
    assert all(folder.is_dir() for folder in template_dirs(manager))
    assert len(template_dirs(manager)) == 1


def test_managers_do_not_share_anything() -> None:
    build_plugin_manager(plugin("stranger", register_readers=[ShoutingReader()]))
    assert "shouting" not in readers(build_plugin_manager())


def test_a_strangers_reader_works(tmp_path: Path) -> None:
    (tmp_path / "a.shout").write_text("CELLS\nAll life\nis made of cells.\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# Plants\n\nGreen.\n", encoding="utf-8")
    registry = readers(
        build_plugin_manager(plugin("stranger", register_readers=[ShoutingReader()]))
    )
    files, overlooked = discover([CorpusEntry(path=str(tmp_path), language="en")], registry)
    documents, dropped = settle(read_corpus(files, registry), "raise")
    assert [
        (found.id, found.text, [heading.title for heading in found.headings]) for found in documents
    ] == [
        ("a.shout", "All life is made of cells.", ["CELLS"]),
        ("b.md", "Green.", ["Plants"]),
    ]
    assert (overlooked, dropped) == ([], [])


def test_a_plugin_may_be_an_instance() -> None:
    class Stranger:
        @hookimpl
        def register_readers(self) -> list[Reader]:
            return [ShoutingReader()]

        @hookimpl
        def register_taxonomy_extractors(self) -> list[Extractor]:
            return [WholeExtractor()]

    manager = build_plugin_manager(Stranger())
    assert "shouting" in readers(manager)
    assert list(extractors(manager)) == ["auto", "headings", "llm", "offline", "parts", "whole"]


def test_template_folders_come_after_ours_in_order_of_registration(tmp_path: Path) -> None:
    for name in ("1", "2", "3"):
        (tmp_path / name).mkdir()
    manager = build_plugin_manager(
        plugin("one", register_template_dirs=[tmp_path / "1", tmp_path / "2"]),
        plugin("two", register_template_dirs=[tmp_path / "3"]),
    )
    assert template_dirs(manager)[1:] == [tmp_path / "1", tmp_path / "2", tmp_path / "3"]


@pytest.mark.parametrize("nothing", [[], None, ()])
def test_a_plugin_may_add_nothing(nothing: Any) -> None:
    assert "markdown" in readers(build_plugin_manager(plugin("stranger", register_readers=nothing)))


def test_two_owners_of_one_name_are_both_named() -> None:
    first, second = (
        plugin(name, register_readers=[ShoutingReader()])
        for name in ("first_plugin", "second_plugin")
    )
    with pytest.raises(PluginError) as caught:
        readers(build_plugin_manager(first, second))
    message = str(caught.value)
    assert message.startswith("The reader `shouting` has two owners: ")
    assert "first_plugin" in message
    assert "second_plugin" in message
    assert message.endswith("Uninstall one, or rename its entry.")


def test_a_built_in_name_is_not_for_others() -> None:
    reader = ShoutingReader()
    reader.name = "markdown"
    with pytest.raises(
        PluginError,
        match=r"The reader `markdown` has two owners: .*readers\.markdown and stranger\.",
    ):
        readers(build_plugin_manager(plugin("stranger", register_readers=[reader])))


def test_a_name_twice_in_one_plugin() -> None:
    extractor = WholeExtractor()
    with pytest.raises(
        PluginError, match="The extractor `whole` has two owners: stranger and stranger"
    ):
        extractors(
            build_plugin_manager(
                plugin("stranger", register_taxonomy_extractors=[extractor, extractor])
            )
        )


def test_a_reader_may_bear_the_name_of_an_extractor() -> None:
    reader = ShoutingReader()
    reader.name = "headings"
    manager = build_plugin_manager(plugin("stranger", register_readers=[reader]))
    assert "headings" in readers(manager)
    assert "headings" in extractors(manager)


@pytest.mark.parametrize("entry", [object(), "markdown", ShoutingReader.read, ShoutingReader])
def test_what_is_no_reader_is_refused_with_its_owner(entry: Any) -> None:
    with pytest.raises(PluginError) as caught:
        readers(build_plugin_manager(plugin("stranger", register_readers=[entry])))
    message = str(caught.value)
    assert message.startswith("The plugin stranger returned ")
    assert message.endswith(
        " from `register_readers`. Expected: a list of readers (`name`, `read`, `suffixes`). Report "
        "this to the plugin's authors, or uninstall it."
    )


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    registry = extractors(build_plugin_manager())
    assert find(registry, "parts", "extractor") is registry["parts"]
    with pytest.raises(PluginError) as caught:
        find(registry, "headngs", "extractor")
    assert (
        str(caught.value)
        == "Unknown extractor `headngs`. Did you mean `headings`? Allowed: auto, headings, llm, offline, parts."
    )
    with pytest.raises(PluginError) as caught:
        find(registry, "zzz", "extractor")
    assert (
        str(caught.value)
        == "Unknown extractor `zzz`. Allowed: auto, headings, llm, offline, parts."
    )


def test_a_misspelt_hook_is_an_error() -> None:
    with pytest.raises(PluginError) as caught:
        build_plugin_manager(plugin("stranger", register_reader=[ShoutingReader()]))
    assert str(caught.value) == (
        "The plugin stranger implements `register_reader`, which is no hook. Did you mean `register_readers`? "
        "Allowed: register_engines, register_exporters, register_languages, register_llm_clients, register_qa_formats, "
        "register_readers, register_retrievers, register_sample_kinds, register_study_prompts, "
        "register_taxonomy_extractors, register_template_dirs."
    )


def test_a_hook_with_an_argument_that_is_not_given_is_an_error() -> None:
    with pytest.raises(
        PluginError, match=r"^A plugin of the entry point group `structtuning` cannot be used: "
    ) as caught:
        build_plugin_manager(plugin("stranger", register_readers=lambda config: [config]))
    assert "stranger" in str(caught.value)
    assert "register_readers" in str(caught.value)


def test_versions_name_each_distribution_once() -> None:
    found = versions(build_plugin_manager())
    assert found == sorted(set(found))

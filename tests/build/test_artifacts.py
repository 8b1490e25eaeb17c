"""What is in the artifacts: documents as they were read, rows as Axolotl is given them."""

from __future__ import annotations

from pathlib import Path

from structtuning_plugin.build import artifacts
from tests.build.building import artifact, built, write_corpus


def test_the_train_rows_have_the_columns_that_axolotl_is_given(
    tmp_path: Path, corpus: Path
) -> None:
    rows = artifacts.load_rows(built(tmp_path).train_dir("scpt"))
    assert {tuple(row) for row in rows} == {artifacts.COLUMNS}
    brakes = next(row for row in rows if row["completion"].startswith("Brakes turn"))
    assert brakes["prompt"] == "The Handbook > Brakes\n\n"
    assert (brakes["kind"], brakes["eos"]) == ("passage", True)


def test_the_documents_are_read_back_as_they_were(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    handbook = artifacts.load_documents(artifact(plan, "documents"))[0]
    assert (handbook.id, handbook.title, handbook.language) == ("handbook.md", "The Handbook", "en")
    assert handbook.source == "markdown, utf-8"
    assert [heading.title for heading in handbook.headings][:3] == [
        "The Handbook",
        "Brakes",
        "Adjustment",
    ]
    again = tmp_path / "again"
    again.mkdir()
    artifacts.save_documents(again, artifacts.load_documents(artifact(plan, "documents")))
    assert (again / artifacts.DOCUMENTS).read_bytes() == (
        artifact(plan, "documents") / artifacts.DOCUMENTS
    ).read_bytes()


def test_passages_of_all_rows_are_the_corpus(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path, eval={"share": 0.2})
    assert plan.eval_dir("scpt") is not None
    rows = [
        *artifacts.load_rows(plan.train_dir("scpt")),
        *artifacts.load_rows(plan.eval_dir("scpt")),
    ]
    text = {row["chunk_ids"][0]: row["completion"] for row in rows if row["kind"] == "passage"}
    documents = artifacts.load_documents(artifact(plan, "documents"))
    chunks = artifacts.load_chunks(
        artifact(plan, "taxonomy"), {document.id: document for document in documents}
    )
    for document in documents:
        assert (
            "".join(text[chunk.id] for chunk in chunks if chunk.document_id == document.id)
            == document.text
        )


def test_a_folder_with_a_line_break_in_its_name_does_not_stop_the_build(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"two\nlines/one.md": "One.", "two\u2028more/two.md": "Two."})
    rows = artifacts.load_rows(built(tmp_path).train_dir("scpt"))
    assert [row["prompt"] for row in rows if row["kind"] == "passage"] == [
        "two lines > one\n\n",
        "two more > two\n\n",
    ]

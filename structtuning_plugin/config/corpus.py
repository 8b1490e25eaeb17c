"""`corpus:`, `taxonomy:`, `eval:` and `probes:`: documents, their tree, and what is held out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from structtuning_plugin.config.base import LocalPath, Model


class ReadLimits(Model):
    """Limits on what reading one file of the corpus may cost."""

    file_mb: float = Field(default=512, gt=0, description="Megabytes of a file.")
    unpacked_mb: float = Field(
        default=2048, gt=0, description="Megabytes of an EPUB or office file after unpacking."
    )
    unpacked_ratio: float = Field(
        default=500, gt=0, description="Size after unpacking, divided by the size of the file."
    )
    members: int = Field(default=50_000, ge=1, description="Files inside an EPUB or office file.")
    depth: int = Field(
        default=400,
        ge=1,
        le=100_000,
        description="Depth of nested elements in HTML and XML, of groups in RTF, and of files that "
        "include others.",
    )
    pages: int = Field(default=20_000, ge=1, description="Pages of a PDF.")
    seconds: float = Field(
        default=1800, gt=0, description="Seconds that the reading of one file may take."
    )


class CorpusEntry(Model):
    """Path, glob or folder of documents."""

    path: LocalPath = Field(
        min_length=1,
        description="A file, a folder (read recursively) or a glob such as `books/**/*.md`; "
        "relative to the working directory.",
    )
    format: str | None = Field(
        default=None,
        description="Reader to use (`markdown`, `html`, `docx`, `pdf`, ..., or a plugin's); by "
        "default the file's suffix decides.",
    )
    include: tuple[str, ...] = Field(
        default=(),
        description="Globs of the files to read, relative to `path`, such as `guide/**`; one "
        "without `/`, such as `*.html`, fits file names in every folder. By default all.",
    )
    exclude: tuple[str, ...] = Field(
        default=(),
        description="Globs of files to leave out, relative to `path`, such as `**/drafts/**`.",
    )
    language: str | None = Field(
        default=None,
        min_length=2,
        max_length=8,
        description="ISO 639-1 code of the documents' language; by default it is detected per "
        "document.",
    )
    encoding: str | None = Field(
        default=None,
        description="Encoding of the files, such as `big5`; by default UTF-8 and BOMs are "
        "recognised, others detected.",
    )
    text_column: str = Field(
        default="text",
        min_length=1,
        description="Tables and JSON: the column that holds the text of a record; a dotted name "
        "such as `body.text` reaches into nested fields.",
    )
    title_column: str = Field(
        default="title",
        min_length=1,
        description="Tables and JSON: the column that holds a record's title; it may be absent.",
    )
    path_column: str | None = Field(
        default=None,
        min_length=1,
        description="Tables and JSON: the column that holds a record's path in the tree, such as "
        "`Garden > Beds` or `garden/beds`. Its records become one document for each first part.",
    )
    text_format: Literal["text", "markdown", "html"] = Field(
        default="text", description="Tables and JSON: format of the text of a record."
    )
    outputs: bool = Field(
        default=False, description="Notebooks: keep the text that code cells have printed."
    )

    @field_validator("include", "exclude", mode="before")
    @classmethod
    def _accept_one_glob(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


DuplicateRule = Literal["near", "exact", "keep"]


class HygieneConfig(Model):
    """Removal of what is no text, and of duplicates."""

    noise: bool = Field(
        default=True,
        description="Leave out embedded data (data URIs, base64), marks of glyphs that a converter "
        "did not know (`(cid:12)`, `GLYPH<21>`), and the padding of tables.",
    )
    repeated_lines: bool = Field(
        default=True,
        description="Leave out the headers and footers of pages, and the lines that the documents "
        "of a folder begin or end with.",
    )
    documents: DuplicateRule = Field(
        default="near",
        description="Documents that repeat an earlier one: leave out equal ones and those that are "
        "nearly equal (`near`), equal ones only (`exact`), or none (`keep`). Of nearly equal ones, "
        "the one with the most headings is kept.",
    )
    passages: DuplicateRule = Field(
        default="near",
        description="The same for paragraphs, lists, tables and code of 15 words or more; tables "
        "and code only if they are equal.",
    )
    threshold: float = Field(
        default=0.7,
        ge=0.5,
        le=1,
        description="Least share of common pairs of neighbouring words that makes two texts nearly "
        "equal, 0.5 to 1; 0.7 allows for about eight changed words of a hundred. Texts with other "
        "numbers are never nearly equal.",
    )


NO_HYGIENE = {"noise": False, "repeated_lines": False, "documents": "keep", "passages": "keep"}


class TaxonomyConfig(Model):
    """Source of the knowledge tree."""

    extractor: str = Field(
        default="auto",
        min_length=1,
        description="Extractor that finds the tree. `auto`: the documents' headings, gaps filled "
        "by the block's `llm` or else offline; `headings`: headings, gaps as numbered parts; "
        "`offline` and `llm`: the text alone; `parts`; or a plugin's.",
    )
    path: LocalPath | None = Field(
        default=None,
        description="A taxonomy to use instead of extracting one: JSON or an edited outline "
        "(`.md`), as `axolotl structtuning export --what taxonomy` writes them.",
    )
    headings: Literal["auto", "as_marked", "infer"] = Field(
        default="auto",
        description="Headings of the documents. `auto`: levels from the titles' numbers where the "
        "marks are flat or contradict them, headings from bold, capital, underlined or numbered "
        "lines in a document without marks, from larger and bold letters in DOCX and ODT; "
        "`infer`: from such lines in every document; `as_marked`: the marks as they are. Every "
        "heading keeps its evidence (`show --why`).",
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="The extractor's own options. `headings` and `parts`: `split_over` (chunks; "
        "default 8): text without headings that is longer than this many chunks is divided into "
        "numbered parts. `auto`: `split_over` (default 4), `max_siblings` (100): more headings "
        "under one heading get groups. `auto` and `llm`: `window_tokens` (3000), `window_items` "
        "(150), `overlap` (0.2) and `opening` (480 characters of a paragraph) limit what one "
        "question to the `llm` shows. `auto`, `llm` and `offline`: `embeddings`, a "
        "sentence-transformers model (extra `dense`) whose vectors the segmentation compares.",
    )
    subjects: Literal["auto", "folders", "llm", "offline"] = Field(
        default="auto",
        description="Levels between the domain and its documents. `folders`: their folders. "
        "`auto`: their folders, and subjects found in the content of a folder with more than "
        "`subjects_over` documents (by the `llm` if there is one). `llm`, `offline`: subjects "
        "instead of folders.",
    )
    subjects_over: int = Field(
        default=50,
        ge=4,
        le=100_000,
        description="Documents in one folder that need no subjects yet.",
    )
    apparatus: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        description="Titles of sections that are no knowledge (`Cheat Sheet`), besides those that "
        "are recognised in eight languages: contents, objectives, summaries, key terms, exercises, "
        "answers, references, credits, prefaces, appendices and the like. Case and numbering do "
        "not count. Their text is trained as `scpt.back_matter` says; no sample asks about them.",
    )
    template_dirs: tuple[LocalPath, ...] = Field(
        default=(),
        description="Folders with prompts of your own for the `llm`, laid out like `templates/` "
        "(`taxonomy/<language>/...`).",
    )


class EvalConfig(Model):
    """Text held out for evaluation: whole documents or topics."""

    unit: Literal["document", "topic"] = Field(
        default="topic",
        description="Unit that is held out whole: documents, or topics (branches directly above "
        "the passages).",
    )
    share: float = Field(
        default=0.05,
        gt=0,
        le=0.5,
        description="Share of the corpus' tokens to hold out, 0 < share <= 0.5.",
    )


class ProbesConfig(Model):
    """Knowledge points kept for probes of memory."""

    share: float = Field(
        default=0.2,
        gt=0,
        le=0.5,
        description="Share of the knowledge points that instruction tuning never mentions, 0 < "
        "share <= 0.5; pre-training has their text and their places all the same.",
    )
    per_point: int = Field(
        default=3, ge=1, le=20, description="Most probes of one of these knowledge points."
    )

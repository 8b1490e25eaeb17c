"""`taxonomy:`, where the knowledge tree comes from."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from structtuning_plugin.config.base import LocalPath, Model


class TaxonomyConfig(Model):
    """Where the knowledge tree comes from."""

    extractor: str = Field(
        default="auto",
        min_length=1,
        description="Extractor that finds the tree. `auto`: the documents' headings, gaps filled by the block's `llm` or else "
        "offline; `headings`: headings, gaps as numbered parts; `offline` and `llm`: the text alone; `parts`; or a plugin's.",
    )
    path: LocalPath | None = Field(
        default=None,
        description="A taxonomy to use instead of extracting one: JSON or an edited outline (`.md`), as `structtuning export "
        "--what taxonomy` writes them.",
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="The extractor's own options. `headings` and `parts`: `split_over` (chunks; default 8): text without "
        "headings that is longer than this many chunks is divided into numbered parts. `auto`: `split_over` (default 4), "
        "`max_siblings` (100): more headings side by side get groups. `auto` and `llm`: `window_tokens` (3000), `window_items` "
        "(150), `overlap` (0.2) and `opening` (480 characters of a paragraph) limit what one question shows. `auto`, `llm` and "
        "`offline`: `embeddings`, a sentence-transformers model (extra `dense`) whose vectors the segmentation compares.",
    )
    subjects: Literal["auto", "folders", "llm", "offline"] = Field(
        default="auto",
        description="What stands between the domain and its documents. `folders`: their folders. `auto`: their folders, and "
        "subjects found in the content of a folder with more than `subjects_over` documents (by the `llm` if there is one). "
        "`llm`, `offline`: subjects in the folders' stead.",
    )
    subjects_over: int = Field(
        default=50,
        ge=4,
        le=100_000,
        description="Documents side by side in one folder that need no subjects yet.",
    )
    template_dirs: tuple[LocalPath, ...] = Field(
        default=(),
        description="Folders with prompts of your own for the `llm`, laid out like `templates/` (`taxonomy/<language>/...`).",
    )

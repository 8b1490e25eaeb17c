"""The `structtuning:` block of an Axolotl recipe, as pydantic models.

Nothing here imports axolotl. Unknown keys are forbidden; a misspelt one is answered with the nearest valid name.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from structtuning_plugin.errors import ConfigError, nearest

BLOCK = "structtuning"

Kind = Literal["passage", "section_map", "chapter_map", "book_map", "locate", "siblings", "children", "parent"]
ContextForm = Literal["path", "mindmap"]

MAP_KINDS: tuple[Kind, ...] = ("section_map", "chapter_map", "book_map")
ALL_KINDS: tuple[Kind, ...] = ("passage", *MAP_KINDS, "locate", "siblings", "children", "parent")

# At most this share of all trained tokens: one-line samples must not drown the passages.
DEFAULT_SHARES: dict[Kind, float] = {
    "section_map": 0.10,
    "chapter_map": 0.10,
    "book_map": 0.05,
    "locate": 0.25,
    "siblings": 0.10,
    "children": 0.10,
    "parent": 0.05,
}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _name_the_nearest_key(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    raise ValueError(f"Unknown key `{key}`.{nearest(str(key), cls.model_fields)}")
        return data


class CorpusEntry(_Model):
    """One path, glob or folder of documents."""

    path: str = Field(
        min_length=1,
        description="A file, a folder (read recursively) or a glob such as `books/**/*.md`; relative to the working directory.",
    )
    format: str | None = Field(
        default=None,
        description="Reader to use (`markdown`, `text`, `jsonl`, or a plugin's); by default the file's suffix decides.",
    )
    language: str | None = Field(
        default=None,
        min_length=2,
        max_length=8,
        description="ISO 639-1 code of the documents' language; by default it is detected per document.",
    )
    encoding: str | None = Field(
        default=None,
        description="Encoding of the files, such as `big5`; by default UTF-8 and BOMs are recognised, others detected.",
    )
    text_column: str = Field(default="text", min_length=1, description="JSONL: the field that holds the text of a record.")
    title_column: str = Field(
        default="title", min_length=1, description="JSONL: the field that holds a record's title; it may be absent."
    )
    text_format: Literal["text", "markdown"] = Field(default="text", description="JSONL: how the text of a record is to be read.")


class TaxonomyConfig(_Model):
    """Where the knowledge tree comes from."""

    extractor: str = Field(
        default="auto",
        min_length=1,
        description="Extractor that finds the tree. `auto`: the documents' headings, gaps filled by the block's `llm` or else "
        "offline; `headings`: headings, gaps as numbered parts; `offline` and `llm`: the text alone; `parts`; or a plugin's.",
    )
    path: str | None = Field(
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
        default=50, ge=4, le=100_000, description="Documents side by side in one folder that need no subjects yet."
    )
    template_dirs: tuple[str, ...] = Field(
        default=(),
        description="Folders with prompts of your own for the `llm`, laid out like `templates/` (`taxonomy/<language>/...`).",
    )


class LLMBudget(_Model):
    """What may be sent in one build; answers from the cache cost nothing."""

    requests: int | None = Field(default=None, ge=1, description="Greatest number of requests sent. Default: no limit.")
    tokens: int | None = Field(default=None, ge=1, description="Greatest number of tokens, input and output. Default: no limit.")


class LLMConfig(_Model):
    """A language model behind an OpenAI-compatible server (vLLM, SGLang, llama.cpp, Ollama, `transformers serve`...)."""

    client: str = Field(default="openai", min_length=1, description="Client to ask with: `openai`, `scripted`, or a plugin's.")
    base_url: str = Field(
        default="http://localhost:8000/v1",
        min_length=1,
        description="Address of the server's API, such as `http://localhost:8000/v1`. No keys in it.",
    )
    model: str = Field(default="", max_length=500, description="Name of the model, as the server knows it. Required.")
    api_key_env: str | None = Field(
        default=None,
        min_length=1,
        description="Name of the environment variable that holds the key; the key itself never stands in a recipe. Default: "
        "no key.",
    )
    max_concurrency: int = Field(default=16, ge=1, le=1024, description="Requests under way at once.")
    timeout: float = Field(default=120.0, gt=0, le=3600, description="Seconds that one request may take in all.")
    max_retries: int = Field(
        default=5, ge=0, le=20, description="Times that a request is sent again after a refusal, an error or no answer."
    )
    max_output_tokens: int = Field(default=4096, ge=16, le=1_000_000, description="Greatest length of an answer in tokens.")
    temperature: float = Field(default=0.0, ge=0, le=2, description="Sampling temperature.")
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1, description="Seed sent to the server. Default: the block's seed.")
    extra_body: dict[str, Any] = Field(
        default_factory=dict,
        description="More fields of the request, such as `{chat_template_kwargs: {enable_thinking: false}}`.",
    )
    script: str | None = Field(
        default=None, description="`scripted`: JSON lines `{contains, reply}`; the first row that fits a question answers it."
    )
    budget: LLMBudget = Field(default_factory=LLMBudget, description="What may be sent in one build.")

    @field_validator("base_url")
    @classmethod
    def _an_address_without_secrets(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("`base_url` must start with http:// or https://, such as http://localhost:8000/v1.")
        if parts.username or parts.password or parts.query:
            raise ValueError("`base_url` must hold no user, password or query: put the key in a variable named by `api_key_env`.")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _complete(self) -> LLMConfig:
        if self.client == "scripted" and not self.script:
            raise ValueError("`script` is missing: the client `scripted` answers from a file of JSON lines.")
        if self.client != "scripted" and not self.model:
            raise ValueError("`model` is missing: give the name of the model, as the server knows it.")
        return self


class ScptConfig(_Model):
    """The samples of structure-aware continual pre-training."""

    preset: Literal["compact", "paper"] = Field(
        default="compact",
        description="`compact`: one-line path before each passage, maps, `locate`. `paper`: mind map before it, maps.",
    )
    context: ContextForm | None = Field(
        default=None,
        description="How a passage's place is shown: `path` (one line) or `mindmap`. Default: the preset's.",
    )
    kinds: tuple[Kind, ...] | None = Field(
        default=None, description="Sample kinds to build. Default: the preset's. `passage` is always among them."
    )
    shares: dict[Kind, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict,
        description="Greatest share of all trained tokens per kind, 0 < share < 1, in place of the defaults "
        + ", ".join(f"`{k}` {v}" for k, v in DEFAULT_SHARES.items())
        + ". Passages have no limit: they are the corpus.",
    )
    wordings: int = Field(
        default=3,
        ge=1,
        le=50,
        description="Wordings in which each knowledge point's place is asked (`locate`); samples per point.",
    )
    map_tokens: int | None = Field(
        default=None,
        ge=16,
        le=1_000_000,
        description="Greatest length of a passage's prompt in tokens; maps and paths are pruned to it. Default: a quarter of "
        "`sequence_len` for `mindmap`, an eighth for `path`, at most 1024.",
    )
    template_dirs: tuple[str, ...] = Field(
        default=(),
        description="Folders with wordings of your own, laid out like `templates/`; a file of the same name replaces ours, an "
        "empty one removes it, others are added. Later folders win.",
    )
    title_in_completion: bool | None = Field(
        default=None,
        description="Whether a passage's completion starts with its topic's title. Default: as in the preset (`paper`: true).",
    )
    eos_mid_topic: bool = Field(
        default=True, description="Whether a passage that breaks off before its topic's end is closed with EOS too."
    )
    back_matter: Literal["passages", "leave_out"] = Field(
        default="passages",
        description="What to do with contents, index, references, exercises and the like: keep their text as passages, or leave "
        "it out. They are never asked about.",
    )

    @field_validator("kinds")
    @classmethod
    def _passages_are_the_corpus(cls, kinds: tuple[Kind, ...] | None) -> tuple[Kind, ...] | None:
        if kinds is None:
            return None
        if "passage" not in kinds:
            raise ValueError("`passage` is missing: without it nothing of the corpus' text would be trained. Add it.")
        return tuple(kind for kind in ALL_KINDS if kind in kinds)

    @field_validator("shares")
    @classmethod
    def _passages_have_no_limit(cls, shares: dict[Kind, float]) -> dict[Kind, float]:
        if "passage" in shares:
            raise ValueError("`passage` takes no share: all passages are kept. Limit the other kinds.")
        return dict(sorted(shares.items()))

    @property
    def context_form(self) -> ContextForm:
        return self.context or ("mindmap" if self.preset == "paper" else "path")

    @property
    def sample_kinds(self) -> tuple[Kind, ...]:
        if self.kinds is not None:
            return self.kinds
        return ("passage", *MAP_KINDS) if self.preset == "paper" else ("passage", *MAP_KINDS, "locate")

    @property
    def greatest_shares(self) -> dict[Kind, float]:
        return {**DEFAULT_SHARES, **self.shares}

    @property
    def completion_has_title(self) -> bool:
        return self.preset == "paper" if self.title_in_completion is None else self.title_in_completion


class EvalConfig(_Model):
    """Text held out for evaluation, whole documents or topics at a time."""

    unit: Literal["document", "topic"] = Field(
        default="topic", description="What is held out whole: documents, or topics (branches right above the passages)."
    )
    share: float = Field(default=0.05, gt=0, le=0.5, description="Share of the corpus' tokens to hold out, 0 < share <= 0.5.")


class StructTuningConfig(_Model):
    """The `structtuning:` block."""

    enabled: bool = Field(default=True, description="False leaves the recipe as it is without the plugin.")
    stage: Literal["scpt"] = Field(default="scpt", description="`scpt`: structure-aware continual pre-training.")
    domain: str = Field(
        default="",
        max_length=200,
        description="Name of the domain: the root of the knowledge tree, as it shall be read. Required.",
    )
    corpus: tuple[CorpusEntry, ...] = Field(
        default=(),
        description="The documents: a list of paths, globs or folders, or of mappings with a `path`. Required.",
    )
    work_dir: str = Field(
        default="structtuning_work",
        min_length=1,
        description="Folder for everything that is built; relative to the working directory.",
    )
    taxonomy: TaxonomyConfig = Field(default_factory=TaxonomyConfig, description="Where the knowledge tree comes from.")
    llm: LLMConfig | None = Field(default=None, description="The language model that helps; without one, none is asked.")
    chunk_tokens: int | None = Field(
        default=None,
        ge=16,
        le=1_000_000,
        description="Greatest length of a chunk in tokens. Default: what `sequence_len` leaves beside the prompt, at most 3072.",
    )
    scpt: ScptConfig = Field(default_factory=ScptConfig, description="The samples of continual pre-training.")
    eval: EvalConfig | None = Field(
        default=None,
        description="Hold out whole documents or topics as `test_datasets`. Use it instead of `val_set_size`, which would put "
        "chunks of one document on both sides.",
    )
    seed: int | None = Field(
        default=None, ge=0, le=2**32 - 1, description="Seed of every choice. Default: the recipe's `seed`, else 42."
    )
    max_workers: int | None = Field(
        default=None, ge=1, le=256, description="Processes that read documents. Default: the number of cores, at most 8."
    )
    on_error: Literal["raise", "skip"] = Field(
        default="raise",
        description="A document that cannot be read stops the build (`raise`), or is listed in `dropped.jsonl` (`skip`).",
    )

    @field_validator("corpus", mode="before")
    @classmethod
    def _a_path_alone_is_an_entry(cls, value: Any) -> Any:
        entries = [value] if isinstance(value, (str, Mapping)) else value
        if not isinstance(entries, (list, tuple)):
            return value
        return [{"path": entry} if isinstance(entry, str) else entry for entry in entries]

    @field_validator("domain")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())

    @model_validator(mode="after")
    def _complete_if_enabled(self) -> StructTuningConfig:
        if self.enabled and not self.domain:
            raise ValueError("`domain` is missing: give the name that the root of the knowledge tree shall bear.")
        if self.enabled and not self.corpus:
            raise ValueError("`corpus` is missing: give a list of paths, globs or folders.")
        return self

    @model_validator(mode="after")
    def _a_model_where_one_is_asked(self) -> StructTuningConfig:
        for key, value in (("extractor", self.taxonomy.extractor), ("subjects", self.taxonomy.subjects)):
            if value == "llm" and self.llm is None and self.enabled:
                raise ValueError(f"`taxonomy.{key}: llm` needs a model to ask: add `llm:` with `base_url:` and `model:`.")
        return self

    @model_validator(mode="after")
    def _shares_leave_room(self) -> StructTuningConfig:
        shares = self.scpt.greatest_shares
        total = sum(shares[kind] for kind in self.scpt.sample_kinds if kind != "passage")
        if total >= 1:
            raise ValueError(
                f"`scpt.shares` of the kinds in use add up to {total:.2f}; passages need room, so keep the sum below 1."
            )
        return self

    def absolute(self, base: Path) -> StructTuningConfig:
        """The same block with every path absolute, so that a process with another working directory reads it alike."""

        def fix(path: str) -> str:
            return str(base / Path(path).expanduser())

        return self.model_copy(
            update={
                "work_dir": fix(self.work_dir),
                "corpus": tuple(entry.model_copy(update={"path": fix(entry.path)}) for entry in self.corpus),
                "taxonomy": self.taxonomy.model_copy(
                    update={
                        "path": fix(self.taxonomy.path) if self.taxonomy.path else None,
                        "template_dirs": tuple(map(fix, self.taxonomy.template_dirs)),
                    }
                ),
                "llm": self.llm.model_copy(update={"script": fix(self.llm.script)}) if self.llm and self.llm.script else self.llm,
                "scpt": self.scpt.model_copy(update={"template_dirs": tuple(map(fix, self.scpt.template_dirs))}),
            }
        )


def parse_block(block: Any) -> StructTuningConfig:
    """The checked block.

    Raises:
        ConfigError: naming the key, what was given and what is allowed.
    """
    if not isinstance(block, Mapping):
        raise ConfigError(
            f"`{BLOCK}:` must be a mapping of settings, but it is {type(block).__name__} {block!r:.80}. "
            "Give at least `domain:` and `corpus:`."
        )
    try:
        return StructTuningConfig.model_validate(dict(block))
    except ValidationError as error:
        raise ConfigError(explain(error)) from None


def explain(error: ValidationError) -> str:
    """A pydantic error as lines `structtuning.key: what is wrong (given: ...)`."""
    lines = []
    for fault in error.errors(include_url=False):
        place = ".".join((BLOCK, *map(str, fault["loc"])))
        message = fault["msg"].removeprefix("Value error, ")
        given = "" if fault["type"] in ("missing", "value_error") else f" (given: {fault['input']!r:.80})"
        lines.append(f"{place}: {message}{given}")
    return "The block cannot be used:\n  " + "\n  ".join(lines)


def find_block(recipe: Mapping[str, Any]) -> Any:
    """The raw block of a recipe that lists the plugin.

    Raises:
        ConfigError: there is none; a top-level key that looks like a misspelling of it is named.
    """
    if recipe.get(BLOCK) is not None:
        return recipe[BLOCK]
    close = difflib.get_close_matches(BLOCK, [str(key) for key in recipe if key != BLOCK], n=1, cutoff=0.7)
    hint = f" Did you mean `{BLOCK}:` where the recipe says `{close[0]}:`?" if close else ""
    raise ConfigError(
        f"The recipe lists the plugin, but has no `{BLOCK}:` block.{hint} Add one with `domain:` and `corpus:`, or "
        f"`{BLOCK}: {{enabled: false}}`, or take the plugin off the list."
    )

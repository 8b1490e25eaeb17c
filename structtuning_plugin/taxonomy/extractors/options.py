"""Options of the extractors, checked before any work."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from structtuning_plugin.core.errors import ConfigError, nearest
from structtuning_plugin.taxonomy.offline.cohesion import check_installed

T = TypeVar("T", bound=BaseModel)


class OfflineOptions(BaseModel):
    """Options of `offline`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    embeddings: str | None = Field(
        default=None,
        min_length=1,
        description="A sentence-transformers model (folder or name) for the offline segmentation.",
    )


class GapOptions(OfflineOptions):
    """Options of `auto` and `llm`."""

    split_over: int = Field(
        default=4,
        ge=1,
        le=10_000,
        description="Chunks of text under one heading that may stay together.",
    )
    max_siblings: int = Field(
        default=100, ge=4, le=100_000, description="Headings side by side that stay without groups."
    )
    window_tokens: int = Field(
        default=3_000, ge=64, le=1_000_000, description="Tokens of text shown in one question."
    )
    window_items: int = Field(
        default=150, ge=4, le=10_000, description="Paragraphs or titles shown in one question."
    )
    overlap: float = Field(
        default=0.2,
        ge=0,
        le=0.5,
        description="Share of a question's items shown in the next one too.",
    )
    opening: int = Field(
        default=480, ge=40, le=100_000, description="Characters shown of a paragraph."
    )


def parse(model: type[T], options: dict[str, Any], extractor: str) -> T:
    """Parse the options of an extractor.

    Raises:
        ConfigError: If an option is unknown or out of bounds.
    """
    for key in options:
        if key not in model.model_fields:
            raise ConfigError(
                f"Unknown option `{key}` of the extractor "
                f"`{extractor}`.{nearest(key, model.model_fields)}"
            )
    try:
        parsed = model.model_validate(options)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise ConfigError(
            f"Option `{place}` of the extractor `{extractor}`: {fault['msg']} (given: "
            f"{fault['input']!r})."
        ) from None
    if options.get("embeddings"):
        check_installed()
    return parsed


def parse_gap_options(options: dict[str, Any], extractor: str) -> GapOptions:
    """Parse the options of `auto` or `llm`.

    Raises:
        ConfigError: If an option is unknown or out of bounds.
    """
    return parse(GapOptions, options, extractor)

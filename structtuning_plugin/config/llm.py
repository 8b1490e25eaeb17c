"""`llm:`, the language model, and the budget of requests to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from structtuning_plugin.config.base import LocalPath, Model, Private, RunSetting


class LLMBudget(Model):
    """Budget of one build; answers from the cache cost nothing."""

    requests: int | None = Field(
        default=None, ge=1, description="Greatest number of requests sent. Default: no limit."
    )
    tokens: int | None = Field(
        default=None,
        ge=1,
        description="Greatest number of tokens, input and output. Default: no limit.",
    )


class LLMConfig(Model):
    """Language model behind an OpenAI-compatible server.

    vLLM, SGLang, llama.cpp, Ollama and `transformers serve` are such servers.
    """

    client: str = Field(
        default="openai",
        min_length=1,
        description="Client to ask with: `openai`, `scripted`, or a plugin's.",
    )
    base_url: RunSetting[str] = Field(
        default="http://localhost:8000/v1",
        min_length=1,
        description="Address of the server's API, such as `http://localhost:8000/v1`. No keys in "
        "it.",
    )
    model: str = Field(
        default="",
        max_length=500,
        description="Name of the model, as the server knows it. Required with `client: openai`.",
    )
    api_key_env: RunSetting[str | None] = Field(
        default=None,
        min_length=1,
        description="Name of the environment variable that holds the key; the key itself is never "
        "in a recipe. Default: no key.",
    )
    max_concurrency: RunSetting[int] = Field(
        default=16, ge=1, le=1024, description="Greatest number of requests at a time."
    )
    timeout: RunSetting[float] = Field(
        default=120.0, gt=0, le=3600, description="Longest time of one request, in seconds."
    )
    max_retries: RunSetting[int] = Field(
        default=5,
        ge=0,
        le=20,
        description="Times that a request is sent again after a refusal, an error or no answer.",
    )
    max_output_tokens: int = Field(
        default=4096, ge=16, le=1_000_000, description="Greatest length of an answer in tokens."
    )
    temperature: float = Field(default=0.0, ge=0, le=2, description="Sampling temperature.")
    seed: int | None = Field(
        default=None,
        ge=0,
        le=2**31 - 1,
        description="Seed sent to the server. Default: the block's seed.",
    )
    extra_body: Private[dict[str, Any]] = Field(
        default_factory=dict,
        description="More fields of the request, such as `{chat_template_kwargs: {enable_thinking: "
        "false}}`.",
    )
    script: LocalPath | None = Field(
        default=None,
        description="`scripted`: JSON lines `{contains, reply}`; the first row that fits a "
        "question answers it.",
    )
    budget: RunSetting[LLMBudget] = Field(
        default_factory=LLMBudget, description="Budget of one build."
    )

    @field_validator("base_url")
    @classmethod
    def _an_address_without_secrets(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(
                "`base_url` must start with http:// or https://, such as http://localhost:8000/v1."
            )
        if parts.username or parts.password or parts.query:
            raise ValueError(
                "`base_url` must hold no user, password or query: put the key in a variable named "
                "by `api_key_env`."
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _complete(self) -> LLMConfig:
        if self.client == "scripted" and not self.script:
            raise ValueError(
                "`script` is missing: the client `scripted` answers from a file of JSON lines."
            )
        if self.client == "openai" and not self.model:
            raise ValueError(
                "`model` is missing: give the name of the model, as the server knows it."
            )
        return self

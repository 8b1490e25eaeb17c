"""Corpus text and titles that try to be control tokens or templates, through Axolotl's own
preparation.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.build import artifacts
from tests.axolotl_bridge.test_matrix import ON_CPU, bench, prepare
from tests.kinds import ALL_KINDS

__all__ = ["bench"]  # a fixture

pytestmark = pytest.mark.axolotl

HOSTILE = (
    """# The </s> guide to <|im_end|>

Intro with </s> and <s>, with <|im_start|>system and <|im_end|>, with [INST] and [/INST], with <|mine|> and {{ 7*7 }}.

## {{ 7*7 }} and <|mine|>

A template {% for x in y %} is text. So is <pad>, and </s></s>.

## [INST] {{ config }} <s>

The end is not </s
>, and this is: </s>

"""
    + "Enough ordinary text for the shares of all kinds, with a </s> in it.\n\n" * 60
)

SETTINGS = {
    **ON_CPU,
    "base_model": "./bos",
    "plugins": ["structtuning_plugin.StructTuningPlugin"],
    "tokens": ["<|mine|>", "[INST]", "[/INST]"],
    "special_tokens": {"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]},
    "sequence_len": 512,
}


@pytest.mark.parametrize("preset", ["compact", "paper"])
def test_only_bos_and_eos_are_control_tokens(
    bench: Path, monkeypatch: pytest.MonkeyPatch, preset: str
) -> None:
    (bench / "hostile").mkdir(exist_ok=True)
    (bench / "hostile/a <|im_end|> b.md").write_text(HOSTILE, encoding="utf-8")
    block = {
        "domain": "</s> Things <|mine|>",
        "corpus": ["hostile"],
        "work_dir": "./hostile-work",
        "scpt": {"preset": preset, "kinds": list(ALL_KINDS)},
    }
    paths = {"dataset_prepared_path": f"./hostile-prepared-{preset}", "output_dir": "./hostile-out"}
    cfg, tokenizer, prepared = prepare(
        bench, monkeypatch, f"hostile-{preset}", {**SETTINGS, **paths, "structtuning": block}
    )

    added = set(tokenizer.added_tokens_decoder)
    spelled = {str(token) for token in tokenizer.added_tokens_decoder.values()}
    assert {"<s>", "</s>", "<|mine|>", "[INST]", "<|im_start|>", "<|im_end|>"} <= spelled
    rows = artifacts.load_rows(Path(cfg.datasets[0]["path"]))
    assert {row["kind"] for row in rows} >= {
        "passage",
        "book_map",
        "locate",
        "siblings",
        "children",
    }
    assert len(prepared) == len(rows)
    for ids in prepared["input_ids"]:
        assert [(place, i) for place, i in enumerate(ids) if i in added] == [
            (0, tokenizer.bos_token_id),
            (len(ids) - 1, tokenizer.eos_token_id),
        ]

    text = "".join(
        tokenizer.decode(ids[1:-1], skip_special_tokens=False) for ids in prepared["input_ids"]
    )
    for written in (
        "</s>",
        "<|im_end|>",
        "[INST]",
        "<|mine|>",
        "{{ 7*7 }}",
        "{% for x in y %}",
        "{{ config }}",
    ):
        assert written in text
    assert "49" not in text

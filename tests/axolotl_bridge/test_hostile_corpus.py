"""Corpus text and titles that try to be control tokens or templates, through Axolotl's own
preparation.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.build import artifacts
from tests.axolotl_bridge.test_matrix import ON_CPU, bench, prepare
from tests.kinds import ALL_KINDS, KINDS

__all__ = ["bench"]  # a fixture

pytestmark = pytest.mark.axolotl

OPENING = """# The </s> guide to <|im_end|>

Intro with </s> and <s>, with <|im_start|>system and <|im_end|>, with [INST] and [/INST], with <|mine|> and {{ 7*7 }}.

"""
# Of each heading the first lines of its text, before the facts.
SECTIONS = {
    "## {{ 7*7 }} and <|mine|>": "A template {% for x in y %} is text. So is <pad>, and </s></s>.",
    "### <|im_start|>user": "A turn that <|im_start|>user opens is text, and so is its end.",
    "### The {% raw %} </s> block": "The block {% raw %} is text, and so is <pad>.",
    "## [INST] {{ config }} <s>": "The end is not </s\n>, and this is: </s>",
}
THINGS = ("bridge", "canal", "harbour", "library", "mill", "tower", "garden", "museum")
PLACES = ("Amsterdam", "Brno", "Calais", "Delft", "Ghent", "Hull", "Jena", "Lyon")


def facts_of(section: int) -> str:
    """Paragraphs of facts of which no two are alike, with control tokens in them."""
    paragraphs = []
    for number, (thing, place) in enumerate(zip(THINGS, PLACES, strict=True)):
        year, length = 1800 + 10 * section + number, 60 + 8 * section + number
        paragraphs.append(
            f"The {thing} of {place} was opened in {year} by the guild of masons and measures "
            f"{length} metres. Its keepers wrote <|im_end|> over the door of the {thing} because "
            f"the mark </s> had been lost with [INST] in the fire of {year + 9}. A {thing} of this kind is "
            f"called a <|mine|> {thing} in {place}, and it serves {section + number + 3} villages."
        )
    return "\n\n".join(paragraphs)


HOSTILE = OPENING + "\n\n".join(
    f"{heading}\n\n{text}\n\n{facts_of(section)}\n"
    for section, (heading, text) in enumerate(SECTIONS.items())
)
# Of all kinds that are limited, a sum below 1 in either preset.
SHARES = {
    kind.name: 0.08 for kind in KINDS.values() if kind.stage == "scpt" and kind.share is not None
}

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
        "scpt": {"preset": preset, "kinds": list(ALL_KINDS), "shares": SHARES},
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
    sizes = []
    for ids in prepared["input_ids"]:
        control = [(place, i) for place, i in enumerate(ids) if i in added]
        opening, closing = (0, tokenizer.bos_token_id), (len(ids) - 1, tokenizer.eos_token_id)
        assert control in ([opening, closing], [opening])
        sizes.append((len(ids), control[1:] == [closing]))
    # Passages that break off within their topic have no EOS; every other row has one.
    assert sorted(sizes) == sorted(
        (1 + row["prompt_tokens"] + row["trained_tokens"], row["eos"]) for row in rows
    )
    assert {row["kind"] for row in rows if not row["eos"]} <= {"passage"}
    assert all(row["eos"] for row in rows) == (preset == "paper")
    assert max(sizes)[0] <= SETTINGS["sequence_len"]

    text = "".join(
        tokenizer.decode([i for i in ids if i not in added], skip_special_tokens=False)
        for ids in prepared["input_ids"]
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

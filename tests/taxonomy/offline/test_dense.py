"""Vectors of a sentence-transformers model in the offline segmentation (extra `dense`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.taxonomy.assemble import check_outline
from structtuning_plugin.taxonomy.extractors.auto import AutoExtractor
from structtuning_plugin.taxonomy.extractors.offline import OfflineExtractor
from structtuning_plugin.taxonomy.offline import cohesion as dense
from structtuning_plugin.taxonomy.offline.cohesion import embedder
from tests.codecs import CharCodec
from tests.extras import need_dense
from tests.trees import context_for, document


@pytest.fixture
def two_themes() -> Any:
    """A text whose paragraphs share no words, so that only a model can know which belong together."""
    parts = [f"{kind} alpha{place} beta{place} gamma{place} delta{place} epsilon{place} zeta{place}. " * 4 + "\n\n"
             for kind in ("Wheel", "Brake") for place in range(12)]  # fmt: skip
    return document("a.txt", *parts)


def test_the_models_vectors_decide(two_themes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    asked: list[str] = []

    def embed(texts: Any) -> Any:
        asked.extend(texts)
        return np.array([[1.0, 0.0] if text.startswith("Wheel") else [0.0, 1.0] for text in texts])

    monkeypatch.setattr(
        "structtuning_plugin.taxonomy.extractors.offline.embedder", lambda name: embed
    )
    # These vectors need no sentence-transformers.
    monkeypatch.setattr(dense, "find_spec", lambda name: True)
    outline = OfflineExtractor().extract(
        two_themes, context_for(CharCodec(), embeddings="some/model")
    )
    check_outline(outline, two_themes)
    assert len(asked) == 24
    brakes = two_themes.text.index("Brake")
    assert brakes in {child.start for child in outline.children}


def test_a_model_made_on_the_spot(two_themes: Any, tmp_path: Path, project: Path) -> None:
    need_dense()
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = {
        word: place
        for place, word in enumerate(["[UNK]", "[PAD]", "[CLS]", "[SEP]", "Wheel", "Brake"])
    }
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]"
    ).save_pretrained(tmp_path / "bert")
    shape = BertConfig(
        vocab_size=6,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    BertModel(shape).save_pretrained(tmp_path / "bert")
    transformer = Transformer(str(tmp_path / "bert"))
    SentenceTransformer(modules=[transformer, Pooling(16)]).save(str(tmp_path / "model"))

    vectors = embedder(str(tmp_path / "model"))(["Wheel", "Brake", "Wheel"])
    assert vectors.shape == (3, 16)
    assert (vectors[0] == vectors[2]).all()
    outline = OfflineExtractor().extract(
        two_themes, context_for(CharCodec(), embeddings=str(tmp_path / "model"))
    )
    check_outline(outline, two_themes)
    assert outline.children


@pytest.mark.parametrize("extractor", [AutoExtractor(), OfflineExtractor()])
def test_without_the_extra_the_option_is_refused(
    extractor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "find_spec", lambda name: None)
    with pytest.raises(
        ConfigError,
        match=r"`embeddings` needs sentence-transformers: `pip install structtuning-plugin\[dense\]`",
    ):
        extractor.check_options({"embeddings": "some/model"})


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    need_dense()
    with pytest.raises(ConfigError, match=r"cannot be loaded"):
        embedder(str(tmp_path / "lost"))

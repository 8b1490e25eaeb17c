"""The retrievers `dense` and `hybrid`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.hookspecs import Hit
from structtuning_plugin.questions.retrieval import dense, options
from structtuning_plugin.questions.retrieval.dense import DenseRetriever, embedder
from structtuning_plugin.questions.retrieval.hybrid import HybridRetriever, HybridSearcher
from tests.extras import need_dense
from tests.questions.retrieval.passages import passages

BOTH = [DenseRetriever(), HybridRetriever()]


@pytest.fixture
def two_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors of what is wheel, what is brake, and what is half of each."""
    import numpy as np

    def embed(texts: Sequence[str]) -> Any:
        return np.array([[2.0 * ("heel" in text), 1.0 * ("rake" in text)] for text in texts])

    monkeypatch.setattr(dense, "embedder", lambda model: embed)
    # These vectors need no sentence-transformers.
    monkeypatch.setattr(options, "find_spec", lambda name: True)


@pytest.mark.usefixtures("two_directions")
def test_nearest_first() -> None:
    one = DenseRetriever().index(passages("wheel", "brake", "wheel"), {"model": "some/model"})
    assert one.search(["Wheels?", "Brakes?", "neither"], 2) == [
        [Hit(chunk_id="0", score=1.0, fit=1.0), Hit(chunk_id="2", score=1.0, fit=1.0)],
        [Hit(chunk_id="1", score=1.0, fit=1.0), Hit(chunk_id="0", score=0.0, fit=0.5)],
        [Hit(chunk_id="0", score=0.0, fit=0.5), Hit(chunk_id="1", score=0.0, fit=0.5)],
    ]


@pytest.mark.usefixtures("two_directions")
def test_dense_without_passages_or_questions() -> None:
    assert DenseRetriever().index([], {"model": "m"}).search(["Wheels?"], 3) == [[]]
    assert DenseRetriever().index(passages("wheel"), {"model": "m"}).search([], 3) == []


@pytest.mark.usefixtures("two_directions")
def test_hybrid_takes_what_both_find_first() -> None:
    one = HybridRetriever().index(
        passages("wheel with spokes", "brake", "wheel alone"), {"model": "m"}
    )
    hits = one.search(["wheel with spokes"], 3)[0]
    assert [hit.chunk_id for hit in hits] == ["0", "2", "1"]
    assert hits[0].score == pytest.approx(2 / 61)
    assert hits[0].fit >= HybridRetriever.least_fit > hits[2].fit


class _Fixed:
    def __init__(self, *hits: tuple[str, float]) -> None:
        self.hits = [Hit(chunk_id=name, score=1.0, fit=fit) for name, fit in hits]

    def search(self, questions: Sequence[str], count: int) -> list[list[Hit]]:
        return [self.hits[:count] for _ in questions]


def test_fusion_is_exact_and_equals_keep_the_order_of_the_passages() -> None:
    one = HybridSearcher(
        ["b", "a", "c"],
        (_Fixed(("a", 0.2), ("b", 1.0)), _Fixed(("b", 0.8), ("a", 0.3), ("c", 0.9))),
        (0.4, 0.6),
    )
    hits = one.search(["?"], 3)[0]
    assert [(hit.chunk_id, hit.score, hit.fit) for hit in hits] == [
        ("b", 1 / 62 + 1 / 61, 0.875),
        ("a", 1 / 61 + 1 / 62, 0.25),
        ("c", 1 / 63, 0.4375),
    ]


@pytest.mark.parametrize("retriever", BOTH, ids=lambda one: one.name)
@pytest.mark.parametrize("given", [{}, {"model": ""}, {"model": 3}, {"model": None}])
def test_a_model_is_needed(retriever: Any, given: dict[str, Any]) -> None:
    with pytest.raises(
        ConfigError,
        match=rf"`{retriever.name}` needs a model .*set `ssft.retriever_options: {{model: ...}}`",
    ):
        retriever.check_options(given)


@pytest.mark.parametrize("retriever", BOTH, ids=lambda one: one.name)
def test_an_unknown_option_is_refused(retriever: Any) -> None:
    with pytest.raises(
        ConfigError,
        match=rf"Unknown option `modle` of the retriever `{retriever.name}`. Did you mean `model`",
    ):
        retriever.check_options({"modle": "x"})


@pytest.mark.parametrize("retriever", BOTH, ids=lambda one: one.name)
def test_the_extra_is_needed(retriever: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "find_spec", lambda name: None)
    with pytest.raises(
        ConfigError,
        match=r"needs sentence-transformers: `pip install structtuning-plugin\[dense\]`",
    ):
        retriever.check_options({"model": "some/model"})


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    need_dense()
    with pytest.raises(ConfigError, match=r"\(`ssft.retriever_options.model`\) cannot be loaded"):
        embedder(str(tmp_path / "lost"))


def test_a_model_made_on_the_spot(tmp_path: Path) -> None:
    need_dense()
    one = DenseRetriever().index(passages("Wheel", "Brake", titles=()), {"model": _model(tmp_path)})
    hits = one.search(["Brake", "Wheel"], 1)
    assert all(0 <= found[0].fit <= 1 for found in hits)
    assert hits == one.search(["Brake", "Wheel"], 1)


def _model(folder: Path) -> str:
    """A model of random weights that knows two words."""
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
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]")
    fast.save_pretrained(folder / "bert")
    shape = BertConfig(
        vocab_size=6,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    BertModel(shape).save_pretrained(folder / "bert")
    SentenceTransformer(modules=[Transformer(str(folder / "bert")), Pooling(16)]).save(
        str(folder / "model")
    )
    return str(folder / "model")

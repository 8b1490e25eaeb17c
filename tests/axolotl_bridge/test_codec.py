"""The codec: what it promises for every kind of tokenizer, whatever the text says."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from structtuning_plugin.core.errors import ConfigError
from tests.axolotl_bridge import tokenizers_made_here as tokenizers

PLAIN_TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from(" \n\tabcdehit<>/s|▁"),
        st.sampled_from("é漢字ひ한हा😀👩🏽\u0301\u200d\u00a0\u3000"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=12,
)
# Contents of added tokens of all tokenizers here, halves of them, and what makes new ones when it
# is put together.
MARKS = st.sampled_from(
    [
        *(
            "<s>",
            "</s>",
            "<unk>",
            "<pad>",
            "<eos>",
            "<|endoftext|>",
            "<|im_start|>",
            "<|im_end|>",
            "<think>",
            "</think>",
        ),
        *(
            "gearbox",
            "<table>",
            "<0x0A>",
            "<",
            "</",
            "s>",
            "<<s>s>",
            "<|im_",
            "end|>",
            " " * 4,
            "\n\n\n",
            "\t\t",
        ),
    ]
)
MIXED = st.lists(st.one_of(PLAIN_TEXT, MARKS), max_size=8).map("".join)

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def codec_of(tokenizer: Any) -> Any:
    from structtuning_plugin.axolotl_bridge.codec import codec_for

    return codec_for(tokenizer)


@pytest.fixture(scope="module", params=[*tokenizers.BYTE_LEVEL, *tokenizers.OTHERS])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return {**tokenizers.BYTE_LEVEL, **tokenizers.OTHERS}[request.param]()


@pytest.fixture(scope="module", params=tokenizers.BYTE_LEVEL)
def byte_level(request: pytest.FixtureRequest) -> Any:
    return tokenizers.BYTE_LEVEL[request.param]()


@pytest.fixture(scope="module", params=["frontless", "sentencepiece", "tekken", "mistral"])
def plain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Tokenizers without a backend: ours around another, and the three real kinds."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "frontless":
        return tokenizers.Frontless(tokenizers.chat())
    if request.param == "sentencepiece":
        return tokenizers.sentencepiece(folder)
    return mistral_common(request.param, folder)


def mistral_common(kind: str, folder: Path) -> Any:
    """One of the tokenizers that mistral-common brings along, in the wrapper that Axolotl puts
    around it.
    """
    import mistral_common

    name, target = {
        "tekken": ("tekken_240911.json", "tekken.json"),
        "mistral": ("mistral_instruct_tokenizer_240323.model.v3", "tokenizer.model.v3"),
    }[kind]
    source = Path(str(mistral_common.__file__)).parent / "data" / name
    if not source.is_file():
        pytest.skip(f"this mistral-common does not bring {name}")
    (folder / target).write_bytes(source.read_bytes())
    from axolotl.utils.mistral import HFMistralTokenizer

    return HFMistralTokenizer.from_pretrained(str(folder))


def control_of(tokenizer: Any) -> set[int]:
    """Counted apart from the code under test: all added tokens that say anything."""
    decoder = tokenizer.added_tokens_decoder
    if callable(decoder):  # mistral-common
        return set(tokenizer.all_special_ids)
    return {
        i for i, token in decoder.items() if token.special or token.content.replace("▁", "").strip()
    }


def check(codec: Any, text: str, control: set[int]) -> None:
    (ids,), (starts,) = codec.encode([text]), codec.starts([text])
    assert control.isdisjoint(ids)
    assert len(starts) == len(ids)
    assert starts == sorted(starts)
    assert all(0 <= start < max(1, len(text)) for start in starts)


@quick
@given(text=MIXED)
def test_text_never_becomes_a_control_token(tokenizer: Any, text: str) -> None:
    check(codec_of(tokenizer), text, control_of(tokenizer))


@pytest.mark.axolotl
@quick
@given(text=MIXED)
def test_text_never_becomes_a_control_token_without_a_backend(plain: Any, text: str) -> None:
    check(codec_of(plain), text, control_of(plain))


@quick
@given(text=MIXED)
def test_byte_level_text_comes_back_as_it_was(byte_level: Any, text: str) -> None:
    codec = codec_of(byte_level)
    assert codec.decode(codec.encode([text])[0]) == text


@pytest.mark.parametrize(
    "text",
    [
        "plain words, and more of them",
        "  blanks before, blanks after \t ",
        "\n\nlines\r\n\n\n\nand lines\n",
        "👩🏽‍🚀 e\u0301 \u00e9 자전거 自行车 車輪 चक्र עגלה",
        "    four blanks\n        eight\n\t\ttabs",
        "<think>gearbox</think><|im_end|></s><s>",
        "",
    ],
)
def test_byte_level_examples_come_back(byte_level: Any, text: str) -> None:
    codec = codec_of(byte_level)
    assert codec.decode(codec.encode([text])[0]) == text


@pytest.mark.parametrize("name", ["llama2", "unigram", "gemma"])
@pytest.mark.parametrize(
    "text", ["a </s> b", "</s>", "the<s></s>\n<unk>", "x\n</s>y", "😀 </s>", "two  blanks,   three"]
)
def test_words_of_the_control_language_come_back_with_sentencepiece(name: str, text: str) -> None:
    codec = codec_of(tokenizers.OTHERS[name]())
    assert codec.decode(codec.encode([text])[0]) == text


def test_starts_are_where_the_tokens_start() -> None:
    codec = codec_of(tokenizers.llama2())
    # ▁the | ▁ < / s > | ▁ 😀 in four bytes
    assert codec.starts(["the </s> 😀"]) == [[0, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9]]
    plain = codec_of(tokenizers.Frontless(tokenizers.byte_level()))
    assert plain.starts(["a b\n\nc"])[0][0] == 0


def test_texts_are_encoded_apart(tokenizer: Any) -> None:
    codec = codec_of(tokenizer)
    texts = ["a brake", "", "</s>", " turns"]
    assert codec.encode(texts) == [codec.encode([text])[0] for text in texts]
    assert codec.starts(texts) == [codec.starts([text])[0] for text in texts]
    assert codec.encode([]) == []


@pytest.mark.parametrize(
    ("name", "prefix", "eos"),
    [
        ("byte-level", [], "</s>"),
        ("with-bos", ["<s>"], "</s>"),
        ("with-bos-and-eos", ["<s>"], "</s>"),
        ("neither-bos-nor-pad", [], "<eos>"),
        ("gpt2", [], "<|endoftext|>"),
        ("chat", [], "<|im_end|>"),
        ("llama2", ["<s>"], "</s>"),
        ("unigram", [], "</s>"),
    ],
)
def test_prefix_is_what_the_tokenizer_puts_in_front(name: str, prefix: list[str], eos: str) -> None:
    tokenizer = {**tokenizers.BYTE_LEVEL, **tokenizers.OTHERS}[name]()
    for codec in (codec_of(tokenizer), codec_of(tokenizers.Frontless(tokenizer))):
        assert codec.prefix == tuple(tokenizer.convert_tokens_to_ids(prefix))
        assert codec.eos == tokenizer.convert_tokens_to_ids(eos)


@pytest.mark.axolotl
def test_prefix_without_a_backend(plain: Any) -> None:
    codec = codec_of(plain)
    assert list(codec.prefix) == list(plain("a")["input_ids"])[: len(codec.prefix)]
    assert len(codec.prefix) == (0 if isinstance(plain, tokenizers.Frontless) else 1)
    assert codec.eos == plain.eos_token_id


def test_ordinary_text_has_the_tokenizers_own_ids(tokenizer: Any) -> None:
    codec = codec_of(tokenizer)
    text = "The brake turns motion into heat.\n    def turn(wheel):\n        return 車輪"
    assert codec.encode([text])[0] == tokenizer.encode(text, add_special_tokens=False)


def test_no_eos_is_an_error_that_says_what_to_do() -> None:
    tokenizer = tokenizers.byte_level(specials=["<s>"], eos=None, pad=None)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"has no EOS token.*special_tokens: \{eos_token"):
        codec_of(tokenizer)


def test_runs_of_blanks_stay_one_token() -> None:
    tokenizer = tokenizers.chat()
    codec = codec_of(tokenizer)
    for run in (" " * 4, " " * 8, " " * 24, "\n\n\n", "\t\t"):
        assert codec.encode([f"a{run}b"])[0][1:-1] == [tokenizer.convert_tokens_to_ids(run)]


def test_runs_of_blanks_stay_one_token_where_blanks_are_underlined() -> None:
    tokenizer = tokenizers.gemma()
    assert tokenizer.convert_tokens_to_ids("▁▁") in codec_of(tokenizer).encode(["a  \nb"])[0]


def test_tokens_added_after_control_tokens_keep_their_ids() -> None:
    from tokenizers import AddedToken

    tokenizer = tokenizers.byte_level()
    tokenizer.add_tokens([AddedToken("<think>", normalized=False)])
    tokenizer.add_tokens(
        [AddedToken(" " * 4, normalized=False), AddedToken(" " * 8, normalized=False)]
    )
    codec = codec_of(tokenizer)
    for run in (" " * 4, " " * 8):
        assert codec.encode([f"a{run}b"])[0][1:-1] == [tokenizer.convert_tokens_to_ids(run)]
    assert codec.decode(codec.encode(["<think>"])[0]) == "<think>"


def test_a_special_token_of_blanks_is_a_control_token() -> None:
    from tokenizers import AddedToken

    tokenizer = tokenizers.byte_level()
    tokenizer.add_tokens([AddedToken("\n\n\n", normalized=False)], special_tokens=True)
    (ids,) = codec_of(tokenizer).encode(["a\n\n\nb"])
    assert tokenizer.convert_tokens_to_ids("\n\n\n") not in ids
    assert tokenizer.decode(ids) == "a\n\n\nb"


def test_tokens_of_the_recipe_are_control_tokens_too() -> None:
    tokenizer = tokenizers.byte_level()
    tokenizer.add_tokens(["<|user_added|>"])
    (ids,) = codec_of(tokenizer).encode(["x <|user_added|> y"])
    assert tokenizer.convert_tokens_to_ids("<|user_added|>") not in ids
    assert tokenizer.decode(ids) == "x <|user_added|> y"


def test_a_vocabulary_that_spells_a_control_token_is_taken_apart() -> None:
    tokenizer = tokenizers.words()
    (ids,) = codec_of(tokenizer).encode(["the </s> turns <s>"])
    assert tokenizer.convert_ids_to_tokens(ids) == [
        "the",
        "<",
        "/",
        "s",
        ">",
        "turns",
        "<",
        "s",
        ">",
    ]


def test_what_can_only_be_a_control_token_is_an_error() -> None:
    with pytest.raises(
        ConfigError, match="no way to write the text 'zebra' but as a control token"
    ):
        codec_of(tokenizers.words()).encode(["the zebra turns"])
    with pytest.raises(ConfigError, match="no way to write"):
        codec_of(tokenizers.Frontless(tokenizers.words())).encode(["the zebra turns"])


def test_overlapping_added_tokens_are_cut_all() -> None:
    tokenizer = tokenizers.byte_level()
    tokenizer.add_tokens(["<a><b>", "<a>", "><", "b><c"])
    control = control_of(tokenizer)
    for text in ("<a><b><c>", "<a><a><b>", "<<a>>", "<a><<b><c><a>"):
        check(codec_of(tokenizers.Frontless(tokenizer)), text, control)
        check(codec_of(tokenizer), text, control)


@pytest.mark.axolotl
def test_without_a_backend_ordinary_text_has_the_tokenizers_own_ids(plain: Any) -> None:
    text = "The brake turns motion into heat, and a wheel is a circle."
    assert codec_of(plain).encode([text])[0] == list(plain.encode(text, add_special_tokens=False))


@pytest.mark.axolotl
def test_a_codec_can_go_to_another_process(plain: Any) -> None:
    for tokenizer in (plain, tokenizers.chat(), tokenizers.llama2()):
        codec = codec_of(tokenizer)
        twin = pickle.loads(pickle.dumps(codec))
        text = "a <think> </s>    b"
        assert twin.encode([text]) == codec.encode([text])
        assert (twin.prefix, twin.eos) == (codec.prefix, codec.eos)


def test_the_tokenizer_itself_is_left_as_it_was(tokenizer: Any) -> None:
    def state() -> Iterator[Any]:
        yield tokenizer("a </s> <|im_end|>    b")["input_ids"]
        yield tokenizer.backend_tokenizer.to_str()

    before = list(state())
    codec_of(tokenizer).encode(["x </s>"])
    assert list(state()) == before

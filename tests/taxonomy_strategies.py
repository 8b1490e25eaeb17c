"""Random documents and trees, with the titles that break things."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from structtuning_plugin.core.types import Document
from structtuning_plugin.taxonomy.mindmap import MapNode
from structtuning_plugin.taxonomy.tree import Tree
from tests.trees import Branch, branch, document, plant

examples = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
few_examples = settings(examples, max_examples=25)

ODD_TITLES = (
    "**x**",
    "****x****",
    "**x** (+2)",
    "** **",
    "***",
    "├─",
    "├─ x",
    "│  └─ x",
    "C++",
    "COVID-19",
    "細胞",
    "第1部分",
    "3.2 Cells",
    "E. coli",
    "a > b",
    "a; b",
    "… (+3)",
    "x (+1)",
    "Introduction (Gears)",
    "{{ 7*7 }}",
    "{% raw %}",
    '"quoted" \\ `code`',
    "```",
    "</s>",
    "word " * 60 + "end",
    "long" * 60,
    "Ж" * 30,
    "\u00a0no\u2028break",
    "References",
    "Index",
)

# Few words, so that they repeat; some differ in case alone.
titles = st.one_of(
    st.sampled_from(("Introduction", "Adverse Effects", "introduction", "Gears", "Brakes")),
    st.sampled_from(ODD_TITLES),
    st.text(alphabet="ab C+-*─├│>é細()", min_size=1, max_size=12).filter(str.strip),
)


def _branches(deepest: int, widest: int) -> st.SearchStrategy[Branch]:
    grown = titles.map(branch)
    for _ in range(deepest):
        grown = st.builds(
            lambda title, children: branch(title, *children),
            titles,
            st.lists(grown, max_size=widest),
        )
    return grown


trees: st.SearchStrategy[Tree] = _branches(deepest=4, widest=4).map(plant).map(Tree)

# What `parse` can give back: lines that neither `**` nor blanks at their ends would change.
_plain_titles = titles.map(lambda title: " ".join(title.replace("*", "+").split())).filter(bool)
maps: st.SearchStrategy[MapNode] = st.recursive(
    st.builds(MapNode, title=_plain_titles),
    lambda inner: st.builds(
        MapNode, title=_plain_titles, children=st.lists(inner, max_size=4).map(tuple)
    ),
    max_leaves=25,
)

# Readers give titles without line breaks.
_one_line = titles.map(lambda title: " ".join(title.split()))

_TEXTS = st.sampled_from(
    (
        "A brake turns motion into heat. It wears.\n\n",
        "Short.\n\n",
        "{{ 7*7 }} and **bold** and </s>.\n\n",
        "細胞は生命の単位である。膜がある。\n\n",
        "x" * 90 + "\n\n",
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen\n\n",
        " \n",
    )
)


@st.composite
def documents(draw: st.DrawFn, most: int = 3) -> list[Document]:
    """Documents with headings of any levels in any order, some in folders, some without headings."""
    found = []
    for number in range(draw(st.integers(1, most))):
        folder = draw(st.sampled_from(("", "", "a/", "a/b/")))
        headings = st.tuples(st.integers(1, 4), _one_line)
        parts = draw(st.lists(st.one_of(_TEXTS, headings), max_size=10))
        parts.append(draw(_TEXTS.filter(str.strip)))
        found.append(
            document(
                f"{folder}{number}.md",
                *parts,
                title=draw(_one_line),
                language=draw(st.sampled_from(("en", "zh"))),
            )
        )
    return found

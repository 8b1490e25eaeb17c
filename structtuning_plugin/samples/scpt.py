"""Samples of structure-aware continual pre-training (arXiv 2407.16724, section 3.2).

    passage      its place                      ->  the chunk
    *_map        a lead-in naming the node      ->  its structure, drawn
    locate       a lead-in naming the node      ->  its path, top-down, in the very form that passages show
    siblings     ...                            ->  the titles beside it
    children     ...                            ->  the titles beneath it
    parent       ...                            ->  the title above it

Pure functions of (taxonomy, chunks, wordings, seed). Every prompt is pruned to the budget, no completion is ever cut:
what cannot fit is left out with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from structtuning_plugin.config import Kind, ScptConfig
from structtuning_plugin.core.errors import BudgetError
from structtuning_plugin.core.hashing import pick
from structtuning_plugin.core.templates import Wording, Wordings
from structtuning_plugin.core.tokens import Codec, count_tokens
from structtuning_plugin.core.types import Chunk, Dropped, ScptSample, SizedSample, Topic
from structtuning_plugin.samples.budget import Budget
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.titles import shorten
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree

LIST_JOINT = "; "
_LEVELS_OF_A_MAP: dict[str, int] = {"book_map": 1, "chapter_map": 2, "section_map": 64}


@dataclass(frozen=True)
class ScptBuilder:
    """Everything that samples depend on, and the two lists that they fill."""

    tree: Tree
    wordings: Wordings
    settings: ScptConfig
    budget: Budget
    codec: Codec
    seed: int
    rows: list[SizedSample] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    def add_passages(
        self, chunks: Sequence[Chunk], step: Callable[[], None] = lambda: None
    ) -> None:
        """One sample a chunk, in the order of the chunks; `step` is called once for each."""
        last = {chunk.topic_id: chunk.id for chunk in chunks if chunk.text.strip()}
        for chunk in chunks:
            topic = self.tree.topics[chunk.topic_id]
            if self.tree.is_back_matter(topic) and self.settings.back_matter == "leave_out":
                self._drop(f"passage/{chunk.id}", "back_matter", f"under {topic.title!r}")
            elif not chunk.text.strip():
                self._drop(f"passage/{chunk.id}", "blank", "nothing but white space")
            else:
                self._add_passage(chunk, topic, closes_topic=last[topic.id] == chunk.id)
            step()

    def add_structure(self) -> None:
        """The samples that teach the tree itself, topic by topic."""
        kinds = set(self.settings.sample_kinds)
        for topic in self.tree.root.walk():
            if not self.tree.is_knowledge(topic):
                continue
            wanted = [kind for kind in self._kinds_of(topic) if kind in kinds]
            name = self.tree.name(topic)
            for kind in wanted:
                if name is None:
                    self._drop(
                        f"{kind}/{topic.id}",
                        "not_unique",
                        f"several topics are {topic.title!r}, with their paths too",
                    )
                elif kind == "parent" and name != self.tree.title(topic):
                    self._drop(
                        f"{kind}/{topic.id}",
                        "answer_in_prompt",
                        f"only its parent tells it from others: {name!r}",
                    )
                else:
                    self._add_about(kind, topic, name)

    # --- passages

    def _add_passage(self, chunk: Chunk, topic: Topic, closes_topic: bool) -> None:
        sample_id = f"passage/{chunk.id}"
        title_line = self._title_line(topic)
        completion = title_line + chunk.text
        tokens = self._tokens(completion) if title_line else chunk.tokens
        prompt, template = (
            self._passage_prompt(sample_id, topic, tokens)
            if self.settings.shows_place
            else ("", "none")
        )
        eos = closes_topic or self.settings.eos_mid_topic
        self.rows.append(
            SizedSample(
                sample=ScptSample(
                    id=sample_id,
                    kind="passage",
                    topic_id=topic.id,
                    prompt=prompt,
                    completion=completion,
                    template=template,
                    chunk_ids=(chunk.id,),
                    eos=eos,
                ),
                prompt_tokens=self._tokens(prompt),
                trained=tokens + eos,
            )
        )

    def _passage_prompt(self, sample_id: str, topic: Topic, tokens: int) -> tuple[str, str]:
        """The place of a passage of so many tokens, and the wording that it is shown in."""
        wording = self._wording(
            sample_id, topic, f"passage-{self.settings.context_form}", "passage"
        )
        room = min(self.budget.prompt, self.budget.sequence_len - self.budget.specials - tokens)
        prompt, wording = self._place(wording, topic, room)
        return prompt, wording.id

    def _title_line(self, topic: Topic) -> str:
        if not self.settings.completion_has_title:
            return ""
        title = self.tree.title(topic)
        for longest in (len(title), 80, 40, 20, 10, 5):
            line = shorten(title, longest) + "\n\n"
            if self._tokens(line) <= self.budget.title:
                return line
        raise BudgetError(
            f"The title {title!r} does not fit {self.budget.title} tokens. Raise sequence_len, or set title_in_completion: false."
        )

    def _place(self, wording: Wording, topic: Topic, room: int) -> tuple[str, Wording]:
        """The prompt of a passage, the place in the widest form that fits, and the wording it was made with."""
        for prompt, used in self._places(wording, topic, room):
            if self._tokens(prompt) <= room:
                return prompt, used
        raise BudgetError(
            f"The place of {topic.title!r} does not fit {room} tokens (map_tokens {self.budget.prompt}, sequence_len "
            f"{self.budget.sequence_len}) even in its shortest form with the wording {wording.origin}. "
            "Raise map_tokens, lower chunk_tokens, or shorten the wording."
        )

    def _places(self, wording: Wording, topic: Topic, room: int) -> Iterator[tuple[str, Wording]]:
        """Ever shorter prompts: the map as wide as it can be, the path's map alone, the path in one line, less of it."""
        titles = self.tree.path_titles(topic)
        whole_line = PATH_JOINT.join(titles)
        if self.settings.context_form == "mindmap":

            def draw(beside: int | None) -> str:
                return self._prompt(
                    wording, topic, path=whole_line, map=self._place_map(topic, beside)
                )

            widest = mindmap.widest(
                draw, self._most_siblings(topic), lambda prompt: self._tokens(prompt) <= room
            )
            if widest is not None:
                yield widest, wording
            for chain in mindmap.path_maps(self.tree, topic):
                yield (
                    self._prompt(wording, topic, path=whole_line, map=mindmap.render(chain)),
                    wording,
                )
            wording = self._wording(f"passage/{topic.id}", topic, "passage-path", "passage")
        for line in mindmap.path_lines(titles):
            yield self._prompt(wording, topic, path=line), wording

    def _prompt(self, wording: Wording, topic: Topic, **given: str) -> str:
        return wording.render(self._values(topic, **given)) + "\n\n"

    def _tokens(self, text: str) -> int:
        return count_tokens(self.codec, [text])[0]

    def _place_map(self, topic: Topic, beside: int | None) -> str:
        top = self.tree.chapter(topic)
        top = self.tree.book(topic) if top.id == topic.id else top
        return mindmap.render(mindmap.place_map(self.tree, topic, top, beside))

    def _most_siblings(self, topic: Topic) -> int:
        return max((len(node.subtopics) for node in self.tree.path(topic)), default=0)

    # --- samples about a topic

    def _kinds_of(self, topic: Topic) -> Iterator[Kind]:
        """The kinds that can be said of a topic without saying anything false."""
        tree, parent = self.tree, self.tree.parent(topic)
        children = tree.children(topic)
        level = tree.document_level(topic)
        if level <= 0 and len(children) > 1:
            yield "book_map"
        if level >= 1 and len(children) + sum(len(tree.children(child)) for child in children) > 1:
            yield "chapter_map" if level == 1 else "section_map"
        has_place = parent is not None and not tree.is_repeat(topic)
        spoken_of = parent is not None and tree.is_knowledge(parent)
        if has_place:
            yield "locate"
        if has_place and spoken_of and parent is not None and len(tree.children(parent)) > 1:
            yield "siblings"
        if len(children) > 1:
            yield "children"
        if has_place and spoken_of and parent is not tree.root:
            yield "parent"

    def _add_about(self, kind: Kind, topic: Topic, name: str) -> None:
        turns = self.settings.wordings if kind == "locate" else 1
        pool = self._pool(kind, topic)
        first = pick(self.seed, f"{kind}/{topic.id}", len(pool))
        for turn in range(min(turns, len(pool))):
            sample_id = f"{kind}/{topic.id}" + (f"/{turn}" if kind == "locate" else "")
            self._add_one(kind, topic, name, sample_id, pool[(first + turn) % len(pool)], turn)

    def _add_one(
        self, kind: Kind, topic: Topic, name: str, sample_id: str, wording: Wording, turn: int
    ) -> None:
        made = self._lead_in(kind, topic, name, wording)
        if made is None:
            self._drop(
                sample_id, "too_long", f"the prompt does not fit {self.budget.prompt} tokens"
            )
            return
        prompt, wording = made
        prompt_tokens = self._tokens(prompt)
        room = self.budget.sequence_len - self.budget.specials - prompt_tokens
        for completion in self._completions(kind, topic):
            tokens = self._tokens(completion)
            if tokens <= room:
                sample = ScptSample(
                    id=sample_id,
                    kind=kind,
                    topic_id=topic.id,
                    prompt=prompt,
                    completion=completion,
                    template=wording.id,
                )
                self.rows.append(
                    SizedSample(
                        sample=sample, prompt_tokens=prompt_tokens, trained=tokens + 1, turn=turn
                    )
                )
                return
        self._drop(sample_id, "too_long", f"the completion does not fit {room} tokens")

    def _lead_in(
        self, kind: Kind, topic: Topic, name: str, wording: Wording
    ) -> tuple[str, Wording] | None:
        """The prompt of a sample about a topic and its wording; None if it cannot be short enough."""
        values = self._values(topic, name=name, path=PATH_JOINT.join(self.tree.path_titles(topic)))

        def fits(prompt: str) -> bool:
            return self._tokens(prompt) <= self.budget.prompt

        def with_map(beside: int | None) -> str:
            drawn = mindmap.render(
                mindmap.place_map(self.tree, topic, self.tree.book(topic), beside)
            )
            return wording.render({**values, "map": drawn}) + "\n"

        if kind == "chapter_map" and self.settings.context_form == "mindmap":
            prompt = mindmap.widest(with_map, self._most_siblings(topic), fits)
            if prompt is not None:
                return prompt, wording
            wording = self._wording(f"{kind}/{topic.id}", topic, f"{kind}-path", kind)
        prompt = wording.render(values) + "\n"
        return (prompt, wording) if fits(prompt) else None

    def _completions(self, kind: Kind, topic: Topic) -> Iterator[str]:
        """The completion, then shallower forms of it where a map can be shallower."""
        tree = self.tree
        if kind == "locate":
            yield PATH_JOINT.join(tree.path_titles(topic))
        elif kind == "parent":
            yield tree.path_titles(topic)[-2]
        elif kind == "siblings":
            yield LIST_JOINT.join(map(tree.title, tree.siblings(topic)))
        elif kind == "children":
            yield LIST_JOINT.join(map(tree.title, tree.children(topic)))
        elif kind == "section_map" and self.settings.context_form == "mindmap":
            opened = {node.id for node in tree.path(topic)}
            yield mindmap.render(mindmap.unfolded(tree, tree.chapter(topic), opened))
        else:
            deepest = min(_LEVELS_OF_A_MAP[kind], mindmap.height(tree, topic))
            for depth in range(deepest, 0, -1):
                yield mindmap.render(mindmap.subtree(tree, topic, depth))

    # --- wordings

    def _pool(self, kind: str, topic: Topic) -> list[Wording]:
        return self.wordings.pool(topic.language, f"{kind}-{self.settings.context_form}", kind)

    def _wording(self, sample_id: str, topic: Topic, *pools: str) -> Wording:
        pool = self.wordings.pool(topic.language, *pools)
        return pool[pick(self.seed, sample_id, len(pool))]

    def _values(self, topic: Topic, **given: str) -> dict[str, str]:
        parent = self.tree.parent(topic) or topic
        values = {
            "domain": self.tree.title(self.tree.root),
            "book": self.tree.title(self.tree.book(topic)),
            "title": self.tree.title(topic),
            "name": self.tree.name(topic) or self.tree.title(topic),
            "parent": self.tree.name(parent) or self.tree.title(parent),
            "path": "",
            "map": "",
            "language": topic.language,
        }
        return values | given

    def _drop(self, sample_id: str, reason: str, detail: str) -> None:
        self.dropped.append(Dropped(stage="scpt", id=sample_id, reason=reason, detail=detail))

"""Plan of the study: whose turn it is, with which prompt, about which facts, and when to end.

In each round every passage has one turn, so that each gets its first form before any gets its
second. The order of a round is shuffled by a hash: a budget that ends within a round leaves no
chapter out. The passages take the prompts in turn, each from another one on, so that every round
has all of them. The plan follows from the passages, the settings, the seed and the answers; the
number of requests under way has no influence on it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from structtuning_plugin.config.study import StudyConfig
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.types import Chunk
from structtuning_plugin.hookspecs import StudyPrompt
from structtuning_plugin.questions.study.forms import Assignment, Target
from structtuning_plugin.questions.study.targets import Corpus

# Greatest difference from the budget of tokens, as a share of it.
TOLERANCE = 0.02
# Share of what is left that one wave of requests is to fill, so that few replies are in vain.
_WAVE = 0.9
# Forms in a row that are larger than what is left of the budget, before the study ends.
_MOST_MISSES = 16


class Planner:
    """Turns of the passages.

    Args:
        corpus: Passages and their targets.
        prompts: Prompts in their order.
        config: Settings.
        seed: Seed of the order.
    """

    def __init__(
        self, corpus: Corpus, prompts: Sequence[StudyPrompt], config: StudyConfig, seed: int
    ) -> None:
        self.corpus = corpus
        self.summaries: dict[tuple[str, str], str] = {}
        self._prompts = prompts
        self._most = config.forms_per_fact
        self._seed = seed
        first = self.order(0)
        self._steps = {passage.id: place for place, passage in enumerate(first)}
        self._numbers: Counter[str] = Counter()
        self._uses: Counter[tuple[str, str, str]] = Counter()
        self._covered: Counter[tuple[str, str]] = Counter()
        self._facts: dict[str, tuple[str, ...]] = {}

    def order(self, number: int) -> list[Chunk]:
        """Return the passages in the order of a round."""
        return sorted(
            self.corpus.passages,
            key=lambda passage: stable_choice(self._seed, f"study/{number}/{passage.id}", 2**62),
        )

    def take_turn(self, passage: Chunk) -> Assignment | None:
        """Return the next request of a passage; None if all of its facts have enough forms."""
        for _ in self._prompts:
            prompt = self._prompts[self._steps[passage.id] % len(self._prompts)]
            self._steps[passage.id] += 1
            assignment = self._assign(passage, prompt)
            if assignment is not None:
                self._numbers[passage.id] += 1
                return assignment
        return None

    def accept(self, assignment: Assignment, texts: Sequence[str]) -> None:
        """Note that the texts of a reply are rows.

        The facts that were asked for count as covered. Facts that were written are the passage's
        facts from now on, and a section's summary stands for it in the summary of a wider section.
        """
        passage, prompt = assignment.passage, assignment.prompt
        self._covered.update((passage.id, fact) for fact in assignment.facts)
        if prompt.reply == "facts" and passage.id not in self._facts:
            self._facts[passage.id] = tuple(dict.fromkeys(texts))
        if prompt.source == "section":
            self.summaries[(prompt.name, assignment.target.topic.id)] = texts[0]

    def facts(self, passage: Chunk) -> tuple[str, ...]:
        """Return the facts of a passage: those that the model listed, else its sentences."""
        if passage.id not in self._facts:
            return self.corpus.sentences(passage)
        return self._facts[passage.id]

    def _assign(self, passage: Chunk, prompt: StudyPrompt) -> Assignment | None:
        targets = self.corpus.targets(prompt, passage, self.summaries)
        if not targets:
            return None
        if prompt.source == "passage" and prompt.facts:
            return self._about_facts(passage, prompt, targets[0])
        uses = [self._uses[_key(passage, prompt, target.chunk_ids)] for target in targets]
        if self._is_enough(min(uses)):
            return None
        target = targets[uses.index(min(uses))]
        return self._assignment(passage, prompt, target, (), target.chunk_ids)

    def _about_facts(
        self, passage: Chunk, prompt: StudyPrompt, target: Target
    ) -> Assignment | None:
        """Assign the facts with the fewest forms."""
        facts = self.facts(passage)
        places = sorted(
            range(len(facts)), key=lambda place: (self._covered[passage.id, facts[place]], place)
        )
        chosen = sorted(
            place
            for place in places[: prompt.facts]
            if not self._is_enough(self._covered[passage.id, facts[place]])
        )
        if not chosen:
            return None
        about = tuple(facts[place] for place in chosen)
        return self._assignment(passage, prompt, target, about, about)

    def _assignment(
        self,
        passage: Chunk,
        prompt: StudyPrompt,
        target: Target,
        facts: tuple[str, ...],
        subject: Sequence[str],
    ) -> Assignment:
        key = _key(passage, prompt, subject)
        self._uses[key] += 1
        return Assignment(
            passage=passage,
            number=self._numbers[passage.id],
            prompt=prompt,
            target=target,
            facts=facts,
            version=self._uses[key],
        )

    def _is_enough(self, forms: int) -> bool:
        return self._most is not None and forms >= self._most


def _key(passage: Chunk, prompt: StudyPrompt, subject: Sequence[str]) -> tuple[str, str, str]:
    return passage.id, prompt.name, "\n".join(subject)


class Volume:
    """Tokens that were written, against the budget.

    Args:
        tokens: Budget in tokens.
        usual: Tokens that a request is expected to give, before the first reply.
    """

    def __init__(self, tokens: float, usual: float) -> None:
        self.budget = tokens
        self.tokens = 0
        self._usual = max(1.0, usual)
        self._requests = 0
        self._misses = 0

    @property
    def is_full(self) -> bool:
        """True if the budget is reached, within the tolerance, or too little for any form is left.

        The latter is so where the tolerance is less than the length of a form.
        """
        is_reached = self.tokens >= math.ceil(self.budget * (1 - TOLERANCE))
        return is_reached or self._misses >= _MOST_MISSES

    def fits(self, tokens: int) -> bool:
        """Return whether so many more tokens are within the budget and its tolerance."""
        return self.tokens + tokens <= self.budget * (1 + TOLERANCE)

    def add(self, tokens: int) -> None:
        """Count what one request gave: 0 if nothing of its reply is a row."""
        self.tokens += tokens
        self._requests += 1
        self._misses = 0 if tokens else self._misses

    def miss(self) -> None:
        """Count a form that is larger than what is left of the budget."""
        self._misses += 1

    def count_requests(self) -> int:
        """Return the number of requests to send at once: nearly as many as fill the budget."""
        usual = self.tokens / self._requests if self.tokens else self._usual
        return max(1, int(_WAVE * (self.budget - self.tokens) / usual))

"""Exercises about lists and tables.

list_items    The parts of a wheel are: ...         hub; rim; spokes
member        ... which of these? A. rim  B. pedal  A. rim
cell          Tyre: Road. Width?                    28 mm
row           Width: 28 mm. Tyre?                   Road
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.questions.exercises import LETTERS, Exercise
from structtuning_plugin.questions.exercises.facts import fact_id
from structtuning_plugin.questions.exercises.listings import Listing, Table, is_plain_cell
from structtuning_plugin.questions.exercises.points import Point
from structtuning_plugin.questions.exercises.words import key, stems
from structtuning_plugin.taxonomy.offline.references import without_citations

ITEM_JOINT = "\n"


class Lists:
    """Exercises about the lists of a corpus' points.

    Args:
        points: The points, in reading order: lists of other ones give wrong answers.
        seed: Seed of every choice.
    """

    def __init__(self, points: Sequence[Point], seed: int) -> None:
        self._seed = seed
        self._lists: dict[str, list[tuple[str, Listing]]] = {}
        for point in points:
            for listing in point.listings:
                if isinstance(listing, Listing):
                    own = self._lists.setdefault(point.language, [])
                    own.append((point.topic.id, listing))

    def whole(self, point: Point, listing: Listing) -> Exercise:
        """Return the question for all items of a list."""
        topic = point.topic
        return Exercise(
            id=f"exercise/{topic.id}/list_items/{fact_id(topic.id, listing.start)}",
            form="list_items",
            asked=topic,
            places=(topic,),
            chunk_ids=(listing.chunk_id,),
            answer=ITEM_JOINT.join(without_citations(text) for _, text in listing.items),
            text=listing.lead,
            facts=tuple(fact_id(topic.id, start) for start, _ in listing.items),
        )

    def members(self, point: Point, listing: Listing) -> Iterator[Exercise]:
        """Yield for each item the question which of four options belongs to the list."""
        topic = point.topic
        for start, text in listing.items:
            wrong = self._wrong(point, listing, start)
            if len(wrong) < len(LETTERS) - 1:
                return
            place = stable_choice(self._seed, f"option/{topic.id}/{start}", len(LETTERS))
            options = [*map(without_citations, (*wrong[:place], text, *wrong[place:]))]
            lines = [f"{letter}. {text}" for letter, text in zip(LETTERS, options, strict=True)]
            own = fact_id(topic.id, start)
            yield Exercise(
                id=f"exercise/{topic.id}/member/{own}",
                form="member",
                asked=topic,
                places=(topic,),
                chunk_ids=(listing.chunk_id,),
                answer=lines[place],
                text="\n".join([listing.lead, "", *lines]),
                facts=(own,),
                turn=1,
            )

    def _wrong(self, point: Point, listing: Listing, start: int) -> list[str]:
        """Return items of other topics' lists that share no stem with this one's."""
        same = self._lists.get(point.language, ())
        lists = [own for topic, own in same if topic != point.topic.id]
        used = stems(" ".join([listing.lead, *(text for _, text in listing.items)]))
        wrong: list[str] = []
        first = stable_choice(self._seed, f"member/{point.topic.id}/{start}", max(1, len(lists)))
        for step in range(len(lists)):
            other = lists[(first + step) % len(lists)]
            at = stable_choice(self._seed, f"{start}/{other.start}", len(other.items))
            text = other.items[at][1]
            if not stems(text) & used:
                wrong.append(text)
                used |= stems(text)
            if len(wrong) == len(LETTERS) - 1:
                break
        return wrong


def ask_table(point: Point, table: Table) -> Iterator[Exercise]:
    """Yield a question for each cell of a table, and those from a cell to its row."""
    topic, subject = point.topic, table.header[0]
    columns = list(zip(*(cells for _, cells in table.rows), strict=True))
    counts = [Counter(key(cell) for cell in column) for column in columns]
    for start, cells in table.rows:
        own = fact_id(topic.id, start)
        for column in range(1, len(cells)):
            cell, name = cells[column], table.header[column]
            if not is_plain_cell(cell) or not is_plain_cell(cells[0]):
                continue
            questions = [("cell", f"{subject}: {cells[0]}", name, cell, False, column - 1)]
            if counts[column][key(cell)] == 1:
                questions.append(("row", f"{name}: {cell}", subject, cells[0], True, column))
            for form, text, term, answer, is_reverse, turn in questions:
                yield Exercise(
                    id=f"exercise/{topic.id}/{form}/{own}-{column}",
                    form=form,  # type: ignore[arg-type]  # one of two literals, above
                    asked=topic,
                    places=(topic,),
                    chunk_ids=(table.chunk_id,),
                    answer=answer,
                    text=text,
                    term=term,
                    facts=(own,),
                    is_reverse=is_reverse,
                    turn=turn,
                )

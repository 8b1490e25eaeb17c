"""What is wrong with an outline, line by line."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Faults:
    """Faults by the number of their line; 0 if it is no line's."""

    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, text: str) -> None:
        self.found.append((number, text))

    def told(self) -> list[str]:
        """The faults in the order of the lines; those of no line come last."""
        ordered = sorted(self.found, key=lambda fault: (fault[0] == 0, fault[0]))
        return [f"line {number}: {text}" if number else text for number, text in ordered]


def blanks(count: int) -> str:
    return f"{count} blank{'' if count == 1 else 's'}"

"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass, field

_SHOWN = 10


@dataclass
class Verdict:
    """What was found: ``faults`` is empty exactly when the timetable is what it claims to be."""

    faults: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.faults

    def lines(self) -> list[str]:
        """The verdict in words, for people."""
        if self.accepted:
            return ["The timetable keeps all rules and is what it claims to be.", *self.facts]
        lines = ["Rejected.", *self.faults[:_SHOWN]]
        if len(self.faults) > _SHOWN:
            lines.append(f"... and {len(self.faults) - _SHOWN} more faults.")
        return lines

"""What chambers and events stress: what the codes, words and kinds of rows count.

Evidence of a pair is a sum of products of one value from either side. Whatever multiplies the
values of a company's own rows therefore gives both sides the same score, to the last bit, and
costs the search nothing. A constant of the score itself would not: of which side should it be?
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from matching.engine.rows import Row

LEAST, MOST = 0.5, 2.0
DIGITS = 4
"""Decimals kept of what a row is multiplied by."""


@dataclass(frozen=True)
class Emphasis:
    """How much codes against words, and each kind of opportunity against the others, count.

    Each from ``LEAST`` to ``MOST``. Only proportions matter: what is raised for all is raised for
    none, so that no chamber can lift its members above others as such. ``kinds`` names all kinds;
    none means that all count alike.
    """

    codes: float = 1.0
    words: float = 1.0
    kinds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Refuse what is out of range with ValueError."""
        if not all(LEAST <= one <= MOST for one in (self.codes, self.words, *self.kinds.values())):
            raise ValueError(f"an emphasis lies in [{LEAST}, {MOST}]")

    def counts(self, kind: str = "") -> tuple[float, float]:
        """What evidence from codes and from words counts, between two companies of this emphasis.

        Of a row of some kind; a profile has none. Geometric means over codes and words, and over
        the kinds, are 1; so each lies in [0.16, 6.1].
        """
        base = math.sqrt(self.codes * self.words)
        times = self.kinds.get(kind, 1.0) / _mean(self.kinds.values()) if kind else 1.0
        return self.codes / base * times, self.words / base * times

    def towards_others(self, kind: str = "") -> tuple[float, float]:
        """The same towards a company whose chambers stress nothing."""
        return factors([self], kind)


def factors(emphases: Collection[Emphasis], kind: str = "") -> tuple[float, float]:
    """What confidences in codes and in words of a row are multiplied by; (1.0, 1.0) for nobody.

    Each chamber of a company has one voice: the geometric mean of what they say. Its square root,
    for both rows of a pair carry half: evidence counts as the geometric mean of what both sides
    say. At most 2.47, so that a full confidence fits the byte that keeps it; a word that tells most
    of a trade (1.5) is cut off there.
    """
    if not emphases:
        return 1.0, 1.0
    codes, words = zip(*(one.counts(kind) for one in emphases), strict=True)
    return (
        round(math.sqrt(_mean(codes)), DIGITS),
        round(math.sqrt(_mean(words)), DIGITS),
    )


def at_an_event(row: Row, said: Emphasis) -> Row:
    """A row as it counts among those who all listen to an event, beside what chambers say.

    Both sides of a pair carry half, so evidence counts times what the event says in full, on top
    of what the chambers of either say. What exceeds the byte of a confidence is cut off there.
    """
    times = factors([said], row.kind)
    codes, words = (round(a * b, DIGITS) for a, b in zip(row.stress, times, strict=True))
    return replace(row, stress=(codes, words))


def _mean(values: Collection[float]) -> float:
    """The geometric mean; 1.0 of nothing."""
    return math.exp(math.fsum(map(math.log, values)) / len(values)) if values else 1.0

"""What the engine reads: companies, their rows of terms, and who trades with whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

NOTHING: frozenset[str] = frozenset()
NOBODY: frozenset[int] = frozenset()
EVEN = (1.0, 1.0)
"""The stress of a row whose codes and words count as they stand."""

SIZES = ("micro", "small", "medium", "large")
"""Sizes of companies in their order; others may be used too, without an order."""


class Side(IntEnum):
    """What a row says of its company."""

    PROFILE = 0
    OFFER = 1
    DEMAND = 2


@dataclass(frozen=True)
class Row:
    """One text with codes: a company's profile, or one of its published opportunities.

    A company has at most one profile row; it stands for an offer of any kind. ``terms`` maps a
    term to the confidence in it, above 0 and usually at most 1; steps of 0.01 are kept. ``targets``
    are the countries the opportunity is meant for, empty for any. ``ref`` is the caller's name for
    the row; it comes back in reasons. The confidences in codes and in words are multiplied by
    ``stress`` (see ``emphasis.factors``).
    """

    owner: int
    side: Side
    terms: Mapping[str, float]
    kind: str = ""
    targets: frozenset[str] = NOTHING
    ref: str = ""
    stress: tuple[float, float] = EVEN

    @property
    def sure(self) -> Mapping[str, float]:
        """The confidence in each term as it counts."""
        if self.stress == EVEN:
            return self.terms
        codes, words = self.stress
        return {
            term: confidence * (words if term.startswith("w:") else codes)
            for term, confidence in self.terms.items()
        }

    def fits(self, demand: "Row") -> bool:
        """Whether this offer or profile may answer a demand by its kind."""
        return self.side is Side.PROFILE or self.kind == demand.kind


@dataclass(frozen=True)
class Company:
    """Who may meet whom: all that limits a company's partners, and what is known of it besides.

    Countries are ISO 3166-1 alpha-2 codes. ``wanted`` empty means any. ``blocked`` holds ids of
    companies never to meet, from either side; ``dismissed`` those not to show in this company's own
    list only; ``met`` those it has met, from either side. Companies of one non-zero ``group`` never
    meet. ``requires`` are the certificates a partner must hold, ``sizes`` those accepted of a
    partner (empty any; an unknown size is accepted). ``trades`` are the HS headings it offers; who
    ``avoids_competitors`` meets nobody who offers one of them too. ``industry`` is a key of the
    ``Prior``, ``standing`` how much more than its texts speaks for it, in units of evidence before
    ``Weights.standing``.
    """

    id: int
    country: str
    wanted: frozenset[str] = NOTHING
    excluded: frozenset[str] = NOTHING
    blocked: frozenset[int] = NOBODY
    dismissed: frozenset[int] = NOBODY
    met: frozenset[int] = NOBODY
    group: int = 0
    languages: frozenset[str] = NOTHING
    interpreter: bool = True
    """Whether it meets with an interpreter where no language is common."""
    certificates: frozenset[str] = NOTHING
    requires: frozenset[str] = NOTHING
    size: str = ""
    sizes: frozenset[str] = NOTHING
    avoids_competitors: bool = False
    trades: frozenset[str] = NOTHING
    industry: str = ""
    standing: float = 0.0

    def admits(self, country: str) -> bool:
        """Whether this company looks for partners in a country."""
        return country not in self.excluded and (not self.wanted or country in self.wanted)

    def accepts(self, other: "Company") -> bool:
        """Whether another company's country, size and certificates are as this one asks."""
        return (
            self.admits(other.country)
            and self.requires <= other.certificates
            and (not self.sizes or not other.size or other.size in self.sizes)
        )

    def knows(self, other: "Company") -> bool:
        """Whether the two have met before, by what either side says."""
        return other.id in self.met or self.id in other.met


def may_meet(one: Company, other: Company) -> bool:
    """Whether no hard limit of either side keeps two companies apart; symmetric.

    A company whose country is unknown meets nobody, since nobody is known to be abroad for it.
    """
    return (
        one.country != ""
        and other.country != ""
        and one.country != other.country
        and one.accepts(other)
        and other.accepts(one)
        and other.id not in one.blocked
        and one.id not in other.blocked
        and (one.group == 0 or one.group != other.group)
        and ((one.interpreter and other.interpreter) or not languages_differ(one, other))
        and not ((one.avoids_competitors or other.avoids_competitors) and one.trades & other.trades)
    )


def languages_differ(one: Company, other: Company) -> bool:
    """Whether the languages of both are known and none is common."""
    return bool(one.languages and other.languages) and not one.languages & other.languages


@dataclass(frozen=True)
class Prior:
    """Who trades with whom, beyond what their texts say.

    One number per pair of industries and of countries, in units of evidence before
    ``Weights.prior``; 0 for what is not named.
    ``industry_lift`` has one row and column per name in ``industries``, ``country_lift`` per code
    in ``countries``; both are symmetric and of single precision. Raises ValueError otherwise.
    """

    industries: tuple[str, ...] = ()
    industry_lift: NDArray[np.float32] = field(default_factory=lambda: _square(0))
    countries: tuple[str, ...] = ()
    country_lift: NDArray[np.float32] = field(default_factory=lambda: _square(0))

    def __post_init__(self) -> None:
        """Refuse tables that would not give the same number from both sides."""
        for names, lift in (
            (self.industries, self.industry_lift),
            (self.countries, self.country_lift),
        ):
            if len(set(names)) != len(names) or lift.shape != (len(names), len(names)):
                raise ValueError("a prior has one row and one column for each of its names")
            if lift.dtype != np.float32 or not np.isfinite(lift).all() or (lift != lift.T).any():
                raise ValueError("a prior is finite, symmetric and of single precision")

    def lift(self, one: Company, other: Company) -> float:
        """What the industries and countries of two companies say for them; symmetric."""
        return _entry(self.industries, self.industry_lift, one.industry, other.industry) + _entry(
            self.countries, self.country_lift, one.country, other.country
        )


def _square(size: int) -> NDArray[np.float32]:
    return np.zeros((size, size), np.float32)


def _entry(names: tuple[str, ...], lift: NDArray[np.float32], one: str, other: str) -> float:
    if one not in names or other not in names:
        return 0.0
    return float(lift[names.index(one), names.index(other)])


NO_PRIOR = Prior()

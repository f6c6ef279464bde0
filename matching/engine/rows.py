"""What the engine reads: companies and their rows of terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

NO_COUNTRIES: frozenset[str] = frozenset()


class Side(IntEnum):
    """What a row says of its company."""

    PROFILE = 0
    OFFER = 1
    DEMAND = 2


@dataclass(frozen=True)
class Row:
    """One text with codes: a company's profile, or one of its published opportunities.

    A company has at most one profile row; it stands for an offer of any kind. ``terms`` maps a
    term to the confidence in it, above 0 and usually at most 1. ``targets`` are the countries the
    opportunity is meant for, empty for any. ``ref`` is the caller's name for the row; it comes back
    in reasons.
    """

    owner: int
    side: Side
    terms: Mapping[str, float]
    kind: str = ""
    targets: frozenset[str] = NO_COUNTRIES
    ref: str = ""

    def fits(self, demand: "Row") -> bool:
        """Whether this offer or profile may answer a demand by its kind."""
        return self.side is Side.PROFILE or self.kind == demand.kind


@dataclass(frozen=True)
class Company:
    """Who may meet whom: all that limits a company's partners.

    Countries are ISO 3166-1 alpha-2 codes. ``wanted`` empty means any. ``blocked`` holds ids of
    companies never to meet, from either side; ``dismissed`` those not to show in this company's own
    list only. Companies of one non-zero ``group`` never meet.
    """

    id: int
    country: str
    wanted: frozenset[str] = NO_COUNTRIES
    excluded: frozenset[str] = NO_COUNTRIES
    blocked: frozenset[int] = frozenset()
    dismissed: frozenset[int] = frozenset()
    group: int = 0
    languages: frozenset[str] = frozenset()

    def admits(self, country: str) -> bool:
        """Whether this company looks for partners in a country."""
        return country not in self.excluded and (not self.wanted or country in self.wanted)


def may_meet(one: Company, other: Company) -> bool:
    """Whether no hard limit of either side keeps two companies apart; symmetric.

    A company whose country is unknown meets nobody, since nobody is known to be abroad for it.
    """
    return (
        one.country != ""
        and other.country != ""
        and one.country != other.country
        and one.admits(other.country)
        and other.admits(one.country)
        and other.id not in one.blocked
        and one.id not in other.blocked
        and (one.group == 0 or one.group != other.group)
    )

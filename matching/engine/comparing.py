"""What changes for whom when everybody's lists are computed by other rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.int64]
Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Lists:
    """Everybody's partners by some rules.

    Row i is the list of company ``companies[i]``: ids of partners, best first, -1 after the last;
    ``mutual`` their scores in [0, 1). The order is that in which they are shown.
    """

    companies: Longs
    partners: Longs
    mutual: Floats

    @property
    def lengths(self) -> Longs:
        """How many partners each list holds."""
        return np.asarray((self.partners >= 0).sum(axis=1), np.int64)

    @property
    def best(self) -> Floats:
        """The best score of each list, wherever it stands; 0 where it is empty."""
        return np.asarray(np.where(self.partners >= 0, self.mutual, 0).max(axis=1, initial=0.0))

    def shown(self) -> Longs:
        """In how many lists each company stands."""
        order = np.argsort(self.companies, kind="stable")
        found = self.partners[self.partners >= 0]
        places = order[np.searchsorted(self.companies, found, sorter=order)]
        return np.bincount(places, minlength=len(self.companies))


@dataclass(frozen=True)
class Moved:
    """A partner that moves in a list: ranks from 1, None where it does not stand in it."""

    company: int
    partner: int
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Group:
    """Companies that have something in common: means over them, before and after."""

    companies: int
    best: tuple[float, float]
    shown: tuple[float, float]
    """Lists in which one of them stands, on average."""
    without: tuple[int, int]


@dataclass(frozen=True)
class Change:
    """The whole change, in numbers; pairs of numbers are before and after."""

    companies: int
    changed: int
    """Lists with other partners than before."""
    reordered: int
    """Lists with the same partners in another order."""
    kept: float
    """Share of the former entries that still stand, in [0, 1]; 1 when there were none."""
    best: tuple[float, float]
    """Mean of the best scores."""
    without: tuple[int, int]
    """Companies without any partner."""
    fewer: int
    more: int
    groups: Mapping[str, Group]
    up: tuple[Moved, ...]
    down: tuple[Moved, ...]


def compare(
    before: Lists,
    after: Lists,
    groups: Mapping[str, NDArray[np.bool_]] | None = None,
    examples: int = 5,
    told: NDArray[np.bool_] | None = None,
) -> Change:
    """What changes from one set of lists to another, of the same companies in the same order.

    ``groups`` names masks over the companies. ``examples`` is the number of moves told in each
    direction: the farthest ones, each of another company, in the order of companies for equal ones;
    of the lists of those ``told`` only, where that mask is given.
    Raises ValueError when the companies differ.
    """
    if not np.array_equal(before.companies, after.companies):
        raise ValueError("lists of the same companies in the same order are compared")
    ranks = [_ranks(lists.partners) for lists in (before, after)]
    pairs = list(zip(*ranks, strict=True))
    entries = sum(len(one) for one, _ in pairs)
    kept = sum(len(one.keys() & other.keys()) for one, other in pairs)
    moved = _moves(before.companies, pairs, before.partners.shape[1] + 1, told)
    lengths = before.lengths, after.lengths
    shown = before.shown(), after.shown()
    return Change(
        companies=len(before.companies),
        changed=sum(one.keys() != other.keys() for one, other in pairs),
        reordered=sum(one.keys() == other.keys() and one != other for one, other in pairs),
        kept=kept / entries if entries else 1.0,
        best=(_mean(before.best), _mean(after.best)),
        without=(int((lengths[0] == 0).sum()), int((lengths[1] == 0).sum())),
        fewer=int((lengths[1] < lengths[0]).sum()),
        more=int((lengths[1] > lengths[0]).sum()),
        groups={
            name: Group(
                companies=int(mask.sum()),
                best=(_mean(before.best[mask]), _mean(after.best[mask])),
                shown=(_mean(shown[0][mask]), _mean(shown[1][mask])),
                without=(int((lengths[0][mask] == 0).sum()), int((lengths[1][mask] == 0).sum())),
            )
            for name, mask in (groups or {}).items()
        },
        up=_farthest([one for one in moved if one[0] < 0], examples),
        down=_farthest([one for one in moved if one[0] > 0], examples),
    )


def _ranks(partners: Longs) -> list[dict[int, int]]:
    """{partner: rank from 1} of each list."""
    return [
        {partner: rank for rank, partner in enumerate(row, 1) if partner >= 0}
        for row in partners.tolist()
    ]


def _moves(
    companies: Longs,
    pairs: Sequence[tuple[dict[int, int], dict[int, int]]],
    out: int,
    told: NDArray[np.bool_] | None,
) -> list[tuple[int, Moved]]:
    """(how far down, the move) of the farthest up and the farthest down in each list."""
    found: list[tuple[int, Moved]] = []
    for at, (company, (one, other)) in enumerate(zip(companies.tolist(), pairs, strict=True)):
        if told is not None and not told[at]:
            continue
        moves = [
            (
                other.get(partner, out) - one.get(partner, out),
                Moved(company, partner, one.get(partner), other.get(partner)),
            )
            for partner in one.keys() | other.keys()
        ]
        if moves:  # of a single one once
            found += {min(moves, key=_by_distance), max(moves, key=_by_distance)}
    return found


def _by_distance(move: tuple[int, Moved]) -> tuple[int, int]:
    return move[0], move[1].partner


def _farthest(moves: list[tuple[int, Moved]], count: int) -> tuple[Moved, ...]:
    ordered = sorted(moves, key=lambda move: (-abs(move[0]), move[1].company))
    return tuple(move for _, move in ordered[:count])


def _mean(values: Floats | Longs) -> float:
    return float(values.mean()) if len(values) else 0.0

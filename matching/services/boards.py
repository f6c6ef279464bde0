"""What a process knows of the lists that are shown: kept in memory, brought up to date by rows.

The index of the run knows all companies as they were when it was built. Companies changed since
then (the *young*) stand in small indexes beside it, whose terms weigh the same. They are merged so
that there are few: each is at most half as large as the one before it.
Source: Bentley and Saxe (1980), Decomposable searching problems, on the logarithmic method.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chambers.models import Company
from matching import engine, profiles
from matching.engine import Row
from matching.engine.packed import pack
from matching.models import Profile, Run
from matching.services import columns, indexes
from matching.services.lists import WIDTH, Floats, Longs, Places
from matching.ties import NO_TIES, ties_of

if TYPE_CHECKING:
    from matching.engine.candidates import Candidates
    from matching.engine.index import Index
    from matching.engine.standings import Standings

Asking = dict[int, tuple[engine.Company, list[Row]]]
_READ = ("company_id", "rows", "trades", "topic", "changed_at")
_BEGINNING = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Segment:
    """An index, and how hard it is to enter the lists of its companies."""

    index: Index
    standings: Standings
    places: Places
    candidates: Candidates | None = None
    """Of a segment too large to compare everybody with everyone."""

    def scores_for(self, own: engine.Company, rows: list[Row], price: float | None) -> Floats:
        """The scores of a company by position, of all that count for its list and for others'.

        Of those that do not, 0 may stand in place of the score. ``price``: what it costs in the
        lists of others; None where these do not matter.
        """
        place, floor = self.standings, np.float32(self.index.weights.met_floor)
        if self.candidates is None:
            return self.index.scores_for(own, rows).mutual
        if price is None:
            admit = np.zeros(len(place.ids), np.bool_)
        else:
            # Without a met need none scores above the floor: enough for few lists.
            admit = place.here & (place.least <= floor)
            admit &= place.threshold <= floor - np.float32(price)
        scores = self.candidates.scores_for(own, rows, admit)
        above = np.count_nonzero(place.here & (scores > floor)) - len(own.dismissed)
        return scores if above >= WIDTH else self.index.scores_for(own, rows).mutual


@dataclass
class Board:
    """A run's index and all that has changed since it was built; ``young`` as they are now."""

    run: Run
    segments: list[Segment]
    young: Asking = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    profiles_seen: dt.datetime = _BEGINNING
    lists_seen: int | None = None
    """Time of the latest change taken up, in microseconds since 1970; None before the first."""

    @property
    def base(self) -> Segment:
        """The run's own index."""
        return self.segments[0]

    @property
    def least(self) -> float:
        """The score below which only the best of a list is shown, in single precision."""
        return float(np.float32(self.base.index.weights.shown_least))

    def price_of(self, companies: Longs) -> Floats:
        """What each company costs in the lists of others; 0 for who came after the run."""
        places = self.base.places.of(companies)
        return np.where(places >= 0, self.base.standings.price[places], np.float32(0))

    def place_of(self, company: int) -> int | None:
        """The position of a company in the run's index, if its rows there still hold."""
        place = int(self.base.places.of(np.array([company]))[0])
        return place if place >= 0 and self.base.standings.here[place] else None


_board: list[Board] = []


def current(run: Run) -> Board:
    """The board of a run as the rows stand now; call under ``lock_lists``."""
    if not _board or _board[0].run.pk != run.pk:
        _board[:] = []
        _board[:] = [_new(run)]
    board = _board[0]
    try:
        _read_lists(board, _read_profiles(board))
    except BaseException:
        forget()  # it has taken up half
        raise
    return board


def forget() -> None:
    """Read all anew the next time, such as after a change that was not committed."""
    _board.clear()


def asking(companies: Iterable[int]) -> Asking:
    """What the engine needs of some companies as they stand now."""
    return _asking(Profile.objects.filter(company__in=companies).only(*_READ))


def _asking(found: Iterable[Profile]) -> Asking:
    stored = {one.company_id: one for one in found}
    ties = ties_of(list(stored))
    return {
        company.pk: (
            profiles.engine_company(
                company,
                ties.get(company.pk, NO_TIES),
                stored[company.pk].trades,
                stored[company.pk].topic,
            ),
            profiles.engine_rows(company.pk, stored[company.pk].rows),
        )
        for company in Company.objects.matched().filter(pk__in=list(stored))
    }


def _new(run: Run) -> Board:
    from matching.engine.candidates import Candidates  # compiled code: only where it works

    seen = run.indexed_at or run.created_at
    base = _segment(indexes.load(run))
    base = replace(base, candidates=Candidates(base.index))
    return Board(run, [base], profiles_seen=seen)


def _segment(index: Index) -> Segment:
    from matching.engine.standings import Standings  # see above

    ids = index.companies
    return Segment(
        index,
        Standings(
            ids=ids,
            here=np.ones(len(ids), np.bool_),
            price=np.zeros(len(ids), np.float32),
            threshold=np.full(len(ids), -np.inf, np.float32),
            least=np.full(len(ids), -np.inf, np.float32),
            last=np.full(len(ids), -1, np.int64),
        ),
        Places(ids),
    )


def _read_profiles(board: Board) -> list[int]:
    """Take up the companies whose profile has changed since the last time.

    Those whose standings are to be read, for they have a new place.
    """
    later = list(Profile.objects.filter(changed_at__gt=board.profiles_seen).only(*_READ))
    if not later:
        return []
    found = _asking(later)
    board.profiles_seen = max(one.changed_at for one in later)
    changed = [one.company_id for one in later]
    for company in changed:
        board.young.pop(company, None)
    board.gone = (board.gone | set(changed)) - set(found)
    board.young |= found
    wanted = np.array(changed, np.int64)
    for segment in board.segments:
        places = segment.places.of(wanted)
        segment.standings.here[places[places >= 0]] = False
        # Who left has lost its price, also when it is back; that of the others is read below.
        segment.standings.price[places[places >= 0]] = 0
    return _add(board, found) if found else []


def _add(board: Board, found: Asking) -> list[int]:
    """Put companies into a segment of their own, merged with those that are not much larger.

    All who stand in it now.
    """
    members = set(found)
    while len(board.segments) > 1:
        standings = board.segments[-1].standings
        if len(standings.ids) > 2 * len(members):
            break
        members |= set(standings.ids[standings.here].tolist())
        board.segments.pop()
    companies = [board.young[company][0] for company in members]
    packed = [(company, pack(board.young[company][1])) for company in members]
    segment = _segment(indexes.index_of(board.run, companies, packed, like=board.base.index))
    segment.standings.price[:] = board.price_of(segment.standings.ids)
    board.segments.append(segment)
    return list(members)


def _read_lists(board: Board, newcomers: list[int]) -> None:
    """Take up what has changed in the lists since the last time, and those of the newcomers."""
    run = board.run.pk
    if board.lists_seen is None:
        found = columns.read(f"{_QUERY} where run_id = %s", [run], _STANDING)
    else:
        found = columns.read(
            f"{_QUERY} where run_id = %s"
            " and changed_at > timestamptz 'epoch' + %s * interval '1 microsecond'"
            f" union all {_QUERY} where run_id = %s and company_id = any(%s)",
            [run, board.lists_seen, run, newcomers],
            _STANDING,
        )
    owners, changed, *values = found
    board.lists_seen = max(board.lists_seen or 0, int(changed.max(initial=0)))
    _place(board, owners, values)


_QUERY = (
    "select company_id, coalesce((extract(epoch from changed_at) * 1000000)::bigint, 0),"
    " price, threshold, least, last from matching_suggestionlist"
)
_STANDING = [columns.LONG] * 2 + [columns.REAL] * 3 + [columns.LONG]


def _place(board: Board, owners: Longs, read: list[NDArray[Any]]) -> None:
    for segment in board.segments:
        to = segment.standings
        places = segment.places.of(owners)
        known = places >= 0
        fields: list[NDArray[Any]] = [to.price, to.threshold, to.least, to.last]
        for column, value in zip(fields, read, strict=True):
            column[places[known]] = value[known]

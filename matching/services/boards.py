"""What a process knows of the lists that are shown: kept in memory, brought up to date by rows.

The index of the run knows all companies as they were when it was built. Companies changed since
then (the *young*) stand in small indexes beside it, whose terms weigh the same. They are merged so
that there are few: each is at most half as large as the one before it.
Source: Bentley and Saxe (1980), Decomposable searching problems, on the logarithmic method.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Max
from numpy.typing import NDArray

from chambers.models import Company
from matching import engine, profiles
from matching.engine import Row
from matching.engine.packed import pack
from matching.models import Profile, Run, SuggestionList
from matching.services import columns, indexes
from matching.services.lists import Floats, Longs, Places

if TYPE_CHECKING:
    from matching.engine.index import Index
    from matching.engine.standings import Standings

Asking = dict[int, tuple[engine.Company, list[Row]]]
_STANDING = (columns.LONG, columns.REAL, columns.REAL, columns.REAL, columns.LONG)
_BEGINNING = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Segment:
    """An index, and how hard it is to enter the lists of its companies."""

    index: Index
    standings: Standings
    places: Places


@dataclass
class Board:
    """A run's index and all that has changed since it was built; ``young`` as they are now."""

    run: Run
    segments: list[Segment]
    young: Asking = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    profiles_seen: dt.datetime = _BEGINNING
    lists_seen: dt.datetime = _BEGINNING

    @property
    def base(self) -> Segment:
        """The run's own index."""
        return self.segments[0]

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
    _read_profiles(board)
    _read_lists(board)
    return board


def forget() -> None:
    """Read all anew the next time, such as after a change that was not committed."""
    _board.clear()


def asking(companies: Iterable[int]) -> Asking:
    """What the engine needs of some companies as they stand now."""
    stored = {one.company_id: one for one in Profile.objects.filter(company__in=companies)}
    ties = profiles.ties_of(list(stored))
    return {
        company.pk: (
            profiles.engine_company(
                company,
                ties.get(company.pk, profiles.NO_TIES),
                stored[company.pk].trades,
                stored[company.pk].topic,
            ),
            profiles.engine_rows(company.pk, stored[company.pk].rows),
        )
        for company in Company.objects.matched().filter(pk__in=list(stored))
    }


def _new(run: Run) -> Board:
    seen = run.indexed_at or run.created_at
    return Board(run, [_segment(indexes.load(run))], profiles_seen=seen)


def _segment(index: Index) -> Segment:
    from matching.engine.standings import Standings  # compiled code: only where it works

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


def _read_profiles(board: Board) -> None:
    """Take up the companies whose profile has changed since the last time."""
    changed = dict(
        Profile.objects.filter(changed_at__gt=board.profiles_seen).values_list(
            "company_id", "changed_at"
        )
    )
    if not changed:
        return
    found = asking(changed)
    board.profiles_seen = max(changed.values())
    for company in changed:
        board.young.pop(company, None)
    board.gone = (board.gone | set(changed)) - set(found)
    board.young |= found
    wanted = np.array(list(changed), np.int64)
    for segment in board.segments:
        places = segment.places.of(wanted)
        segment.standings.here[places[places >= 0]] = False
        # Who left has lost its price, also when it is back; that of the others is read below.
        segment.standings.price[places[places >= 0]] = 0
    if found:
        _add(board, found)


def _add(board: Board, found: Asking) -> None:
    """Put companies into a segment of their own, merged with those that are not much larger."""
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
    # Their lists were read before they had a place.
    _place(board, _standings_of(board.run, list(members)))


def _read_lists(board: Board) -> None:
    """Take up what has changed in the lists since the last time."""
    if board.lists_seen == _BEGINNING:
        query = _QUERY + " where run_id = %s"
        _place(board, columns.read(query, [board.run.pk], _STANDING))
        latest = SuggestionList.objects.filter(run=board.run, changed_at__isnull=False)
        newest = latest.aggregate(Max("changed_at"))["changed_at__max"]
        board.lists_seen = newest or board.run.created_at
        return
    later = SuggestionList.objects.filter(run=board.run, changed_at__gt=board.lists_seen)
    changed = {
        company: moment
        for company, moment in later.values_list("company_id", "changed_at")
        if moment is not None
    }
    if changed:
        board.lists_seen = max(changed.values())
        _place(board, _standings_of(board.run, list(changed)))


_QUERY = "select company_id, price, threshold, least, last from matching_suggestionlist"


def _standings_of(run: Run, companies: list[int]) -> list[NDArray[Any]]:
    query = _QUERY + " where run_id = %s and company_id = any(%s)"
    return columns.read(query, [run.pk, companies], _STANDING)


def _place(board: Board, read: list[NDArray[Any]]) -> None:
    owners, *values = read
    for segment in board.segments:
        to = segment.standings
        places = segment.places.of(owners)
        known = places >= 0
        fields: list[NDArray[Any]] = [to.price, to.threshold, to.least, to.last]
        for column, value in zip(fields, values, strict=True):
            column[places[known]] = value[known]

"""How shortlists and lists of suggestions reach the database and come back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from matching.engine.showing import entrance
from matching.models import Run, Shortlist, SuggestionList

if TYPE_CHECKING:
    from matching.engine.copying import Lists

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]

LENGTH = 20  # partners in a list
RESERVE = 10  # further ones that are kept, to be shown when others leave
WIDTH = 60  # partners on a shortlist, from which those of a list are chosen
_CHUNK = 20_000  # companies written at a time
_BYTES = WIDTH * 4  # of the positions of a company, and of its scores


def lock_lists() -> dt.datetime:
    """Be the only one who changes profiles or current lists, until the transaction ends.

    The time of the database from then on: later than all that others have changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select clock_timestamp() from pg_advisory_xact_lock(hashtext('matching lists'))"
        )
        return _moment(cursor.fetchone())


def database_clock() -> dt.datetime:
    """The time of the database, the same for all machines."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        return _moment(cursor.fetchone())


def _moment(row: tuple[Any, ...] | None) -> dt.datetime:
    (now,) = row or (None,)
    assert isinstance(now, dt.datetime)  # noqa: S101 - for the types: it always answers
    return now


class Places:
    """Where companies stand in an index, by their ids."""

    def __init__(self, ids: Longs) -> None:
        """Sorts once."""
        self._order = np.argsort(ids, kind="stable").astype(np.int32)
        self._sorted = ids[self._order]

    def of(self, wanted: Longs) -> Ints:
        """The position of each, in the same shape; -1 for who is not there."""
        if not len(self._sorted):
            return np.full(wanted.shape, -1, np.int32)
        place = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        return np.where(self._sorted[place] == wanted, self._order[place], np.int32(-1))


def save_shortlists(run: Run, start: int, positions: Ints, scores: Floats) -> None:
    """Store what the companies from position ``start`` on are to be shown from, once."""
    data = np.ascontiguousarray(positions, "<i4").tobytes()
    data += np.ascontiguousarray(scores, "<f4").tobytes()
    Shortlist.objects.filter(run=run, start=start).delete()
    Shortlist.objects.create(run=run, start=start, companies=len(positions), data=data)


def shortlists(run: Run, companies: int) -> tuple[Ints, Floats]:
    """The shortlists of all companies of a run, by position."""
    positions = np.full((companies, WIDTH), -1, np.int32)
    scores = np.zeros((companies, WIDTH), np.float32)
    stored = Shortlist.objects.filter(run=run).order_by("start")
    for one in stored.iterator(chunk_size=4):
        part = slice(one.start, one.start + one.companies)
        half = len(one.data) // 2
        positions[part] = np.frombuffer(one.data[:half], "<i4").reshape(-1, WIDTH)
        scores[part] = np.frombuffer(one.data[half:], "<f4").reshape(-1, WIDTH)
    return positions, scores


def shortlists_of(run: Run, positions: Sequence[int]) -> dict[int, tuple[Ints, Floats]]:
    """(positions of partners, scores) of some companies, by position; the run's, not today's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select p.at,"
            " substring(s.data from (p.at - s.start) * %s + 1 for %s),"
            " substring(s.data from (s.companies + p.at - s.start) * %s + 1 for %s)"
            " from unnest(%s::int[]) as p (at) cross join lateral (select * from matching_shortlist"
            " where run_id = %s and start <= p.at order by start desc limit 1) as s",
            [_BYTES, _BYTES, _BYTES, _BYTES, list(positions), run.pk],
        )
        return {
            at: (np.frombuffer(partners, "<i4"), np.frombuffer(scores, "<f4"))
            for at, partners, scores in cursor.fetchall()
        }


def chosen_lists(
    ids: Longs, positions: Ints, scores: Floats, prices: Floats, least: float
) -> Lists:
    """Everybody's list and reserve from the shortlists, by what everybody costs.

    The shortlists hold nobody who is not shown, as ``least`` asks.
    """
    from matching.engine import copying  # compiled code: only where it works

    partners, mutual = copying.best_by_value(positions, scores, prices, LENGTH + RESERVE)
    value = mutual[:, -1] - np.append(prices, np.float32(0))[partners[:, -1]]
    room = np.float32(-np.inf)
    end = np.where(positions[:, -1] >= 0, scores[:, -1], room), positions[:, -1]
    enough, last = entrance((scores[:, 0], positions[:, 0]), end, least)
    return copying.Lists(
        ids=ids,
        partners=partners,
        mutual=mutual,
        shown=LENGTH,
        price=prices,
        threshold=np.where(partners[:, -1] >= 0, value, room),
        least=enough,
        last=last.astype(np.int32),
    )


def write_lists(run: Run, lists: Lists) -> None:
    """Store everybody's list in the place of what the run may have stored before."""
    from matching.engine import copying  # compiled code: only where it works

    start, owners = copying.listed_by(lists.partners)
    SuggestionList.objects.filter(run=run).delete()
    columns = ", ".join(copying.COLUMNS)
    query = f"copy matching_suggestionlist ({columns}) from stdin (format binary)"
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.write(copying.HEADER)
        for first in range(0, len(lists.ids), _CHUNK):
            stop = min(first + _CHUNK, len(lists.ids))
            copy.write(copying.rows(run.pk, lists, start, owners, first, stop))
        copy.write(copying.TRAILER)


def drop_some_lists(run: Run) -> int:
    """Delete some of the lists of a run; how many. Nothing waits long for it."""
    some = SuggestionList.objects.filter(run=run).values("pk")[:_CHUNK]
    gone, _per_model = SuggestionList.objects.filter(pk__in=some).delete()
    return gone

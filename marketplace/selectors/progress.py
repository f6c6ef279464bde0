"""How a search for a timetable goes on, live: in administration and on the page of its event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from chambers.models import User
from marketplace.models import Event, Timetable
from marketplace.selectors.drawings import Chart, chart
from marketplace.selectors.timetables import Worth, certificate_of

_SERIES = {
    1: (_("Placed meetings"), "l0"),
    2: (_("Breaks"), "l0"),
    3: (_("Bound: no timetable has fewer"), "l1"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """How far a version is."""

    timetable: Timetable
    is_open: bool
    percent: int
    """Of its seconds"""
    rows: Sequence[Sequence[float | None]]
    """Seconds, placed meetings, breaks and bound, as the search went on"""
    meetings_chart: Chart | None
    breaks_chart: Chart | None
    worth: Worth | None
    """Its certificate, once it is over and has a plan"""

    @property
    def last(self) -> Sequence[float | None] | None:
        """The latest of the rows."""
        return self.rows[-1] if self.rows else None

    @property
    def gap(self) -> float | None:
        """Breaks that the best plan so far has above the bound."""
        if self.last is None:
            return None
        breaks, bound = self.last[2:]
        return None if breaks is None or bound is None else max(breaks - bound, 0)


def search_of(timetable: Timetable) -> Search:
    """How far the search for a version is, or was when it ended."""
    return Search(
        timetable=timetable,
        is_open=timetable.finished_at is None,
        percent=percent(timetable),
        rows=timetable.progress,
        meetings_chart=_drawn(timetable, (1,)),
        breaks_chart=_drawn(timetable, (2, 3)),
        worth=certificate_of(timetable),
    )


def search_at(event: Event, reader: User | AnonymousUser) -> Search | None:
    """The latest version of an event that is not published yet, for who manages the event.

    None where there is none, and for everybody else.
    """
    if not reader.is_authenticated or not _manages(event, reader):
        return None
    drafts = Timetable.objects.filter(event=event, status=Timetable.Status.DRAFT)
    # Megabytes each, of which a search that still runs needs none.
    light = drafts.select_related("job").defer("problem", "plan")
    latest = light.order_by("-number").first()
    return search_of(latest) if latest is not None else None


def _manages(event: Event, reader: User) -> bool:
    """Whoever works for no chamber is not even looked up."""
    return reader.is_staff and Event.objects.managed_by(reader).filter(pk=event.pk).exists()


def percent(timetable: Timetable) -> int:
    """How much of its seconds the search has used."""
    if not timetable.progress:
        return 0
    return min(int(100 * timetable.progress[-1][0] / timetable.seconds), 100)


def _drawn(timetable: Timetable, columns: tuple[int, ...]) -> Chart | None:
    seconds = [row[0] for row in timetable.progress]
    return chart(
        seconds,
        [
            (str(name), style, [row[at] for row in timetable.progress])
            for at, (name, style) in _SERIES.items()
            if at in columns
        ],
    )

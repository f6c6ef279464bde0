"""What stands in the way of a meeting, in the words and with the names that staff read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.models import Meeting, Participant
from marketplace.scheduling import cells
from marketplace.scheduling.problem import Cause
from marketplace.selectors.reading import Reading

_CAUSES = {
    Cause.NO_COMMON_SLOT: gettext_lazy("its people are never free together"),
    Cause.FULL_CALENDAR: gettext_lazy("somebody has more meetings than free slots"),
    Cause.NO_INTERPRETER: gettext_lazy("no interpreter for its languages is free"),
    Cause.TABLES: gettext_lazy("all tables are taken whenever its people are free"),
    Cause.ORDER: gettext_lazy("it cannot come before or after the meetings it has to"),
    Cause.NO_REST: gettext_lazy("somebody would have too many meetings in a row"),
    Cause.CROWDED: gettext_lazy("each meeting would fit alone, not all together"),
    Cause.UNEVEN: gettext_lazy("breaks could not be shared out as evenly as the event asks"),
}
_WHYS = {
    cells.Why.AWAY: gettext_lazy("outside the hours or wishes of somebody"),
    cells.Why.BUSY: gettext_lazy("another meeting"),
    cells.Why.TABLES: gettext_lazy("no table is free"),
    cells.Why.INTERPRETER: gettext_lazy("no interpreter is free"),
    cells.Why.REST: gettext_lazy("too many meetings in a row"),
    cells.Why.ORDER: gettext_lazy("the order of meetings"),
    cells.Why.UNEVEN: gettext_lazy("breaks would be less even than the event asks"),
    cells.Why.FIXED: gettext_lazy("this meeting keeps its time"),
}


def cause_in_words(cause: Cause) -> str:
    """What stands in the way of a meeting."""
    return str(_CAUSES[cause]) if cause in _CAUSES else _("the rules of the event")


def obstacles_told(reading: Reading, obstacles: Iterable[cells.Obstacle]) -> list[str]:
    """What stands in the way, in words with names."""
    return Names(reading).of_all(list(obstacles))


class Names:
    """Names of the people and meetings of a problem, read once and only when something is told."""

    def __init__(self, reading: Reading) -> None:
        """Names for the numbers of ``reading``; nothing is read yet."""
        self._reading = reading
        self._known: dict[str, str] | None = None
        self._ordered: dict[str, str] | None = None

    def of_all(self, obstacles: Sequence[cells.Obstacle]) -> list[str]:
        """What stands in the way, each said once."""
        return list(dict.fromkeys(self._of(one) for one in obstacles))

    def people(self, numbers: Iterable[int]) -> list[str]:
        """Those of some calendars who have a name, each once."""
        found = [self._name(self._reading.calendars[one]) for one in numbers]
        return list(dict.fromkeys(filter(None, found)))

    def _of(self, obstacle: cells.Obstacle) -> str:
        why = str(_WHYS[obstacle.why])
        if obstacle.why is cells.Why.ORDER and obstacle.meeting is not None:
            name = self._meeting(self._reading.meetings[obstacle.meeting])
        elif obstacle.participant is None:
            return why
        else:
            name = self._name(self._reading.calendars[obstacle.participant])
        return _("%(why)s: %(name)s") % {"why": why, "name": name} if name else why

    def _meeting(self, key: str) -> str:
        """Both sides of a meeting that comes before or after another."""
        if self._ordered is None:
            pairs = self._reading.problem.precedences
            keys = {self._reading.meetings[one] for pair in pairs for one in pair}
            rows = Meeting.objects.filter(public_id__in=keys).select_related(
                "host__registration__company", "guest__registration__company"
            )
            self._ordered = {str(one.public_id): one.told for one in rows}
        return self._ordered.get(key, "")

    def _name(self, key: str) -> str:
        if self._known is None:
            ids = [one.removeprefix("participant:") for one in self._reading.calendars]
            people = Participant.objects.filter(
                public_id__in=[one for one in ids if ":" not in one and one != "nobody"]
            ).select_related("registration__company")
            self._known = {f"participant:{key}": name for key, name in _named(list(people))}
        return self._known.get(key, "")


def _named(people: Sequence[Participant]) -> Iterator[tuple[str, str]]:
    """The public id of each with company, name and whom else the same account comes for."""
    also: dict[int, list[str]] = defaultdict(list)
    accounts = [one.person_id for one in people if one.person_id is not None]
    if accounts:
        others = Participant.objects.filter(
            registration__event=people[0].registration.event_id, person__in=accounts
        ).exclude(pk__in=[one.pk for one in people])
        for other in others.select_related("registration__company").order_by("pk"):
            also[other.person_id or 0].append(other.registration.company.told)
    for one in people:
        name = f"{one.registration.company.told}, {one.name}"
        companies = list(dict.fromkeys(also.get(one.person_id or 0, [])))
        if companies:
            name = _("%(name)s (also for %(companies)s)") % {
                "name": name,
                "companies": ", ".join(companies),
            }
        yield str(one.public_id), name

"""A timetable as people read it: places, grids, what stands in the way, what a version is worth."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from marketplace.models import (
    Event,
    Interpreter,
    Meeting,
    Registration,
    Slot,
    Table,
    Timetable,
)
from marketplace.scheduling import cells
from marketplace.scheduling.document import plan_of
from marketplace.scheduling.problem import Cause, Status
from marketplace.selectors.obstacles import Names, cause_in_words
from marketplace.selectors.reading import Reading
from marketplace.selectors.times import tell_hours

Place = tuple[Slot, Table | None, Interpreter | None]

_STATUSES = {
    Status.OPTIMAL: gettext_lazy("Proved best: no timetable places more or has fewer breaks."),
    Status.FEASIBLE: gettext_lazy("Keeps all rules; whether there is a better one is open."),
    Status.INFEASIBLE: gettext_lazy("There is no timetable that keeps all rules."),
    Status.UNKNOWN: gettext_lazy("The search ended before it found a timetable."),
}


def places_of(timetable: Timetable) -> dict[str, Place]:
    """Where a version has each meeting: {its public id: slot, table, interpreter}."""
    if not timetable.plan:
        return {}
    reading, plan = Reading.of(timetable.problem), plan_of(timetable.plan)
    event = timetable.event_id
    rows = Slot.objects.filter(event=event).select_related("event")
    slots = {str(one.public_id): one for one in rows}
    tables = {
        str(one.public_id): one for one in Table.objects.filter(event=event).select_related("hall")
    }
    speakers = {str(one.public_id): one for one in Interpreter.objects.filter(event=event)}
    found: dict[str, Place] = {}
    for at, key in enumerate(reading.meetings):
        unit = plan.slot[at]
        slot = slots.get(reading.slot_of(at, unit)) if unit is not None else None
        if slot is None:
            continue
        number, helper = plan.table[at], plan.helper[at]
        table = reading.booth_of(at) or (reading.tables[number] if number is not None else "")
        speaker = reading.calendars[helper].partition(":")[2] if helper is not None else ""
        found[key] = (slot, tables.get(table), speakers.get(speaker))
    return found


@dataclass(frozen=True, slots=True)
class Covered:
    """A company of an event with how many meetings it is to have."""

    registration: Registration
    meetings: int
    """Agreed or proposed, with a time or without."""
    waiting: int
    """Requests it has not answered or that were not answered to it."""
    too_few: bool


def coverage_of(event: Event) -> list[Covered]:
    """Every company that takes part, those with fewest meetings first."""
    meetings: Counter[int] = Counter()
    alive = Meeting.objects.filter(event=event).alive()
    sides: dict[int, set[int]] = defaultdict(set)
    for key, host, guest in alive.values_list("pk", "host__registration", "guest__registration"):
        sides[key].update((host, guest))
    joined = Meeting.others.through.objects.filter(meeting__in=alive)
    for key, side in joined.values_list("meeting", "participant__registration"):
        sides[key].add(side)
    for companies in sides.values():
        meetings.update(companies)
    waiting: Counter[int] = Counter()
    for pair in event.requests.open().values_list("requester", "partner"):
        waiting.update(pair)
    rows = Registration.objects.filter(event=event).taking_part()
    found = [
        Covered(one, meetings[one.pk], waiting[one.pk], meetings[one.pk] < event.meetings_least)
        for one in rows.select_related("company__country", "event")
    ]
    return sorted(found, key=lambda one: (one.meetings, one.registration.company.legal_name))


@dataclass(frozen=True, slots=True)
class Cell:
    """One meeting of a grid."""

    meeting: Meeting
    slot: Slot
    table: Table | None
    interpreter: Interpreter | None
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One slot of a day: its meetings by table, then those without one."""

    slot: Slot
    cells: list[Cell | None]
    elsewhere: list[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """A day of a version."""

    day: dt.date
    tables: list[Table]
    lines: list[Line]


def days_of(event: Event) -> list[dt.date]:
    """Days of the event with slots, at its place."""
    starts = Slot.objects.filter(event=event).values_list("starts_at", flat=True)
    return sorted({start.astimezone(event.clock).date() for start in starts})


def day_asked(text: str, days: Sequence[dt.date]) -> dt.date | None:
    """The day that an address names as YYYY-MM-DD; else the first; None where there is none."""
    return next((one for one in days if one.isoformat() == text), days[0] if days else None)


def grid_of(timetable: Timetable, day: dt.date) -> Grid:
    """A day of a version: slots down, tables across."""
    places = places_of(timetable)
    planned = ((one, places.get(str(one.public_id))) for one in meetings_of(timetable))
    return grid_from(timetable.event, day, planned)


def grid_from(event: Event, day: dt.date, meetings: Iterable[tuple[Meeting, Place | None]]) -> Grid:
    """A day with meetings where they are given."""
    tables = list(Table.objects.filter(event=event).select_related("hall").order_by("number"))
    by_slot: dict[int, list[Cell]] = defaultdict(list)
    for meeting, place in meetings:
        if place is not None:
            by_slot[place[0].pk].append(Cell(meeting, *place, is_fixed=meeting.is_settled))
    lines = []
    for slot in Slot.objects.filter(event=event).order_by("starts_at", "ends_at"):
        if slot.starts_at.astimezone(event.clock).date() != day:
            continue
        held = {cell.table.pk: cell for cell in by_slot[slot.pk] if cell.table is not None}
        lines.append(
            Line(
                slot,
                [held.get(table.pk) for table in tables],
                [cell for cell in by_slot[slot.pk] if cell.table is None],
            )
        )
    return Grid(day, tables, lines)


def meetings_of(timetable: Timetable) -> list[Meeting]:
    """The meetings a version was made for, with what a page shows of them."""
    rows = Meeting.objects.filter(
        event=timetable.event_id, public_id__in=timetable.problem.get("meetings", [])
    )
    return list(
        rows.select_related(
            "host__registration__company", "guest__registration__company", "slot", "table"
        ).order_by("pk")
    )


NAMED = 3  # meetings that a cause names, of those that ask for the same


def without_place(timetable: Timetable) -> list[tuple[Meeting, str]]:
    """Meetings that a version could not place, each with the cause in words and names.

    Without a plan those that show why there is none.
    """
    unplaced = {one["meeting"]: one for one in timetable.certificate.get("unplaced", [])}
    keys = timetable.problem.get("meetings", [])
    slots = timetable.plan["slot"] if timetable.plan else ()
    numbers = [at for at, slot in enumerate(slots) if slot is None] if slots else sorted(unplaced)
    if not numbers:
        return []
    meetings = {str(one.public_id): one for one in meetings_of(timetable)}
    names = Names(Reading.of(timetable.problem))
    told = []
    for at in numbers:
        meeting = meetings.get(keys[at])
        if meeting is None:
            continue
        found = unplaced.get(at)
        if found is None:
            told.append((meeting, _("taken out by hand")))
            continue
        rivals = [meetings[keys[one]] for one in found["others"] if keys[one] in meetings]
        told.append((meeting, _cause_told(found, names, rivals)))
    return told


def _cause_told(found: dict[str, Any], names: Names, rivals: Sequence[Meeting]) -> str:
    """A cause with the people it is about and the meetings that ask for the same."""
    text = cause_in_words(Cause(found["cause"]))
    people = names.people(found["participants"])
    if people:
        text = _("%(cause)s: %(people)s") % {"cause": text, "people": ", ".join(people)}
    if rivals:
        pairs = [one.told for one in rivals[:NAMED]]
        if len(rivals) > NAMED:
            pairs.append(_("%(count)d more") % {"count": len(rivals) - NAMED})
        text = _("%(cause)s; with it: %(meetings)s") % {
            "cause": text,
            "meetings": ", ".join(pairs),
        }
    return text


@dataclass(frozen=True, slots=True)
class Free:
    """A slot in which a meeting could be, or why not."""

    slot: Slot
    reasons: list[str]
    is_present: bool
    price: int | None
    """Breaks more than now, below 0 fewer; None where it cannot be."""

    @property
    def price_told(self) -> str:
        """The price with its sign: +1, +0 or −1."""
        return f"{self.price or 0:+d}".replace("-", "−")

    @property
    def when(self) -> str:
        """The day and hours, by the clock of the event."""
        return tell_hours(self.slot.starts_at, self.slot.ends_at, zone=self.slot.event.zone)

    @property
    def is_free(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.reasons


def free_cells(timetable: Timetable, meeting: Meeting) -> list[Free]:
    """Every slot of the event as long as the meeting: free for it, or what stands in the way."""
    reading, plan = Reading.of(timetable.problem), plan_of(timetable.plan)
    key = str(meeting.public_id)
    if key not in reading.meetings:
        return []
    at = reading.meetings.index(key)
    spans = {
        slot: first
        for slot, (first, count) in reading.slots.items()
        if count == reading.problem.lengths[at]
    }
    rows = Slot.objects.filter(event=timetable.event_id, public_id__in=spans)
    names, room = Names(reading), reading.room() if reading.closed else None
    order = list(rows.order_by("starts_at", "ends_at").select_related("event"))
    units = [spans[str(slot.public_id)] for slot in order]
    found = cells.choices(reading.problem, plan, at, units, room)
    return [
        Free(slot, names.of_all(cell.obstacles), plan.slot[at] == cell.start, cell.price)
        for slot, cell in zip(order, found, strict=True)
    ]


def stays_for_evenness(timetable: Timetable, meeting: Meeting) -> bool:
    """Whether a meeting may not be taken out, as breaks would be too uneven then."""
    reading, key = Reading.of(timetable.problem), str(meeting.public_id)
    if not timetable.plan or key not in reading.meetings:
        return False
    plan = plan_of(timetable.plan)
    return cells.uneven_without(reading.problem, plan, reading.meetings.index(key))


@dataclass(frozen=True, slots=True)
class Worth:
    """What a version is worth, in words and figures."""

    sentence: str
    status: str
    placed: int
    meetings: int
    most_placed: int
    breaks: int
    lower_bound: int
    gap: int
    idle_slots: int
    table_changes: int
    most_breaks: int
    most_burden: int
    seed: int
    seconds: float
    input_hash: str
    plan_hash: str
    changed_by_hand: bool
    kept: dict[str, Any] | None
    """As ``Kept``, where it keeps what it can of the version it is made from."""


def certificate_of(timetable: Timetable) -> Worth | None:
    """The certificate of a version as people read it; None while there is no plan."""
    told = timetable.certificate
    if not told:
        return None
    sentence = str(_STATUSES[Status(told["status"])])
    if (
        told["status"] == Status.UNKNOWN
        and timetable.problem["problem"].get("fairness") is not None
    ):
        sentence = _(
            "The search ended before it found a timetable whose breaks are as even as the event"
            " asks: give it more time, or allow more in the event's settings."
        )
    if timetable.changed_by_hand:
        sentence = _("Changed by hand after the search: keeps all rules; it is not proved best.")
    held = sum(at >= 0 for at in timetable.problem.get("problem", {}).get("fixed", ()))
    if held:
        bounded = ngettext(
            "The bound is for these meetings, %(n)d of them fixed where it is.",
            "The bound is for these meetings, %(n)d of them fixed where they are.",
            held,
        )
        sentence = f"{sentence} {bounded % {'n': held}}"
    own = ("sentence", "changed_by_hand", "kept")
    return Worth(
        sentence=sentence,
        changed_by_hand=timetable.changed_by_hand,
        kept=told.get("kept"),
        **{name: told[name] for name in Worth.__dataclass_fields__ if name not in own},
    )


def stage_mismatch(event: Event) -> str:
    """Where the dates of an event promise another timetable than is published; "" if they agree."""
    stage, stages = event.stage_by_dates(), Event.Stage
    in_force = Timetable.objects.in_force().filter(event=event).defer("problem", "plan").first()
    final = in_force is not None and in_force.status == Timetable.Status.FINAL
    due = stage in (stages.PROVISIONAL, stages.FINAL, stages.EVENT)
    if in_force is None:
        dated = event.provisional_at is not None or event.final_at is not None
        if due and dated:
            return _("By its dates the event has a timetable now, but no version is published.")
        return ""
    if not due and event.provisional_at is not None:
        return _("Version %(number)d is published before the date that the event gives for it.") % {
            "number": in_force.number
        }
    if not final and stage in (stages.FINAL, stages.EVENT) and event.final_at is not None:
        return _("By its dates the timetable is final, but version %(number)d is provisional.") % {
            "number": in_force.number
        }
    return ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A meeting that two versions have at different places; None where one has it nowhere."""

    meeting: Meeting
    before: Place | None
    after: Place | None
    was_asked: bool = True
    """Whether the first was made for it at all."""
    is_asked: bool = True
    """Whether the second was."""


def differences(one: Timetable, other: Timetable) -> list[Difference]:
    """Meetings whose slot, table or interpreter differs between two versions, by time."""
    first, second = places_of(one), places_of(other)
    meetings = {str(row.public_id): row for row in (*meetings_of(one), *meetings_of(other))}
    asked, asked_now = (set(row.problem.get("meetings", [])) for row in (one, other))
    found = [
        Difference(meeting, first.get(key), second.get(key), key in asked, key in asked_now)
        for key, meeting in meetings.items()
        if first.get(key) != second.get(key)
    ]
    latest = dt.datetime.max.replace(tzinfo=dt.UTC)

    def moment(row: Difference) -> dt.datetime:
        place = row.after or row.before
        return place[0].starts_at if place is not None else latest

    return sorted(found, key=lambda row: (moment(row), row.meeting.pk))

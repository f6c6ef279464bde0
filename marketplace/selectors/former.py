"""What a new version of a timetable is to keep of the one it is made from."""

from __future__ import annotations

from dataclasses import replace

from marketplace.models import Event, Meeting, Slot, Timetable
from marketplace.scheduling.problem import Plan
from marketplace.selectors.kept import places_held
from marketplace.selectors.reading import Reading
from marketplace.selectors.timetables import Place, places_of


def places_now(timetable: Timetable) -> dict[str, Place]:
    """Where a version has its meetings; of one in force where people know them to be by now."""
    if timetable.status in (Timetable.Status.PROVISIONAL, Timetable.Status.FINAL):
        return places_held(timetable.event)
    return places_of(timetable)


def with_former(reading: Reading, base: Timetable) -> Reading:
    """The question with the places of ``base``, to be kept as far as they can."""
    places = places_now(base)
    slots: list[int | None] = []
    tables: list[int | None] = []
    helpers: list[int | None] = []
    numbers = {key: at for at, key in enumerate(reading.tables)}
    guides = {key: at for at, key in enumerate(reading.calendars)}
    for at, key in enumerate(reading.meetings):
        slot, table, guide = places.get(key, (None, None, None))
        unit, count = reading.slots.get(str(slot.public_id), (0, 0)) if slot else (0, 0)
        is_there = count == reading.problem.lengths[at]
        slots.append(unit if is_there else None)
        tables.append(numbers.get(str(table.public_id)) if is_there and table else None)
        helpers.append(guides.get(f"interpreter:{guide.public_id}") if is_there and guide else None)
    former = Plan(tuple(slots), tuple(tables), tuple(helpers))
    return replace(reading, problem=replace(reading.problem, former=former))


def pins_of(event: Event, base: Timetable) -> dict[str, Slot]:
    """Slots of the meetings that are locked in a version, as far as that still holds.

    It does not where a person has set another meeting of the same people at that time.
    """
    pinned = set(base.problem.get("pinned", []))
    places = places_of(base) if pinned else {}
    kept = {key: place[0] for key, place in places.items() if key in pinned}
    if not kept:
        return {}
    rows = Meeting.objects.filter(event=event, status__in=Meeting.AHEAD).select_related(
        "slot", "host", "guest"
    )
    meetings = list(rows.prefetch_related("others"))
    settled = [one for one in meetings if one.is_settled and str(one.public_id) not in kept]

    def clashes(meeting: Meeting, slot: Slot) -> bool:
        people = {one.pk for one in meeting.people()}
        return any(
            other.slot is not None
            and other.slot.starts_at < slot.ends_at
            and slot.starts_at < other.slot.ends_at
            and not people.isdisjoint(one.pk for one in other.people())
            for other in settled
        )

    known = {str(one.public_id): one for one in meetings if str(one.public_id) in kept}
    return {key: kept[key] for key, one in known.items() if not clashes(one, kept[key])}

"""Whom a publication of a timetable would concern, told before it is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F, Q

from chambers.models import Representative
from marketplace.models import Interpreter, Meeting, Participant, Registration, Timetable
from marketplace.selectors.standing import place_held
from marketplace.selectors.timetables import Place, places_of


@dataclass(frozen=True, slots=True)
class Concerned:
    """A company whose people would get a mail."""

    company: str
    people: list[str]
    """Names of those who attend."""
    meetings: int


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a publication changes and whom it mails."""

    everybody: bool
    """All who have a meeting are told all of theirs; else each only what differs."""
    changes: int
    """Meetings whose time, place or state differs."""
    companies: list[Concerned]
    interpreters: list[str]
    """Names of those who interpret there and have an account to be mailed at."""
    readers: int
    """How many people get a mail, each one."""


def announcement_of(timetable: Timetable, *, final: bool) -> Announcement:
    """What ``publish_timetable`` would do now, for a page to show first."""
    former = Timetable.objects.filter(event=timetable.event_id).in_force()
    former = former.exclude(pk=timetable.pk)
    first = timetable.status == Timetable.Status.DRAFT and not former.exists()
    turned_final = final and not former.filter(status=Timetable.Status.FINAL).exists()
    status = Meeting.Status.CONFIRMED if final else Meeting.Status.PROVISIONAL
    planned = _planned(timetable)
    if timetable.status == Timetable.Status.PROVISIONAL:  # it confirms what stands by now
        held = {str(one.public_id): place_held(one) for one in planned}
        places = {key: place for key, place in held.items() if place is not None}
    else:
        places = places_of(timetable)
    changed = [one for one in planned if _changes(one, places.get(str(one.public_id)), status)]
    everybody = first or turned_final
    told = [one for one in planned if str(one.public_id) in places] if everybody else []
    concerned = {*told, *changed}
    helpers = _interpreters(concerned, places)
    heard = [one for one in concerned if one.is_told or str(one.public_id) in places]
    return Announcement(
        everybody,
        len(changed),
        _companies(concerned),
        sorted(one.name for one in helpers),
        len(_readers(heard) | {one.person_id for one in helpers}),
    )


def _planned(timetable: Timetable) -> list[Meeting]:
    rows = Meeting.objects.filter(
        event=timetable.event_id,
        status__in=Meeting.AHEAD,
        public_id__in=timetable.problem.get("meetings", []),
    )
    joined = rows.select_related(
        "slot",
        "table",
        "interpreter",
        "host__registration__company",
        "guest__registration__company",
    )
    return list(joined.prefetch_related("others__registration__company").order_by("pk"))


def _changes(meeting: Meeting, place: Place | None, status: Meeting.Status) -> bool:
    """Whether a publication changes it: what a person confirmed or locked elsewhere stays."""
    confirmed = meeting.status == Meeting.Status.CONFIRMED
    if meeting.is_settled:
        return not confirmed and status == Meeting.Status.CONFIRMED
    if place is None:
        return meeting.slot_id is not None
    slot, table, interpreter = place
    before = (meeting.slot_id, meeting.table_id, meeting.interpreter_id)
    after = (slot.pk, table.pk if table else None, interpreter.pk if interpreter else None)
    return before != after or (not confirmed and meeting.status != status)


def _interpreters(meetings: set[Meeting], places: Mapping[str, Place]) -> list[Interpreter]:
    """Who interprets at the meetings by now, and who will."""
    after = (places.get(str(one.public_id)) for one in meetings)
    found = {place[2] for place in after if place is not None}
    found |= {one.interpreter for one in meetings}
    return [one for one in found if one is not None and one.person_id is not None]


def _readers(meetings: Iterable[Meeting]) -> set[int | None]:
    """Keys of those who are mailed: its people who sign in, else who speaks for their company."""
    people = {one for meeting in meetings for one in meeting.people()}
    mute = {one.registration_id for one in people if one.person_id is None}
    attends = Q(
        role=Representative.Role.EDITOR,
        person__participations__registration__in=mute,
        person__participations__registration__company=F("company"),
    )
    voices = Representative.objects.filter(
        Q(role=Representative.Role.OWNER) | attends,
        company__in=Registration.objects.filter(pk__in=mute).values("company"),
        person__is_active=True,
    )
    return {one.person_id for one in people} - {None} | set(voices.values_list("person", flat=True))


def _companies(meetings: set[Meeting]) -> list[Concerned]:
    people: dict[str, set[Participant]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    for meeting in meetings:
        attending = meeting.people()
        for one in attending:
            people[one.registration.company.told].add(one)
        for company in {one.registration.company.told for one in attending}:
            counts[company] += 1
    return [
        Concerned(company, sorted(one.name for one in people[company]), counts[company])
        for company in sorted(people)
    ]

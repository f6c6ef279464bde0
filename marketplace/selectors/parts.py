"""What stands in the way of changing or removing a part of an event, each with the next step.

The services refuse with it, and the pages show it before anybody tries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.models import (
    Delegation,
    Group,
    GroupRule,
    Hall,
    Interpreter,
    Meeting,
    MeetingRequest,
    Participant,
    Registration,
    Session,
    Slot,
    Table,
)
from marketplace.models.meetings import MeetingQuerySet
from marketplace.models.registrations import RegistrationQuerySet
from marketplace.selectors.times import tell_time

SHOWN = 3  # names in one sentence

_JOINED = ("host__registration__company", "guest__registration__company", "slot", "event")


@singledispatch
def against_removing(part: Model, at: dt.datetime | None = None) -> Iterator[ValidationError]:
    """Each thing that keeps a part of an event where it is; nothing when it may go.

    ``has_meetings``, ``in_the_records``, ``has_tables``, ``has_sessions``, ``has_companies``,
    ``has_rules`` or ``asked_for``.
    """
    raise TypeError(f"no part of an event: {part!r}")


@against_removing.register
def _of_hall(hall: Hall, at: dt.datetime | None = None) -> Iterator[ValidationError]:
    tables = list(hall.tables.order_by("number"))
    if tables:
        yield _refusal(
            "has_tables",
            _("In it: %(names)s. Move them to another hall or remove them first."),
            _few(tables),
        )
    sessions = list(hall.sessions.all())
    if sessions:
        yield _refusal(
            "has_sessions",
            _("The programme is there: %(names)s. Give it another hall first."),
            _few(sessions),
        )


@against_removing.register
def _of_table(table: Table, at: dt.datetime | None = None) -> Iterator[ValidationError]:
    yield from _of_calendar(Meeting.objects.filter(table=table), at)


@against_removing.register
def _of_slot(slot: Slot, at: dt.datetime | None = None) -> Iterator[ValidationError]:
    yield from _of_calendar(Meeting.objects.filter(slot=slot), at)
    agreed = [one for one in meetings_waiting_for(slot) if not _has_other_time(one.request, slot)]
    if agreed:
        yield _refusal(
            "asked_for",
            _(
                "Agreed at this time only, and without a time yet: %(names)s. Set another time"
                " for them, or cancel them first."
            ),
            told_meetings(agreed),
        )


@against_removing.register
def _of_session(session: Session, at: dt.datetime | None = None) -> Iterator[ValidationError]:
    rows = _joined(Meeting.objects.filter(session=session).ahead(at))
    if rows:
        yield _refusal(
            "has_meetings",
            _("Meetings belong to it: %(names)s. Take them out of the section or cancel them."),
            told_meetings(rows),
        )


@against_removing.register
def _of_group(group: Group, at: dt.datetime | None = None) -> Iterator[ValidationError]:
    yield from _of_companies(Registration.objects.filter(group=group))
    if GroupRule.objects.filter(Q(first=group) | Q(second=group)).exists():
        yield ValidationError(
            _("It is named in who meets whom: untick it there first."), code="has_rules"
        )


@against_removing.register
def _of_delegation(
    delegation: Delegation, at: dt.datetime | None = None
) -> Iterator[ValidationError]:
    yield from _of_companies(Registration.objects.filter(delegation=delegation))


@against_removing.register
def _of_interpreter(
    interpreter: Interpreter, at: dt.datetime | None = None
) -> Iterator[ValidationError]:
    rows = Meeting.objects.filter(interpreter=interpreter)
    ahead = _joined(rows.ahead(at))
    if ahead:
        yield _refusal(
            "has_meetings",
            _("Interprets at: %(names)s. Give these meetings another interpreter first."),
            told_meetings(ahead),
        )
    yield from _records(rows.placed().exclude(pk__in=[one.pk for one in ahead]))


def against_changing_table(
    table: Table, fields: Mapping[str, Any], at: dt.datetime | None = None
) -> Iterator[ValidationError]:
    """What keeps a table from becoming what ``fields`` say; see ``change_table``."""
    ahead = _joined(Meeting.objects.filter(table=table).placed().ahead(at))
    ahead = list(ahead)
    if not ahead:
        return
    moved = any(fields[name] != getattr(table, name) for name in {"number", "hall"} & set(fields))
    if moved:
        yield _refusal(
            "has_meetings",
            _("People were told to come to %(place)s: %(names)s. Move these meetings first."),
            told_meetings(ahead),
            place=str(table),
        )
    people = {one.pk: one.people() for one in ahead}
    remote = Participant.Presence.REMOTE
    seeing = [one for one in ahead if any(who.presence == remote for who in people[one.pk])]
    if not fields.get("has_screen", True) and seeing:
        yield _refusal(
            "needs_screen",
            _("Somebody is remote: %(names)s. Move these meetings to a table with a screen first."),
            told_meetings(seeing),
        )
    present = {key: sum(who.presence != remote for who in some) for key, some in people.items()}
    large = [one for one in ahead if present[one.pk] > fields.get("seats", table.seats)]
    if "seats" in fields and large:
        yield _refusal(
            "needs_seats",
            _("More people come than that: %(names)s. Move these meetings first."),
            told_meetings(large),
        )
    owner: Registration | None = fields.get("owner")
    if owner is not None and owner.pk != table.owner_id:
        strange = [
            one for one in ahead if owner.pk not in {who.registration_id for who in people[one.pk]}
        ]
        if strange:
            yield _refusal(
                "has_meetings",
                _("Meetings of others are held there: %(names)s. Move them first."),
                told_meetings(strange),
            )


def against_changing_slot(slot: Slot, at: dt.datetime | None = None) -> Iterator[ValidationError]:
    """What keeps a slot at its time: whoever holds, agreed on or was offered it."""
    yield from _of_calendar(Meeting.objects.filter(slot=slot), at)
    asked = MeetingRequest.objects.open().filter(slots=slot)
    waiting = meetings_waiting_for(slot)
    pairs = asked.select_related("requester__company", "partner__company")
    names = [f"{one.requester.company.told} → {one.partner.company.told}" for one in pairs]
    names += told_meetings(waiting)
    if names:
        yield _refusal(
            "asked_for",
            _("Companies agreed on this time: %(names)s. Add a new slot and remove this one."),
            names,
        )


def against_session_hours(
    session: Session, starts_at: dt.datetime, ends_at: dt.datetime, at: dt.datetime | None = None
) -> Iterator[ValidationError]:
    """Meetings of a section that its new hours would leave outside."""
    inside = Q(slot__starts_at__gte=starts_at, slot__ends_at__lte=ends_at)
    rows = Meeting.objects.filter(session=session).placed().ahead(at).exclude(inside)
    if left := _joined(rows):
        yield _refusal(
            "has_meetings",
            _("Outside these hours: %(names)s. Move these meetings first."),
            told_meetings(left),
        )


def against_languages(
    interpreter: Interpreter, languages: Iterable[str], at: dt.datetime | None = None
) -> Iterator[ValidationError]:
    """Meetings ahead that an interpreter of these languages could no longer interpret."""
    spoken = set(languages)
    lost = []
    for one in _joined(Meeting.objects.filter(interpreter=interpreter).ahead(at)):
        sides = [set(side.registration.speaks) for side in (one.host, one.guest)]
        if all(sides) and not sides[0] & sides[1] and not all(side & spoken for side in sides):
            lost.append(one)
    if lost:
        yield _refusal(
            "has_meetings",
            _("Interprets at: %(names)s. Give these meetings another interpreter first."),
            told_meetings(lost),
        )


def meetings_waiting_for(slot: Slot) -> list[Meeting]:
    """Meetings still to be held whose companies agreed on this time, and that are not at it."""
    rows = Meeting.objects.filter(request__slots=slot, status__in=Meeting.AHEAD)
    return _joined(rows.exclude(slot=slot))


def told_ahead(person: Participant, at: dt.datetime | None = None) -> list[str]:
    """Meetings ahead that somebody knows they go to, in words."""
    joined = Meeting.others.through.objects.filter(participant=person).values("meeting")
    own = Q(host=person) | Q(guest=person) | Q(pk__in=joined)
    return told_meetings(_joined(Meeting.objects.told().filter(own).ahead(at)))


def _has_other_time(request: MeetingRequest | None, slot: Slot) -> bool:
    return request is not None and request.slots.exclude(pk=slot.pk).exists()


def _of_calendar(rows: MeetingQuerySet, at: dt.datetime | None) -> Iterator[ValidationError]:
    """Meetings that hold a table or a slot, and those that were held there."""
    ahead = _joined(rows.placed().ahead(at))
    if ahead:
        yield _refusal(
            "has_meetings",
            _("Meetings are held there: %(names)s. Move them or cancel them first."),
            told_meetings(ahead),
        )
    yield from _records(rows.placed().exclude(pk__in=[one.pk for one in ahead]))


def _records(rows: MeetingQuerySet) -> Iterator[ValidationError]:
    if past := _joined(rows):
        yield _refusal(
            "in_the_records",
            _("It stays in the records of what was held: %(names)s."),
            told_meetings(past),
        )


def _of_companies(rows: RegistrationQuerySet) -> Iterator[ValidationError]:
    companies = [one.company.told for one in rows.alive().select_related("company")]
    if companies:
        yield _refusal(
            "has_companies",
            _("Companies belong to it: %(names)s. Give them another one, or none, first."),
            _few(companies),
        )


def _joined(rows: MeetingQuerySet) -> list[Meeting]:
    ordered = rows.select_related(*_JOINED).prefetch_related("others__registration__company")
    return list(ordered.order_by("slot__starts_at", "pk"))


def told_meetings(meetings: Iterable[Meeting]) -> list[str]:
    """Each meeting as this reader reads it, with its time if it has one."""
    told, own = [], timezone.get_current_timezone_name()
    for one in meetings:
        pair = " × ".join(side.registration.company.told for side in (one.host, one.guest))
        if one.slot is not None:
            span = (one.slot.starts_at, one.slot.ends_at)
            pair += f", {tell_time(*span, zone=one.event.zone, reader=own)}"
        told.append(pair)
    return told


def _few(names: Iterable[object]) -> list[str]:
    return [str(name) for name in names]


def _refusal(code: str, text: str, names: list[str], **params: Any) -> ValidationError:
    """A refusal that names the first few, and says how many more there are."""
    shown, more = "; ".join(names[:SHOWN]), len(names) - SHOWN
    if more > 0:
        rest = _("and %(count)d more") % {"count": more}
        shown = f"{shown} {rest}"
    return ValidationError(text, code=code, params={"names": shown, **params})

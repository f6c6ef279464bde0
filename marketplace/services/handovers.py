"""Who of a company goes to a meeting: another person takes a place, or leaves it empty."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from marketplace.models import Booking, Meeting, MeetingRequest, Participant, Registration
from marketplace.selectors.parts import told_meetings
from marketplace.services import calendars
from marketplace.services.former_places import keep_former


def take_place(meeting: Meeting, left: Participant, came: Participant) -> None:
    """Let ``came`` go to a locked meeting that is still to be instead of ``left``.

    Raises ValidationError ``already_there``, ``away``, ``taken`` with what keeps the person
    elsewhere, ``no_table`` where they are remote and no table with a screen is free.
    """
    _demand_new(came, meeting)
    _demand_free(came, meeting)
    if meeting.host_id == left.pk:
        meeting.host = came
    elif meeting.guest_id == left.pk:
        meeting.guest = came
    else:
        meeting.others.remove(left)
        meeting.others.add(came)
    # The request that it came of goes on naming who comes.
    asked = MeetingRequest.objects.filter(meeting=meeting)
    for named in ("participant", "partner_participant"):
        asked.filter(**{named: left}).update(**{named: came})
    reseat(meeting)


def come_along(meeting: Meeting, came: Participant) -> None:
    """Add ``came`` to those who attend a locked meeting. Raises as ``take_place``."""
    _demand_new(came, meeting)
    _demand_free(came, meeting)
    meeting.others.add(came)
    reseat(meeting)


def leave_place(meeting: Meeting, left: Participant) -> None:
    """Take one of the further participants out of a locked meeting that goes on without them."""
    meeting.others.remove(left)
    reseat(meeting)


def goes_on_without(meeting: Meeting, people: list[Participant]) -> bool:
    """Whether a meeting is still one when further participants leave: of two companies or more.

    It is about its host and its guest: without one of these it does not take place.
    """
    gone = {one.pk for one in people}
    left = [one for one in meeting.people() if one.pk not in gone]
    is_whole = meeting.host_id not in gone and meeting.guest_id not in gone
    return is_whole and len({one.registration_id for one in left}) > 1


def ends_without(meeting: Meeting, company: Registration) -> bool:
    """Whether a meeting of a company does not take place when it does not come."""
    own = [one for one in meeting.people() if one.registration_id == company.pk]
    return not goes_on_without(meeting, own)


def reseat(meeting: Meeting) -> None:
    """Hold a meeting's people anew, at another table where the present one does not do for them.

    Raises ValidationError ``no_table``, ``taken``.
    """
    slot = meeting.slot
    if meeting.is_placed and slot is not None:
        people = meeting.people()
        table = meeting.table
        if table is None:
            fits = not calendars.needs_table(meeting.event, people)
        else:
            fits = calendars.seats(table, people)
        if not fits:
            meeting.table = calendars.pick_table(meeting.event, slot, people, besides=meeting)
        calendars.book(meeting)
        keep_former([meeting])
    meeting.sequence += 1
    meeting.save(update_fields=["host", "guest", "table", "sequence", "changed_at"])


def _demand_new(person: Participant, meeting: Meeting) -> None:
    if person.pk in {one.pk for one in meeting.people()}:
        raise ValidationError(
            _("%(person)s goes to this meeting already: %(meeting)s."),
            code="already_there",
            params={"person": person.name, "meeting": told_meetings([meeting])[0]},
        )


def _demand_free(person: Participant, meeting: Meeting) -> None:
    slot = meeting.slot
    if slot is None or not meeting.is_placed:
        return
    if person.away.filter(slot__starts_at__lt=slot.ends_at, slot__ends_at__gt=slot.starts_at):
        raise ValidationError(
            _("%(person)s is not available then: %(meeting)s."),
            code="away",
            params={"person": person.name, "meeting": told_meetings([meeting])[0]},
        )
    walk = dt.timedelta(minutes=meeting.event.walking_minutes)
    during = DateTimeTZRange(slot.starts_at, slot.ends_at + walk)
    busy = Booking.objects.of_people([person]).filter(during__overlap=during)
    joined = ("meeting__slot", "meeting__event")
    sides = tuple(f"meeting__{side}__registration__company" for side in ("host", "guest"))
    busy = busy.exclude(meeting=meeting)
    held = busy.filter(participant=person).select_related(*joined, *sides).first()
    if held is None and busy.exists():  # at another event, of which this reader need not know
        raise ValidationError(
            _("%(person)s has another meeting then: send somebody else."),
            code="taken",
            params={"person": person.name, "free": []},
        )
    if held is not None:
        raise ValidationError(
            _("%(person)s has another meeting then: %(meeting)s."),
            code="taken",
            params={"person": person.name, "meeting": told_meetings([held.meeting])[0], "free": []},
        )

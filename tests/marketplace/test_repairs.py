"""A loss at an event whose timetable stands: shown first, then mended in one piece."""

import pytest
from django.core.exceptions import PermissionDenied

from chambers.models import Mail
from marketplace.models import (
    Away,
    Booking,
    InterpreterAway,
    Meeting,
    Registration,
    Repair,
    StandbyOffer,
    TableClosed,
)
from marketplace.services import losses
from marketplace.services.meetings import move_meeting
from marketplace.services.repairs import apply_repair, preview_repair, reopen_tables
from tests import event_factories as made
from tests.factories import StaffFactory
from tests.marketplace.refusals import refused
from tests.marketplace.repair_world import Fair, orphans, place

pytestmark = pytest.mark.django_db


def mended(fair, loss, **more):
    return apply_repair(fair.event, loss, by=fair.staff, **more)


def mailed():
    """{address: mails of repairs}."""
    found = {}
    for mail in Mail.objects.filter(kind="timetable_repaired"):
        found.setdefault(mail.to, []).append(mail)
    return found


def addresses(*people):
    return sorted(one.person.email for one in people)


def test_who_comes_late_meets_later_and_only_those_who_meet_them_are_told():
    fair = Fair(people=5)
    late, other, third, *rest = fair.people
    first = fair.meet(0, 1, slot=0, table=0)
    stays = fair.meet(0, 2, slot=2, table=0)
    apart = fair.meet(3, 4, slot=0, table=1)
    loss = losses.of_people([late], fair.slots[:1], late=True)

    shown = preview_repair(fair.event, loss, by=fair.staff)
    assert not Away.objects.exists()
    assert place(first)[1] == 0
    repair = mended(fair, loss, seen=shown.outcome.digest)

    status, slot, _table = place(first)
    assert status == "confirmed"
    assert slot in (1, 3)
    assert (place(stays)[1], place(apart)) == (2, ("confirmed", 0, 2))
    assert (repair.outcome["people"], repair.outcome["people_bound"]) == (1, 1)
    assert sorted(mailed()) == addresses(late, other)
    assert [len(mails) for mails in mailed().values()] == [1, 1]
    assert repair.outcome["told"] == shown.told == 2
    mail = mailed()[other.person.email][0]
    assert "METHOD:REQUEST" in mail.calendar.replace("\r\n", "\n")
    assert str(third.registration.company) not in mail.text
    assert Away.objects.filter(participant=late, slot=fair.slots[0]).count() == 1
    first.refresh_from_db()
    assert first.moves == 1
    assert Booking.objects.filter(meeting=first).count() == 3
    assert orphans() == []

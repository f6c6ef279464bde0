"""A table that cannot be used in some slots is given to nobody then, whoever asks."""

import pytest
from django.urls import reverse

from chambers.services import jobs
from marketplace import tasks
from marketplace.models import TableClosed
from marketplace.scheduling.document import SCHEMA
from marketplace.selectors import timetables as shown
from marketplace.services import calendars
from marketplace.services.meetings import move_meeting
from marketplace.services.publishing import publish_timetable
from marketplace.services.timetables import move_in_plan, start_timetable
from marketplace.verification import verify
from tests import event_factories as made
from tests.marketplace.refusals import refused
from tests.marketplace.repair_world import Fair, orphans, place

pytestmark = pytest.mark.django_db
__all__ = ["tasks"]  # its import registers the jobs


def close(fair, table, *slots):
    for slot in slots:
        made.TableClosedFactory(table=fair.tables[table], slot=fair.slots[slot])


def version(fair):
    timetable = start_timetable(fair.event, by=fair.staff, seconds=30)
    jobs.work_off()
    timetable.refresh_from_db()
    return timetable


def numbers(timetable):
    """{slot number: table numbers} of a version."""
    found = {}
    slots = list(timetable.event.slots.order_by("starts_at"))
    for slot, table, _guide in shown.places_of(timetable).values():
        found.setdefault(slots.index(slot), set()).add(table.number)
    return found


def test_a_timetable_uses_the_tables_that_are_open_and_is_verified():
    fair = Fair(slots=2, tables=2, people=4)
    close(fair, 0, 0)
    close(fair, 1, 1)
    for one, other in ((0, 1), (2, 3)):
        fair.meet(one, other)

    timetable = version(fair)

    assert numbers(timetable) == {0: {2}, 1: {1}}
    verdict = verify(
        {
            "schema": SCHEMA,
            "problem": timetable.problem["problem"],
            "plan": timetable.plan,
            "certificate": timetable.certificate,
        }
    )
    assert verdict.faults == []
    publish_timetable(timetable, by=fair.staff)
    assert orphans() == []


def test_a_table_that_is_closed_throughout_is_no_table():
    fair = Fair(slots=2, tables=2, people=6)
    close(fair, 0, 0, 1)
    for one, other in ((0, 1), (2, 3), (4, 5)):
        fair.meet(one, other)

    timetable = version(fair)

    assert numbers(timetable) == {0: {2}, 1: {2}}
    assert timetable.certificate["placed"] == 2


def test_a_version_with_a_meeting_at_a_table_closed_since_is_stale():
    fair = Fair(slots=1, tables=1)
    meeting = fair.meet(0, 1)
    timetable = version(fair)
    close(fair, 0, 0)

    refused("changed_meanwhile", publish_timetable, timetable, by=fair.staff)

    assert place(meeting) == ("unscheduled", None, None)


def test_a_meeting_moved_by_hand_in_a_version_gets_an_open_table_or_is_told_why_not():
    fair = Fair(slots=2, tables=2, people=4)
    close(fair, 0, 1)
    first, second = fair.meet(0, 1), fair.meet(2, 3)
    timetable = version(fair)
    moved = move_in_plan(timetable, first, slot=fair.slots[1], by=fair.staff)
    assert 1 not in numbers(moved)[1]

    if len(numbers(moved).get(0, set())) == 0:
        moved = move_in_plan(moved, second, slot=fair.slots[0], by=fair.staff)
    error = refused("occupied", move_in_plan, moved, second, slot=fair.slots[1], by=fair.staff)

    assert "no table is free" in " ".join(error.messages)


def test_people_and_the_page_to_move_see_only_open_tables(client):
    fair = Fair(slots=2, tables=2)
    close(fair, 0, 0)
    meeting = fair.meet(0, 1)
    client.force_login(fair.staff)

    free = calendars.free_tables(fair.event, fair.slots[0])
    page = client.get(reverse("admin:marketplace_meeting_move", args=[meeting.pk]))

    assert list(free) == [fair.tables[1]]
    text = page.content.decode()
    assert text.count("1 table free") == 1
    assert text.count("2 tables free") == 1
    move = {"by": fair.staff, "table": fair.tables[0]}
    refused("closed", move_meeting, meeting, fair.slots[0], **move)
    move_meeting(meeting, fair.slots[0], by=fair.staff)
    assert place(meeting) == ("confirmed", 0, 2)


def test_a_closing_in_a_slot_closes_longer_slots_over_it():
    fair = Fair(slots=2, tables=1)
    long = made.SlotFactory(event=fair.event, number=0, minutes=40)
    close(fair, 0, 1)

    assert not calendars.free_tables(fair.event, long).exists()
    assert calendars.free_tables(fair.event, fair.slots[0]).exists()
    assert TableClosed.objects.count() == 1

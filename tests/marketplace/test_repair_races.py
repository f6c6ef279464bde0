"""Repairs at once with others, and a repair whose connection dies in the middle."""

import datetime as dt
import threading
import time
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from chambers.models import Mail
from marketplace.models import Away, Booking, Meeting, Repair
from marketplace.services import losses
from marketplace.services.calendars import book, hold_event
from marketplace.services.meetings import move_meeting
from marketplace.services.mending import reckon
from marketplace.services.repairs import apply_repair, preview_repair
from tests.marketplace.repair_world import Fair, orphans, place
from tests.marketplace.test_races import CLIENTS, ROUNDS, connect, overlaps, race

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_repair_asked_for_by_many_is_done_once():
    for _round in range(ROUNDS):
        fair = Fair()
        meeting = fair.meet(0, 1, slot=0, table=0)
        loss = losses.of_people(fair.people[:1], fair.slots[:1])
        seen = preview_repair(fair.event, loss, by=fair.staff).outcome.digest

        apply = partial(apply_repair, fair.event, loss, by=fair.staff, seen=seen)
        answers = race(*[apply] * CLIENTS)

        assert answers == {"won": 1, "changed_meanwhile": CLIENTS - 1}
        assert Repair.objects.filter(event=fair.event).count() == 1
        meeting.refresh_from_db()
        assert meeting.moves == 1
        told = Mail.objects.filter(to__in=[one.person.email for one in fair.people])
        assert told.count() == 2
    assert overlaps() == 0


def test_a_repair_and_a_person_who_moves_a_meeting_do_not_undo_each_other():
    for _round in range(ROUNDS):
        fair = Fair(people=6)
        meeting = fair.meet(0, 1, slot=0, table=0)
        fair.meet(2, 3, slot=0, table=1)
        other = fair.meet(4, 5)
        loss = losses.of_tables(fair.tables[:1], fair.slots)
        seen = preview_repair(fair.event, loss, by=fair.staff).outcome.digest

        answers = race(
            partial(apply_repair, fair.event, loss, by=fair.staff, seen=seen),
            partial(move_meeting, other, fair.slots[1], by=fair.staff, table=fair.tables[0]),
        )

        assert answers["won"] >= 1
        assert set(answers) <= {"won", "changed_meanwhile", "closed"}
        repaired = Repair.objects.filter(event=fair.event).exists()
        assert repaired == (place(meeting)[1] != 0 or place(meeting)[2] != 1)
        assert repaired != (place(other)[2] == 1)
        assert Booking.objects.filter(meeting__in=[meeting, other], table=None).count() in (2, 4)
    assert overlaps() == 0
    assert orphans() == []


def waits_for_a_lock():
    """The server process that waits for a row, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")  # else each look shows the first one
        cursor.execute(
            "select pid from pg_stat_activity where wait_event_type = 'Lock'"
            " and datname = current_database() and pid <> pg_backend_pid()"
        )
        return next((pid for (pid,) in cursor.fetchall()), None)


def applied_while_held(fair, loss, meanwhile, **options):
    """What a repair says that waited for the event while ``meanwhile`` was done to it."""
    said = []

    def mend():
        connect()
        try:
            said.append(apply_repair(fair.event, loss, by=fair.staff, **options))
        except ValidationError as error:
            said.append(error.code)
        finally:
            connection.close()

    with transaction.atomic():
        hold_event(fair.event)
        thread = threading.Thread(target=mend)
        thread.start()
        deadline = time.monotonic() + 60
        while waits_for_a_lock() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        meanwhile()
    thread.join()
    return said[0]


@pytest.mark.parametrize("looked", [True, False])
def test_a_repair_reckons_again_where_others_changed_the_event_meanwhile(looked):
    fair = Fair(people=6)
    meeting, other = fair.meet(0, 1, slot=0, table=0), fair.meet(0, 2)
    loss = losses.of_people(fair.people[:1], fair.slots[:1])
    seen = preview_repair(fair.event, loss, by=fair.staff).outcome
    wanted = seen.shifts[0].after[0]

    said = applied_while_held(
        fair,
        loss,
        lambda: move_meeting(other, wanted, by=fair.staff),
        seen=seen.digest if looked else None,
    )

    other.refresh_from_db()
    assert other.slot == wanted
    if looked:
        assert said == "changed_meanwhile"
        assert (place(meeting)[1], Repair.objects.count()) == (0, 0)
    else:
        assert said == Repair.objects.get()
        assert place(meeting)[1] not in (0, fair.slots.index(wanted))
    assert overlaps() == 0
    assert orphans() == []


@pytest.mark.parametrize("looked", [True, False])
def test_what_enters_the_freeze_window_while_a_repair_waits_is_not_moved(looked):
    fair = Fair()
    meeting = fair.meet(0, 1, slot=0, table=0)
    loss = losses.of_people(fair.people[:1], fair.slots[:1])
    soon = timezone.now() + dt.timedelta(minutes=fair.event.freeze_minutes, seconds=2)
    times = {"starts_at": soon, "ends_at": soon + dt.timedelta(minutes=20)}
    type(fair.slots[0]).objects.filter(pk=fair.slots[0].pk).update(**times)
    book(type(meeting).objects.get(pk=meeting.pk))
    seen = preview_repair(fair.event, loss, by=fair.staff).outcome
    assert [one.sort for one in seen.shifts] == ["moved"]

    said = applied_while_held(
        fair, loss, lambda: time.sleep(2.1), seen=seen.digest if looked else None
    )

    assert place(meeting)[:2] == ("confirmed", 0)
    if looked:
        assert said == "changed_meanwhile"
        assert Repair.objects.count() == 0
    else:
        assert [key for key, _why in said.outcome["stuck"]] == [str(meeting.public_id)]


def test_the_search_is_not_done_twice_while_rows_and_clock_ask_the_same():
    fair = Fair()
    fair.meet(0, 1, slot=0, table=0)
    waiting = fair.meet(0, 2)
    loss = losses.of_people(fair.people[:1], fair.slots[:1])
    first = reckon(fair.event, loss)

    again = reckon(fair.event, loss, known=first.answer)
    move_meeting(waiting, fair.slots[3], by=fair.staff)
    changed = reckon(fair.event, loss, known=first.answer)

    assert again.answer is first.answer
    assert again.digest == first.digest
    assert changed.answer is not first.answer


def test_a_connection_that_dies_in_the_middle_of_a_repair_loses_nothing():
    fair, died = Fair(), []
    meeting = fair.meet(0, 1, slot=0, table=0)
    loss = losses.of_people(fair.people[:1], fair.slots[:1])
    before = list(Booking.objects.order_by("pk").values_list("pk", "table", "during"))

    def mend():
        connect()
        try:
            apply_repair(fair.event, loss, by=fair.staff)
        except OperationalError as error:
            died.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        Meeting.objects.select_for_update().get(pk=meeting.pk)  # its row is written last
        thread = threading.Thread(target=mend)
        thread.start()
        deadline = time.monotonic() + 60
        while (pid := waits_for_a_lock()) is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with connection.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(%s)", [pid])
        thread.join()

    assert len(died) == 1
    assert place(meeting) == ("confirmed", 0, 1)
    assert list(Booking.objects.order_by("pk").values_list("pk", "table", "during")) == before
    assert (Away.objects.count(), Mail.objects.count(), Repair.objects.count()) == (0, 0, 0)
    apply_repair(fair.event, loss, by=fair.staff)
    assert place(meeting)[1] != 0

"""Repairs at once with others, and a repair whose connection dies in the middle."""

import threading
import time
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from chambers.models import Mail
from marketplace.models import Away, Booking, Meeting, Repair
from marketplace.services import losses
from marketplace.services.meetings import move_meeting
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

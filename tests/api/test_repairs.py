"""Repairs over REST: looked at, done, listed; for the staff of the event alone."""

import pytest

from marketplace.models import Registration, Repair, TableClosed
from marketplace.services.meetings import move_meeting
from tests import event_factories as made
from tests.factories import StaffFactory
from tests.marketplace.repair_world import Fair, orphans, place

pytestmark = pytest.mark.django_db


def ids(*rows):
    return [str(one.public_id) for one in rows]


def path(fair):
    return f"/api/v1/events/{fair.event.public_id}/repairs/"


def mend(client, fair, cause, **body):
    return client.post(path(fair), {"cause": cause, **body}, format="json")


def test_a_repair_is_looked_at_and_then_done_as_it_was_shown(speaking_for):
    fair = Fair()
    meeting = fair.meet(0, 1, slot=0, table=0)
    beside = fair.meet(2, 3, slot=0, table=1)
    manager = speaking_for(fair.staff)
    loss = {"what": ids(fair.tables[0]), "slots": ids(fair.slots[0])}

    shown = mend(manager, fair, "table", **loss)
    assert shown.status_code == 200
    assert not TableClosed.objects.exists()
    seen = shown.json()
    done = mend(manager, fair, "table", preview=False, digest=seen["digest"], **loss)

    assert done.status_code == 201
    assert (seen["id"], seen["people"], seen["people_bound"], seen["told"]) == (None, 2, 2, 2)
    assert done.json() == {
        **seen,
        "id": str(Repair.objects.get().public_id),
        "created_at": done.json()["created_at"],
        "digest": "",
    }
    (change,) = [one for one in seen["changes"] if one["sort"] == "moved"]
    moved = meeting if change["meeting"] == str(meeting.public_id) else beside
    assert change["before"]["slot"] == str(fair.slots[0].public_id)
    moved.refresh_from_db()
    assert change["after"]["slot"] == str(moved.slot.public_id)
    assert manager.get(path(fair)).json()["results"] == [done.json()]
    assert orphans() == []


def test_another_outcome_than_the_one_shown_is_a_conflict(speaking_for):
    fair = Fair()
    meeting = fair.meet(0, 1, slot=0, table=0)
    manager = speaking_for(fair.staff)
    loss = {"what": ids(fair.tables[0]), "slots": ids(*fair.slots)}
    seen = mend(manager, fair, "table", **loss).json()
    move_meeting(meeting, fair.slots[1], table=fair.tables[1], by=fair.staff)

    late = mend(manager, fair, "table", preview=False, digest=seen["digest"], **loss)
    done = mend(manager, fair, "table", preview=False, **loss)
    twice = mend(manager, fair, "table", preview=False, **loss)

    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert (done.status_code, place(meeting)) == (201, ("confirmed", 1, 2))
    assert (twice.status_code, twice.json()["code"]) == (409, "known_already")


def reopen(client, fair, *tables):
    return client.post(f"{path(fair)}reopen/", {"tables": ids(*tables)}, format="json")


def test_closed_tables_are_reopened_once(speaking_for):
    fair, strange = Fair(), Fair()
    manager = speaking_for(fair.staff)
    closed, open_ = fair.tables[:2]
    slots = fair.slots[:3]
    mend(manager, fair, "table", preview=False, what=ids(closed), slots=ids(*slots))

    foreign = reopen(manager, fair, closed, strange.tables[0])
    assert (foreign.status_code, TableClosed.objects.count()) == (404, 3)
    done = reopen(manager, fair, closed, open_)
    again = reopen(manager, fair, closed)

    assert (done.status_code, done.json()) == (200, {"slots": 3})
    assert not TableClosed.objects.exists()
    assert (again.status_code, again.json()["code"]) == (409, "not_closed")
    nothing = reopen(manager, fair)
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (400, "tables")


def test_only_managers_of_the_organiser_reopen_tables(speaking_for):
    fair = Fair()
    table = fair.tables[0]
    mend(speaking_for(fair.staff), fair, "table", preview=False, what=ids(table),
         slots=ids(*fair.slots))  # fmt: skip
    viewer = StaffFactory(chamber=fair.event.chamber, role="viewer").person

    for person, status in ((viewer, 403), (fair.people[0].person, 404), (Fair().staff, 404)):
        assert reopen(speaking_for(person), fair, table).status_code == status
    assert TableClosed.objects.count() == len(fair.slots)


def test_every_cause_is_mended(speaking_for):
    fair = Fair()
    hall = made.HallFactory(event=fair.event)
    made.TableFactory(event=fair.event, number=9, hall=hall)
    interpreter = made.InterpreterFactory(event=fair.event)
    manager, slots = speaking_for(fair.staff), ids(fair.slots[0])
    company = fair.people[3].registration

    for cause, named in (
        ("late", {"what": ids(fair.people[0])}),
        ("away", {"what": ids(*fair.people[1:3])}),
        ("hall", {"what": ids(hall)}),
        ("interpreter", {"what": ids(interpreter)}),
        ("withdrawal", {"what": ids(company), "fill": True}),
    ):
        times = {} if cause == "withdrawal" else {"slots": slots}
        answer = mend(manager, fair, cause, preview=False, **named, **times)
        assert answer.status_code == 201, answer.json()

    company.refresh_from_db()
    assert company.status == Registration.Status.WITHDRAWN
    assert TableClosed.objects.get().table.hall == hall
    assert fair.people[2].away.count() == 1


def test_what_is_wrong_names_its_field(speaking_for):
    fair, strange = Fair(), Fair()
    manager, slots = speaking_for(fair.staff), ids(*fair.slots)

    foreign = {"what": ids(strange.tables[0]), "slots": slots}
    late = {"cause": "late", "what": ids(fair.people[0])}
    halls = ids(*(made.HallFactory(event=fair.event) for _hall in range(2)))
    for body, field, code in (
        ({"cause": "fire", "what": halls}, "cause", "invalid_choice"),
        ({"cause": "table", "slots": slots}, "what", "required"),
        ({"cause": "hall", "what": halls, "slots": slots}, "what", "one_only"),
        ({**late, "slots": ids(*strange.slots)}, "slots", "other_event"),
        ({**late, "slots": slots, "digest": "x"}, "digest", "invalid"),
    ):
        answer = manager.post(path(fair), body, format="json")
        assert answer.status_code == 400, answer.json()
        error = answer.json()["errors"][0]
        assert (error["field"], error["code"]) == (field, code)
    no_slots = mend(manager, fair, "table", what=ids(*fair.tables))
    assert (no_slots.status_code, no_slots.json()["code"]) == (400, "no_slots")
    assert mend(manager, fair, "table", **foreign).status_code == 404
    gone = made.ParticipantFactory(
        registration=fair.people[0].registration, left_at=fair.event.begins_at
    )
    assert mend(manager, fair, "late", what=ids(gone), slots=slots).status_code == 404


def test_only_staff_reads_and_only_managers_mend(speaking_for):
    fair = Fair()
    secret = made.RepairFactory(event=fair.event, what="Unseen Works")
    viewer = StaffFactory(chamber=fair.event.chamber, role="viewer").person
    loss = {"what": ids(fair.tables[0]), "slots": ids(fair.slots[0])}

    for person, reads, mends in (
        (viewer, 200, 403),
        (fair.people[0].person, 404, 404),
        (Fair().staff, 404, 404),
    ):
        client = speaking_for(person)
        answer = client.get(path(fair))
        assert answer.status_code == reads
        assert (secret.what in answer.content.decode()) == (reads == 200)
        for preview in (True, False):
            assert mend(client, fair, "table", preview=preview, **loss).status_code == mends
    assert not TableClosed.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number(
    speaking_for, count, django_assert_num_queries
):
    fair = Fair()
    made.RepairFactory.create_batch(count, event=fair.event)
    manager = speaking_for(fair.staff)
    manager.get(path(fair))

    with django_assert_num_queries(3):
        assert len(manager.get(path(fair)).json()["results"]) == count

"""A timetable made anew from a published one: as few people as possible get another hour."""

import json

import pytest
from django.core.management import call_command

from chambers.models import Job, Mail
from chambers.services import jobs
from marketplace.models import Meeting, Slot, Timetable
from marketplace.scheduling.document import SCHEMA
from marketplace.selectors import timetables as shown
from marketplace.services.meetings import move_meeting
from marketplace.services.publishing import publish_timetable
from marketplace.services.timetables import end_early, move_in_plan, start_timetable
from tests.event_factories import InterpreterFactory, TableFactory
from tests.factories import StaffFactory
from tests.marketplace.timetable_world import made, meet, people, published, small_event, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    event = small_event()
    for number in (3, 4):
        TableFactory(event=event, number=number)
    return event


@pytest.fixture
def staff(event):
    return StaffFactory(chamber=event.chamber, role="manager").person


@pytest.fixture
def round_robin(event):
    """Six meetings of four people."""
    four = people(event, 4)
    return four, [meet(event, a, b) for at, a in enumerate(four) for b in four[at + 1 :]]


def test_the_same_meetings_stay_where_they_are_and_nobody_gets_a_mail(event, staff, round_robin):
    first = published(event, staff, seed=3)
    before = [state(meeting) for meeting in round_robin[1]]
    Mail.objects.all().delete()

    again = made(event, staff, base=first, seed=9)
    publish_timetable(again, by=staff)
    jobs.work_off()

    assert shown.certificate_of(again).kept["people"] == 0
    assert [state(meeting) for meeting in round_robin[1]] == before
    assert not Mail.objects.exists()


def test_only_those_who_have_to_move_move_and_are_told(event, staff, round_robin, tmp_path):
    four, meetings = round_robin
    InterpreterFactory(event=event, languages=["ru", "ja"])
    host = people(event, 1, registration__languages=["ja"])[0]
    guest = people(event, 1, registration__languages=["ru"])[0]
    translated = meet(event, host, guest)
    first = published(event, staff)
    Mail.objects.all().delete()
    moved = Meeting.objects.get(pk=translated.pk)
    before = {one: state(one) for one in meetings}
    guest.away.create(slot=moved.slot)
    late = meet(event, four[0], guest)

    again = made(event, staff, base=first)
    publish_timetable(again, by=staff)
    jobs.work_off()

    moved.refresh_from_db()
    kept = again.certificate["kept"]
    assert {one: state(one) for one in meetings} == before
    assert moved.slot_id is not None
    assert state(late)[0] == "provisional"
    assert (kept["moved"], kept["people"], kept["people_bound"]) == (1, 3, 3)
    told = set(Mail.objects.values_list("to", flat=True))
    assert told == {one.person.email for one in (host, guest, four[0])}
    document = {name: getattr(again, name) for name in ("plan", "certificate")}
    document |= {"schema": SCHEMA, "problem": again.problem["problem"]}
    file = tmp_path / "timetable.json"
    file.write_text(json.dumps(document))
    call_command("verify_timetable", file)


def test_a_search_anew_keeps_only_what_is_locked(event, staff, round_robin):
    first = published(event, staff)

    again = made(event, staff, base=first, anew=True)

    assert "former" not in again.problem["problem"]
    assert shown.certificate_of(again).kept is None


def test_what_was_moved_by_hand_since_stays_where_it_is_now(event, staff):
    one, two, three, four = people(event, 4)
    by_hand, other = meet(event, one, two), meet(event, three, four)
    first = published(event, staff)
    meeting = Meeting.objects.get(pk=by_hand.pk)
    free = Slot.objects.filter(event=event).exclude(pk=meeting.slot_id).latest("starts_at")
    move_meeting(meeting, slot=free, by=staff)
    jobs.work_off()
    before = state(other)

    again = made(event, staff, base=first)

    assert again.certificate["kept"]["people"] == 0
    assert shown.places_of(again)[str(by_hand.public_id)][0] == free
    assert shown.places_of(again)[str(other.public_id)][0].starts_at == before[1]


def test_a_move_by_hand_in_the_new_version_is_counted(event, staff):
    one, two = people(event, 2)
    meeting = meet(event, one, two)
    first = published(event, staff)
    again = made(event, staff, base=first)
    free = next(one.slot for one in shown.free_cells(again, meeting) if not one.is_present)

    moved = move_in_plan(again, meeting, slot=free, by=staff)

    kept = shown.certificate_of(moved).kept
    assert (kept["moved"], kept["people"], kept["people_bound"]) == (1, 2, 0)


def test_a_search_that_is_given_up_keeps_tables_too(event, staff, round_robin):
    first = published(event, staff)
    began = start_timetable(event, by=staff, base=first)
    bare = {**first.plan, "table": []}
    Timetable.objects.filter(pk=began.pk).update(plan=bare, progress=[[1.0, 6, 0, 0]])

    end_early(Job.objects.get(pk=began.job_id), "")

    began.refresh_from_db()
    assert began.plan["table"] == first.plan["table"]
    assert began.certificate["kept"]["people"] == 0

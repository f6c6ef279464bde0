"""A timetable is published whole, told to whom it concerns, and taken back."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from chambers.models import Mail
from chambers.services import jobs
from marketplace.models import Booking, FormerPlace, Slot, Timetable
from marketplace.selectors import timetables as shown
from marketplace.services.meetings import move_meeting
from marketplace.services.publishing import publish_timetable, unpublish_timetable
from marketplace.services.timetables import (
    move_in_plan,
)
from tests.event_factories import (
    InterpreterFactory,
)
from tests.factories import StaffFactory
from tests.marketplace.timetable_world import made, meet, people, published, small_event, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return small_event()


@pytest.fixture
def staff(event):
    return StaffFactory(chamber=event.chamber, role="manager").person


def test_publishing_gives_every_meeting_its_place_and_tells_each_person_once(event, staff):
    one, two, three = people(event, 3)
    first, second = meet(event, one, two), meet(event, two, three)

    timetable = published(event, staff)

    assert timetable.status == Timetable.Status.PROVISIONAL
    for meeting in (first, second):
        status, starts_at, table = state(meeting)
        assert (status, starts_at is not None, table in (1, 2)) == ("provisional", True, True)
    assert Booking.objects.filter(meeting=first).count() == 3  # two people and a table
    mails = Mail.objects.filter(kind="timetable_provisional")
    assert sorted(mails.values_list("to", flat=True)) == sorted(
        one.person.email for one in (one, two, three)
    )
    to_two = mails.get(to=two.person.email)
    assert to_two.calendar.count("BEGIN:VEVENT") == 2
    assert "STATUS:TENTATIVE" in to_two.calendar
    assert str(one.registration.company) in to_two.text


def test_the_final_timetable_confirms_and_tells_everybody_again(event, staff):
    one, two = people(event, 2)
    meeting = meet(event, one, two)
    timetable = published(event, staff)
    was = state(meeting)
    meeting.refresh_from_db()
    sequence = meeting.sequence

    publish_timetable(timetable, by=staff, final=True)
    jobs.work_off()

    assert state(meeting) == ("confirmed", *was[1:])
    assert meeting.sequence == sequence + 1
    assert Mail.objects.filter(kind="timetable_final").count() == 2
    final = Mail.objects.filter(kind="timetable_final").first()
    assert "STATUS:CONFIRMED" in final.calendar
    assert "Before:" not in final.text  # neither time nor table differs


def test_the_final_timetable_lists_what_was_agreed_since_it_was_made_too(event, staff):
    one, two, three = people(event, 3)
    meet(event, one, two)
    timetable = published(event, staff)
    last = Slot.objects.filter(event=event).latest("starts_at")
    meet(event, three, one, placed=True, slot=last)
    Mail.objects.all().delete()

    publish_timetable(timetable, by=staff, final=True)
    jobs.work_off()

    told = {mail.to: mail for mail in Mail.objects.filter(kind="timetable_final")}
    assert set(told) == {person.person.email for person in (one, two, three)}
    to_one = told[one.person.email]
    assert to_one.calendar.count("BEGIN:VEVENT") == 2
    assert str(three.registration.company) in to_one.text


def test_a_new_version_tells_only_those_for_whom_something_differs(event, staff):
    one, two, three, four = people(event, 4)
    stays, moves = meet(event, one, two), meet(event, three, four)
    first = published(event, staff)
    Mail.objects.all().delete()
    draft = made(event, staff)
    places = shown.places_of(draft)
    now = places[str(moves.public_id)][0]
    other = Slot.objects.filter(event=event).exclude(pk=now.pk).latest("starts_at")
    draft = move_in_plan(draft, moves, slot=other, by=staff)
    before = state(stays)

    publish_timetable(draft, by=staff)
    jobs.work_off()

    assert state(moves)[1] == other.starts_at
    assert moves.former.starts_at == now.starts_at
    assert state(stays) == before
    assert not FormerPlace.objects.exclude(meeting=moves).exists()
    told = set(Mail.objects.values_list("to", "kind"))
    assert told == {
        (three.person.email, "timetable_changed"),
        (four.person.email, "timetable_changed"),
    }
    first.refresh_from_db()
    assert first.status == Timetable.Status.SUPERSEDED


def test_taking_a_timetable_back_frees_everything_and_cancels_it_in_calendars(event, staff):
    one, two = people(event, 2)
    meeting = meet(event, one, two)
    timetable = published(event, staff)

    unpublish_timetable(timetable, by=staff)
    jobs.work_off()

    assert state(meeting) == ("unscheduled", None, None)
    assert Booking.objects.count() == 0
    mail = Mail.objects.get(kind="timetable_withdrawn", to=one.person.email)
    assert ("METHOD:CANCEL" in mail.calendar, "STATUS:CANCELLED" in mail.calendar) == (True, True)


def test_what_a_person_confirmed_meanwhile_stays_and_a_clash_refuses_the_whole_publication(
    event, staff
):
    one, two, three = people(event, 3)
    planned = meet(event, one, two)
    draft = made(event, staff)
    slot = shown.places_of(draft)[str(planned.public_id)][0]
    late = meet(event, one, three, status="confirmed", slot=slot)

    with pytest.raises(ValidationError) as refused:
        publish_timetable(draft, by=staff)

    assert refused.value.code == "changed_meanwhile"
    assert state(planned)[0] == "unscheduled"
    assert state(late)[0] == "confirmed"


def placed(event, staff):
    """Two who meet by a provisional timetable, and that."""
    one, two = people(event, 2)
    meeting = meet(event, one, two)
    timetable = published(event, staff)
    meeting.refresh_from_db()
    return meeting, timetable


def other_slot(event, meeting):
    return Slot.objects.filter(event=event).exclude(pk=meeting.slot_id).latest("starts_at")


def test_who_moved_in_the_provisional_stage_is_not_moved_back_by_the_final_timetable(event, staff):
    meeting, timetable = placed(event, staff)
    wanted = other_slot(event, meeting)
    move_meeting(meeting, wanted, by=staff)

    publish_timetable(timetable, by=staff, final=True)

    assert state(meeting)[:2] == ("confirmed", wanted.starts_at)
    again = made(event, staff)
    assert shown.places_of(again)[str(meeting.public_id)][0] == wanted


def test_taking_back_keeps_what_was_agreed_before_there_was_a_timetable(event, staff):
    one, two, three = people(event, 3)
    slot = Slot.objects.filter(event=event).latest("starts_at")
    agreed = meet(event, one, two, status="confirmed", slot=slot)
    other = meet(event, one, three)
    timetable = published(event, staff)

    unpublish_timetable(timetable, by=staff)

    assert state(agreed)[:2] == ("confirmed", slot.starts_at)
    assert state(other)[0] == "unscheduled"


def test_a_place_in_which_somebody_is_away_by_now_is_not_published(event, staff):
    one, two = people(event, 2)
    meeting = meet(event, one, two)
    draft = made(event, staff)
    one.away.create(slot=shown.places_of(draft)[str(meeting.public_id)][0])

    with pytest.raises(ValidationError) as refused:
        publish_timetable(draft, by=staff)

    assert refused.value.code == "changed_meanwhile"
    assert state(meeting)[0] == "unscheduled"


def test_a_time_that_is_over_or_too_near_is_not_published(event, staff):
    one, two = people(event, 2)
    meet(event, one, two)
    draft = made(event, staff)
    day = dt.timedelta(days=31)
    for slot in Slot.objects.filter(event=event):
        slot.starts_at, slot.ends_at = slot.starts_at - day, slot.ends_at - day
        slot.save()

    with pytest.raises(ValidationError) as refused:
        publish_timetable(draft, by=staff)

    assert refused.value.code == "changed_meanwhile"


def test_a_table_that_became_a_booth_is_not_given_to_others(event, staff):
    one, two, stranger = people(event, 3)
    meeting = meet(event, one, two)
    draft = made(event, staff)
    table = shown.places_of(draft)[str(meeting.public_id)][1]
    table.owner = stranger.registration
    table.save()

    with pytest.raises(ValidationError) as refused:
        publish_timetable(draft, by=staff)

    assert refused.value.code == "changed_meanwhile"


def test_an_interpreter_given_by_hand_stays_and_serves_nobody_else_then(event, staff):
    one, two = people(event, 2)
    slot = Slot.objects.filter(event=event).latest("starts_at")
    speaker = InterpreterFactory(event=event, languages=["ru", "ja"])
    settled = meet(event, one, two, status="confirmed", slot=slot)
    settled.interpreter = speaker
    settled.save()
    host = people(event, 1, registration__languages=["ja"])[0]
    guest = people(event, 1, registration__languages=["ru"])[0]
    needs = meet(event, host, guest)

    timetable = made(event, staff)
    publish_timetable(timetable, by=staff)

    settled.refresh_from_db()
    assert (settled.interpreter, settled.slot) == (speaker, slot)
    assert shown.places_of(timetable)[str(needs.public_id)][0] != slot


@pytest.mark.parametrize("final", [True, False])
def test_nothing_is_published_twice(event, staff, final):
    _meeting, timetable = placed(event, staff)
    if final:
        publish_timetable(timetable, by=staff, final=True)
        jobs.work_off()
    mails = Mail.objects.count()

    with pytest.raises(ValidationError) as refused:
        publish_timetable(timetable, by=staff, final=False)

    assert refused.value.code == "already_published"
    jobs.work_off()
    assert Mail.objects.count() == mails


def test_what_was_taken_back_before_anybody_read_of_it_is_not_told(event, staff):
    one, two = people(event, 2)
    meet(event, one, two)
    timetable = publish_timetable(made(event, staff), by=staff)

    unpublish_timetable(timetable, by=staff)
    jobs.work_off()

    assert not Mail.objects.filter(kind__startswith="timetable").exists()


def test_two_publications_in_a_row_are_told_as_one(event, staff):
    one, two = people(event, 2)
    meet(event, one, two)
    timetable = publish_timetable(made(event, staff), by=staff)

    publish_timetable(timetable, by=staff, final=True)
    jobs.work_off()

    kinds = list(Mail.objects.filter(kind__startswith="timetable").values_list("kind", flat=True))
    assert kinds == ["timetable_final"] * 2

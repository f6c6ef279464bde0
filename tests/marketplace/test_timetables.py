"""A timetable of an event: asked for, made by a worker, changed by hand, published, taken back."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from chambers.models import Job, Mail
from chambers.services import jobs
from marketplace import tasks
from marketplace.models import Booking, Meeting, Slot, Timetable
from marketplace.selectors import timetables as shown
from marketplace.services.meetings import move_meeting
from marketplace.services.publishing import publish_timetable, unpublish_timetable
from marketplace.services.timetables import (
    move_in_plan,
    pin_in_plan,
    start_timetable,
    stop_timetable,
)
from tests.event_factories import (
    EventFactory,
    InterpreterFactory,
    MeetingFactory,
    ParticipantFactory,
    SlotFactory,
    TableFactory,
)
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
__all__ = ["tasks"]  # its import registers the jobs


@pytest.fixture
def event():
    made = EventFactory()
    for number in range(4):
        SlotFactory(event=made, number=number)
    for number in (1, 2):
        TableFactory(event=made, number=number)
    return made


@pytest.fixture
def staff(event):
    return StaffFactory(chamber=event.chamber, role="manager").person


def people(event, count, **fields):
    return [ParticipantFactory(registration__event=event, **fields) for _ in range(count)]


def meet(event, host, guest, **fields):
    return MeetingFactory(event=event, host=host, guest=guest, **fields)


def made(event, staff, **fields):
    """A version as the worker leaves it."""
    timetable = start_timetable(event, by=staff, seconds=5, **fields)
    jobs.work_off()
    timetable.refresh_from_db()
    assert timetable.finished_at, Job.objects.get(pk=timetable.job_id).error
    return timetable


def published(event, staff, *, final=False, **fields):
    timetable = publish_timetable(made(event, staff, **fields), by=staff, final=final)
    jobs.work_off()
    return timetable


def state(meeting):
    meeting.refresh_from_db()
    return (
        meeting.status,
        meeting.slot and meeting.slot.starts_at,
        meeting.table and meeting.table.number,
    )


def test_a_worker_seats_all_meetings_and_proves_that_only_one_person_must_wait(event, staff):
    one, two, three = people(event, 3)
    meetings = [meet(event, one, two), meet(event, two, three), meet(event, one, three)]

    timetable = made(event, staff)

    worth = shown.certificate_of(timetable)
    assert (worth.status, worth.placed, worth.meetings, worth.breaks) == ("optimal", 3, 3, 1)
    places = shown.places_of(timetable)
    assert set(places) == {str(meeting.public_id) for meeting in meetings}
    assert len({slot for slot, _table, _interpreter in places.values()}) == 3
    assert [state(meeting)[0] for meeting in meetings] == ["unscheduled"] * 3  # not published yet
    assert Booking.objects.count() == 0


def test_the_same_rows_and_seed_give_the_same_timetable(event, staff):
    four = people(event, 4)
    for at, host in enumerate(four):
        for guest in four[at + 1 :]:
            meet(event, host, guest)

    first, second = made(event, staff, seed=7), made(event, staff, seed=7)

    assert (first.plan, first.input_hash) == (second.plan, second.input_hash)
    assert (first.number, second.number) == (1, 2)


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
    assert "STATUS:CONFIRMED" in Mail.objects.filter(kind="timetable_final").first().calendar


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
    assert state(stays) == before
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


def test_confirmed_and_locked_meetings_keep_their_time_in_a_new_timetable(event, staff):
    one, two, three = people(event, 3)
    slot = Slot.objects.filter(event=event).latest("starts_at")
    fixed = meet(event, one, two, status="confirmed", slot=slot)
    meet(event, one, three)

    timetable = made(event, staff)

    assert shown.places_of(timetable)[str(fixed.public_id)][0] == slot


def test_absence_interpreters_and_screens_are_respected(event, staff):
    first = Slot.objects.filter(event=event).earliest("starts_at")
    host = people(event, 1, registration__languages=["ja"])[0]
    guest = people(event, 1, registration__languages=["ru"], presence="remote")[0]
    InterpreterFactory(event=event, languages=["en"])
    speaker = InterpreterFactory(event=event, languages=["ru", "ja"])
    guest.away.create(slot=first)
    screen = TableFactory(event=event, number=9, has_screen=True)
    meeting = meet(event, host, guest)

    timetable = made(event, staff)

    slot, table, interpreter = shown.places_of(timetable)[str(meeting.public_id)]
    assert (slot != first, table, interpreter) == (True, screen, speaker)


def test_a_booth_is_one_calendar_however_many_people_its_company_sends(event, staff):
    first, second = people(event, 1) + people(event, 1)
    second.registration = first.registration
    second.save()
    booth = TableFactory(event=event, number=50, owner=first.registration)
    visitors = people(event, 2)
    meetings = [meet(event, first, visitors[0]), meet(event, second, visitors[1])]

    timetable = made(event, staff)

    places = [shown.places_of(timetable)[str(one.public_id)] for one in meetings]
    assert [place[1] for place in places] == [booth, booth]
    assert places[0][0] != places[1][0]


def test_a_meeting_without_a_place_is_named_with_the_cause(event, staff):
    one, two = people(event, 2)
    for slot in Slot.objects.filter(event=event):
        one.away.create(slot=slot)
    meeting = meet(event, one, two)

    timetable = made(event, staff)

    assert shown.without_place(timetable) == [(meeting, "its people are never free together")]


def test_by_hand_a_meeting_goes_only_where_nothing_stands_in_the_way(event, staff):
    one, two, three = people(event, 3)
    first, second = meet(event, one, two), meet(event, one, three)
    draft = made(event, staff)
    taken = shown.places_of(draft)[str(second.public_id)][0]

    cells = shown.free_cells(draft, first)
    with pytest.raises(ValidationError) as refused:
        move_in_plan(draft, first, slot=taken, by=staff)

    assert refused.value.code == "occupied"
    assert "another meeting" in " ".join(refused.value.messages)
    assert [cell.is_free for cell in cells].count(False) == 1
    free = next(cell.slot for cell in cells if cell.is_free and not cell.is_present)
    changed = move_in_plan(draft, first, slot=free, by=staff)
    worth = shown.certificate_of(changed)
    assert (worth.changed_by_hand, worth.placed) == (True, 2)
    assert shown.places_of(changed)[str(first.public_id)][0] == free


def test_what_is_pinned_in_a_draft_stays_there_in_the_version_made_from_it(event, staff):
    one, two, three = people(event, 3)
    first = meet(event, one, two)
    meet(event, one, three)
    draft = made(event, staff)
    last = Slot.objects.filter(event=event).latest("starts_at")
    cells = {cell.slot: cell for cell in shown.free_cells(draft, first)}
    if not cells[last].is_present:
        draft = move_in_plan(draft, first, slot=last, by=staff)
    draft = pin_in_plan(draft, first, pinned=True, by=staff)

    again = made(event, staff, base=draft)

    assert shown.places_of(again)[str(first.public_id)][0] == last


def test_slots_of_two_lengths_lie_over_each_other(event, staff):
    start = Slot.objects.filter(event=event).earliest("starts_at").starts_at
    long = Slot.objects.create(
        event=event, starts_at=start, ends_at=start + dt.timedelta(minutes=40)
    )
    one, two = people(event, 2)
    meeting = meet(event, one, two)
    from tests.event_factories import MeetingRequestFactory

    asked = MeetingRequestFactory(
        event=event, requester=one.registration, partner=two.registration, status="accepted"
    )
    asked.slots.add(long)
    meeting.request = asked
    meeting.save()

    timetable = made(event, staff)

    assert shown.places_of(timetable)[str(meeting.public_id)][0] == long


def test_a_search_is_asked_to_stop_and_keeps_its_best_plan(event, staff):
    one, two = people(event, 2)
    meet(event, one, two)
    timetable = start_timetable(event, by=staff, seconds=60)

    stop_timetable(timetable, by=staff)
    jobs.work_off()

    timetable.refresh_from_db()
    assert timetable.finished_at is not None
    with pytest.raises(ValidationError) as refused:
        stop_timetable(timetable, by=staff)
    assert refused.value.code == "over"


def test_only_one_search_of_an_event_runs_at_a_time(event, staff):
    one, two = people(event, 2)
    meet(event, one, two)
    start_timetable(event, by=staff)

    with pytest.raises(ValidationError):
        start_timetable(event, by=staff)


def test_only_the_organisers_managers_start_stop_and_publish(event, staff):
    one, two = people(event, 2)
    meet(event, one, two)
    stranger = StaffFactory(role="manager").person
    draft = made(event, staff)

    for refused in (
        lambda: start_timetable(event, by=stranger),
        lambda: stop_timetable(draft, by=stranger),
        lambda: publish_timetable(draft, by=stranger),
        lambda: unpublish_timetable(draft, by=stranger),
        lambda: pin_in_plan(draft, Meeting.objects.get(), pinned=True, by=stranger),
    ):
        with pytest.raises(PermissionDenied):
            refused()


@pytest.mark.parametrize("seconds", [0, 3601])
def test_the_time_to_search_has_limits(event, staff, seconds):
    with pytest.raises(ValidationError) as refused:
        start_timetable(event, by=staff, seconds=seconds)

    assert "seconds" in refused.value.message_dict


def test_an_event_without_meetings_or_slots_says_what_is_missing(event, staff):
    with pytest.raises(ValidationError) as refused:
        start_timetable(event, by=staff)
    assert refused.value.code == "no_meetings"

    Slot.objects.all().delete()
    with pytest.raises(ValidationError) as refused:
        start_timetable(event, by=staff)
    assert refused.value.code == "no_slots"


def test_coverage_names_first_who_gets_too_few(event, staff):
    event.meetings_least = 1
    event.save()
    one, two, three = people(event, 3)
    meet(event, one, two)

    covered = shown.coverage_of(event)

    assert [(row.registration, row.meetings, row.too_few) for row in covered][:1] == [
        (three.registration, 0, True)
    ]
    assert [row.too_few for row in covered] == [True, False, False]


def test_two_versions_differ_in_the_meetings_that_moved(event, staff):
    one, two, three = people(event, 3)
    first = meet(event, one, two)
    meet(event, one, three)
    before = made(event, staff)
    after = made(event, staff)
    free = next(
        cell.slot for cell in shown.free_cells(after, first) if cell.is_free and not cell.is_present
    )
    after = move_in_plan(after, first, slot=free, by=staff)

    (difference,) = shown.differences(before, after)

    assert difference.meeting == first
    assert difference.after[0] == free
    assert timezone.now() < free.starts_at


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


def test_a_pinned_meeting_is_let_go_before_it_moves(event, staff):
    one, two = people(event, 2)
    meeting = meet(event, one, two)
    draft = pin_in_plan(made(event, staff), meeting, pinned=True, by=staff)

    with pytest.raises(ValidationError) as refused:
        move_in_plan(draft, meeting, slot=Slot.objects.latest("starts_at"), by=staff)

    assert refused.value.code == "locked"


def test_a_pin_gives_way_to_what_people_have_confirmed_since(event, staff):
    one, two, three = people(event, 3)
    pinned = meet(event, one, two)
    draft = pin_in_plan(made(event, staff), pinned, pinned=True, by=staff)
    slot = shown.places_of(draft)[str(pinned.public_id)][0]
    confirmed = meet(event, one, three, status="confirmed", slot=slot)

    again = made(event, staff, base=draft)

    places = shown.places_of(again)
    assert places[str(confirmed.public_id)][0] == slot
    assert places[str(pinned.public_id)][0] != slot


def test_minutes_to_walk_are_left_between_slots_whatever_lies_over_them(event, staff):
    start = Slot.objects.filter(event=event).earliest("starts_at").starts_at
    Slot.objects.filter(event=event).delete()
    for first, last in ((0, 20), (25, 45), (0, 45)):
        Slot.objects.create(
            event=event,
            starts_at=start + dt.timedelta(minutes=first),
            ends_at=start + dt.timedelta(minutes=last),
        )
    one, two = people(event, 2)
    meet(event, one, two)
    event.walking_minutes = 5
    event.save()

    assert shown.certificate_of(made(event, staff)).placed == 1
    event.walking_minutes = 6
    event.save()
    with pytest.raises(ValidationError) as refused:
        start_timetable(event, by=staff)
    assert refused.value.code == "walking"

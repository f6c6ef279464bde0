"""A timetable of an event: asked for, made by a worker, changed by hand."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from chambers.services import jobs
from marketplace.models import Booking, Meeting, Slot, Timetable
from marketplace.selectors import timetables as shown
from marketplace.selectors.missing_interpreters import Missing, missing_interpreters
from marketplace.services.publishing import publish_timetable, unpublish_timetable
from marketplace.services.timetables import (
    move_in_plan,
    pin_in_plan,
    start_timetable,
    stop_timetable,
)
from tests.event_factories import (
    InterpreterFactory,
    MeetingRequestFactory,
    TableFactory,
)
from tests.factories import StaffFactory, UserFactory
from tests.marketplace.timetable_world import made, meet, people, published, small_event, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return small_event()


@pytest.fixture
def staff(event):
    return StaffFactory(chamber=event.chamber, role="manager").person


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

    ((left_out, why),) = shown.without_place(timetable)
    assert left_out == meeting
    assert why.startswith("its people are never free together")


def test_a_cause_says_for_whom_else_a_person_comes(event, staff):
    one, two, *others = people(event, 5)
    account = UserFactory()
    for participant in (one, two):
        participant.person = account
        participant.save()
    for guest in others:
        meet(event, one, guest)
    for guest in others[:2]:
        meet(event, two, guest)

    ((_left_out, why),) = shown.without_place(made(event, staff))

    first, second = (participant.registration.company.told for participant in (one, two))
    assert f"{first}, {one.name} (also for {second})" in why


def test_a_version_says_for_how_long_which_interpreters_are_missing(event, staff):
    only = Slot.objects.filter(event=event).earliest("starts_at")
    Slot.objects.filter(event=event).exclude(pk=only.pk).delete()
    TableFactory(event=event, number=3)
    InterpreterFactory.create_batch(2, event=event, languages=["ru", "ja"])
    for _meeting in range(3):
        (host,) = people(event, 1, registration__languages=["ja"])
        (guest,) = people(event, 1, registration__languages=["ru"])
        meet(event, host, guest)

    timetable = made(event, staff)

    assert timetable.certificate["placed"] == 2
    assert missing_interpreters(timetable) == [Missing("Japanese – Russian", 1, 20)]


def test_a_version_that_lacks_no_interpreter_says_nothing_of_them(event, staff):
    one, two = people(event, 2)
    for slot in Slot.objects.filter(event=event):
        one.away.create(slot=slot)
    meet(event, one, two)

    assert missing_interpreters(made(event, staff)) == []


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
    asked = MeetingRequestFactory(
        event=event, requester=one.registration, partner=two.registration, status="accepted"
    )
    asked.slots.add(long)
    meeting.request = asked
    meeting.save()

    timetable = made(event, staff)

    assert shown.places_of(timetable)[str(meeting.public_id)][0] == long


def hours(meetings):
    """When they are, as numbers of slots from the first."""
    slots = list(Slot.objects.order_by("starts_at").values_list("starts_at", flat=True))
    return sorted(slots.index(state(one)[1]) for one in meetings)


def test_nobody_has_more_meetings_in_a_row_than_the_event_says(event, staff):
    event.most_in_a_row = 2
    event.save()
    one, *others = people(event, 4)
    meetings = [meet(event, one, other) for other in others]

    published(event, staff)

    assert hours(meetings) in ([0, 1, 3], [0, 2, 3])


def test_a_pause_as_long_as_a_meeting_is_a_rest(event, staff):
    event.most_in_a_row = 2
    event.save()
    one, *others = people(event, 5)
    for late in Slot.objects.order_by("starts_at")[2:]:
        late.starts_at += dt.timedelta(hours=1)
        late.ends_at += dt.timedelta(hours=1)
        late.save()
    meetings = [meet(event, one, other) for other in others]

    published(event, staff)

    assert hours(meetings) == [0, 1, 2, 3]


def test_who_has_chosen_a_day_without_a_rest_keeps_it(event, staff):
    event.most_in_a_row = 1
    event.save()
    one, *others = people(event, 4)
    slots = Slot.objects.order_by("starts_at")
    chosen = [
        meet(event, one, other, placed=True, slot=slot)
        for other, slot in zip(others[:2], slots, strict=False)
    ]
    last = meet(event, one, others[2])

    published(event, staff)

    assert hours(chosen) == [0, 1]
    assert state(last)[1] is not None


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


def test_a_search_that_is_taken_up_again_has_only_the_seconds_left_that_it_had(event, staff):
    one, two = people(event, 2)
    meet(event, one, two)
    timetable = start_timetable(event, by=staff, seconds=60)
    before = [[1.0, 1, 0, 0], [58.5, 1, 0, 0]]
    Timetable.objects.filter(pk=timetable.pk).update(progress=before)

    jobs.work_off()

    timetable.refresh_from_db()
    assert timetable.progress[:2] == before
    passed = [point[0] for point in timetable.progress]
    assert passed == sorted(passed)
    assert timetable.certificate["seconds"] >= 58.5


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


def test_coverage_counts_a_meeting_for_who_joins_it_once(event, staff):
    one, two, three = people(event, 3)
    meet(event, one, two, others=[three])
    colleague = people(event, 1, registration=three.registration)[0]
    meet(event, one, three, others=[colleague])

    counts = {row.registration: row.meetings for row in shown.coverage_of(event)}

    assert counts == {one.registration: 2, two.registration: 1, three.registration: 2}


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

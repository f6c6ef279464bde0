"""Meetings from their place to what became of them, and times that are freed."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from chambers.models import Mail
from marketplace.models import Booking, Meeting, StandbyOffer, TimeProposal
from marketplace.selectors.agenda import Former, former_of
from marketplace.services import meetings, moves, orders, standby
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused

MINUTE = dt.timedelta(minutes=1)
S = Meeting.Status


class Scene:
    """A placed meeting at the first of five times, with its two speakers and the organiser."""

    def __init__(self):
        self.event = make.EventFactory()
        self.slots = make.SlotFactory.create_batch(5, event=self.event)
        self.manager = factories.StaffFactory(chamber=self.event.chamber).person
        self.host = make.ParticipantFactory(registration__event=self.event, speaking=True)
        self.guest = make.ParticipantFactory(registration__event=self.event, speaking=True)
        self.meeting = make.MeetingFactory(
            event=self.event,
            host=self.host,
            guest=self.guest,
            slot=self.slots[0],
            placed=True,
        )


@pytest.fixture
def scene(db):
    return Scene()


def now_in(meeting, minutes):
    """So many minutes before a meeting begins."""
    return meeting.slot.starts_at - minutes * MINUTE


def bookings(meeting):
    return Booking.objects.filter(meeting=meeting)


@pytest.mark.parametrize(
    "do",
    [
        lambda one, scene: meetings.set_lock(one, True, by=scene.manager),
        lambda one, scene: meetings.move_meeting(one, scene.slots[2], by=scene.manager),
        lambda one, scene: meetings.set_section(one, None, by=scene.manager),
        lambda one, scene: orders.set_order(one, scene.meeting, by=scene.manager),
    ],
)
def test_a_proposal_that_was_taken_back_meanwhile_is_refused_and_not_an_error(scene, do):
    proposal = make.MeetingFactory(event=scene.event, is_told=False)
    Meeting.objects.filter(pk=proposal.pk).delete()

    refused("gone", do, proposal, scene)


def test_a_move_takes_everything_along_and_tells_old_and_new(scene):
    table = make.TableFactory(event=scene.event)

    moved = meetings.move_meeting(scene.meeting, scene.slots[2], by=scene.manager)

    assert (moved.slot, moved.table, moved.status) == (scene.slots[2], table, S.CONFIRMED)
    assert (moved.sequence, moved.moves, moved.uid) == (1, 1, scene.meeting.uid)
    assert {one.during.lower for one in bookings(moved)} == {scene.slots[2].starts_at}
    assert bookings(moved).count() == 3
    mails = Mail.objects.filter(kind="meeting_moved")
    assert {one.to for one in mails} == {scene.host.person.email, scene.guest.person.email}
    assert "10:00–10:20" in mails[0].text
    assert "10:40–11:00" in mails[0].text
    before, now = mails[0].text.partition("Before: ")[2].split("Now: ")
    assert ("10:00–10:20" in before, "10:40–11:00" in now) == (True, True)
    assert (str(table) in before, str(table) in now) == (False, True)
    assert f"/en/meetings/{moved.public_id}/\n" in mails[0].text
    assert (mails[0].method, mails[0].thread != "") == ("REQUEST", True)
    assert f"UID:{moved.uid}@" in mails[0].calendar.replace("\r\n ", "")
    assert "SEQUENCE:1" in mails[0].calendar
    former = former_of(Meeting.objects.get(), "Asia/Tokyo")
    assert (former.time.span, former.place) == ("10:00–10:20", "")
    assert (former.starts_at, former.ends_at) == (scene.slots[0].starts_at, scene.slots[0].ends_at)


def test_another_table_does_not_make_the_old_time_forgotten(scene):
    one, other = make.TableFactory.create_batch(2, event=scene.event)
    meetings.move_meeting(scene.meeting, scene.slots[2], by=scene.manager, table=one)

    meetings.move_meeting(scene.meeting, scene.slots[2], by=scene.manager, table=other)

    former = former_of(Meeting.objects.get(), None)
    assert (former.time.span, former.place) == ("10:00–10:20", str(one))
    meetings.cancel_meeting(scene.meeting, by=scene.manager, reason="The hall is closed")
    assert former_of(Meeting.objects.get(), None) == Former()


def test_a_move_to_where_somebody_is_not_free_changes_nothing(scene):
    make.MeetingFactory(event=scene.event, host=scene.guest, slot=scene.slots[1], placed=True)
    make.AwayFactory(participant=scene.host, slot=scene.slots[2])
    held = set(bookings(scene.meeting).values_list("pk", flat=True))

    error = refused("taken", meetings.move_meeting, scene.meeting, scene.slots[1], by=scene.manager)
    refused("away", meetings.move_meeting, scene.meeting, scene.slots[2], by=scene.manager)

    assert error.params["free"] == [str(slot.public_id) for slot in scene.slots[3:]]
    assert set(bookings(scene.meeting).values_list("pk", flat=True)) == held
    assert Meeting.objects.get(pk=scene.meeting.pk).slot == scene.slots[0]


def test_nothing_is_moved_out_of_or_into_the_freeze_window_unless_forced(scene):
    at = now_in(scene.meeting, scene.event.freeze_minutes)
    late = scene.slots[4]

    refused("frozen", meetings.move_meeting, scene.meeting, late, by=scene.manager, at=at)

    moved = meetings.move_meeting(scene.meeting, late, by=scene.manager, at=at, force=True)
    assert moved.slot == late


def test_a_locked_meeting_stays_until_it_is_unlocked(scene):
    meetings.set_lock(scene.meeting, True, by=scene.manager)

    refused("locked", meetings.move_meeting, scene.meeting, scene.slots[1], by=scene.manager)
    meetings.set_lock(scene.meeting, False, by=scene.manager)

    assert meetings.move_meeting(scene.meeting, scene.slots[1], by=scene.manager)
    refused("not_placed", meetings.set_lock, make.MeetingFactory(), True, by=None)


@pytest.mark.parametrize("change", ["move", "lock", "interpreter", "confirm"])
def test_companies_do_not_do_what_the_organiser_does(scene, change):
    by = scene.host.person
    calls = {
        "move": lambda: meetings.move_meeting(scene.meeting, scene.slots[1], by=by),
        "lock": lambda: meetings.set_lock(scene.meeting, True, by=by),
        "interpreter": lambda: meetings.assign_interpreter(scene.meeting, None, by=by),
        "confirm": lambda: meetings.confirm_meeting(scene.meeting, by=by),
    }

    with pytest.raises(PermissionDenied):
        calls[change]()


def test_only_a_provisional_meeting_is_confirmed(scene):
    provisional = make.MeetingFactory(
        event=scene.event, slot=scene.slots[3], placed=True, status=S.PROVISIONAL
    )

    sure = meetings.confirm_meeting(provisional, by=scene.manager)

    assert (sure.status, sure.sequence) == (S.CONFIRMED, 1)
    refused("bad_transition", meetings.confirm_meeting, provisional, by=scene.manager)


@pytest.mark.parametrize("who", ["host", "guest", "manager"])
def test_a_cancelled_meeting_holds_nothing_and_leaves_the_calendars(scene, who):
    by = scene.manager if who == "manager" else getattr(scene, who).person

    gone = meetings.cancel_meeting(scene.meeting, by=by, reason="Ill", at=now_in(scene.meeting, 9))

    assert (gone.status, gone.sequence, gone.reason) == (S.CANCELLED, 1, "Ill")
    assert not bookings(gone).exists()
    side = None if who == "manager" else getattr(scene, who).registration
    assert gone.cancelled_side == side
    mails = Mail.objects.filter(kind="meeting_cancelled")
    assert mails.count() == 2
    for mail in mails:
        assert mail.method == "CANCEL"
        assert "STATUS:CANCELLED" in mail.calendar
        assert "Ill" in mail.text


def test_a_cancellation_says_why_and_only_before_the_meeting(scene):
    by = scene.host.person
    refused("no_reason", meetings.cancel_meeting, scene.meeting, by=by, reason=" ")
    refused(
        "over", meetings.cancel_meeting, scene.meeting, by=by, reason="x",
        at=now_in(scene.meeting, 0),
    )  # fmt: skip
    with pytest.raises(PermissionDenied):
        meetings.cancel_meeting(scene.meeting, by=factories.UserFactory(), reason="x")

    assert bookings(scene.meeting).count() == 2


@pytest.mark.parametrize(
    ("host", "guest", "status"),
    [
        ("came", "late", S.HELD),
        ("came", None, S.CONFIRMED),
        ("came", "no_show", S.NO_SHOW),
        ("no_show", "no_show", S.NO_SHOW),
        (None, None, S.CONFIRMED),
    ],
)
def test_attendance_is_per_side_and_unknown_until_said(scene, host, guest, status):
    after = now_in(scene.meeting, -5)

    done = meetings.record_attendance(
        scene.meeting, by=scene.manager, host=host, guest=guest, at=after
    )

    assert done.status == status
    assert done.host_attendance == (host or "unknown")
    assert done.guest_attendance == (guest or "unknown")


def test_a_mark_can_be_corrected(scene):
    after = now_in(scene.meeting, -5)
    meetings.record_attendance(scene.meeting, by=scene.manager, host="no_show", at=after)

    done = meetings.record_attendance(
        scene.meeting, by=scene.manager, host="late", guest="came", at=after
    )

    assert done.status == S.HELD


def test_nobody_is_a_no_show_before_the_time_or_after_a_cancellation(scene):
    by = scene.manager
    refused("not_begun", meetings.record_attendance, scene.meeting, by=by, host="no_show")
    meetings.cancel_meeting(scene.meeting, by=scene.host.person, reason="Ill")

    refused(
        "over", meetings.record_attendance, scene.meeting, by=by, host="no_show",
        at=now_in(scene.meeting, -5),
    )  # fmt: skip
    assert Meeting.objects.get(pk=scene.meeting.pk).host_attendance == "unknown"


def test_an_interpreter_is_held_and_never_booked_while_away(scene):
    interpreter, absent = make.InterpreterFactory.create_batch(2, event=scene.event)
    make.InterpreterAwayFactory(interpreter=absent, slot=scene.slots[0])

    meetings.assign_interpreter(scene.meeting, interpreter, by=scene.manager)
    refused(
        "interpreter_away", meetings.assign_interpreter, scene.meeting, absent, by=scene.manager
    )

    assert bookings(scene.meeting).filter(interpreter=interpreter).exists()
    meetings.assign_interpreter(scene.meeting, None, by=scene.manager)
    assert not bookings(scene.meeting).exclude(interpreter=None).exists()


def test_the_organiser_arranges_a_meeting_of_more_than_two(scene):
    people = make.ParticipantFactory.create_batch(3, registration__event=scene.event)

    meeting = meetings.arrange_meeting(
        *people[:2], others=people[2:], by=scene.manager, slot=scene.slots[0]
    )

    assert bookings(meeting).exclude(participant=None).count() == 3
    refused(
        "taken", meetings.arrange_meeting, scene.host, people[2], by=scene.manager,
        slot=scene.slots[0],
    )  # fmt: skip
    assert Meeting.objects.count() == 2


def test_nobody_meets_themselves_for_two_companies(scene):
    other = make.ParticipantFactory(
        registration__event=scene.event, person=scene.host.person, name=scene.host.name
    )

    refused("same_person", meetings.arrange_meeting, scene.host, other, by=scene.manager)

    assert Meeting.objects.count() == 1


def test_only_those_who_take_part_in_the_same_event_are_brought_together(scene):
    stranger = make.ParticipantFactory()
    applied = make.ParticipantFactory(
        registration__event=scene.event, registration__status="applied"
    )

    refused("other_event", meetings.arrange_meeting, scene.host, stranger, by=scene.manager)
    refused("not_admitted", meetings.arrange_meeting, scene.host, applied, by=scene.manager)


def test_no_meeting_is_arranged_or_placed_at_a_cancelled_event(scene):
    open_still = waiting(scene)
    scene.event.cancelled_at = timezone.now()
    scene.event.save()

    refused("cancelled", meetings.arrange_meeting, scene.host, scene.guest, by=scene.manager)
    refused("cancelled", meetings.move_meeting, open_still, scene.slots[1], by=scene.manager)


def propose(scene, slots, by=None, **fields):
    return moves.propose_move(scene.meeting, slots, by=(by or scene.host.person), **fields)


def test_the_old_time_stays_until_the_other_side_accepts_a_new_one(scene):
    proposal = propose(scene, scene.slots[1:4], message="Our train")
    assert Meeting.objects.get(pk=scene.meeting.pk).slot == scene.slots[0]
    mail = Mail.objects.get(kind="meeting_proposal")
    assert (mail.to, "Our train" in mail.text) == (scene.guest.person.email, True)
    with pytest.raises(PermissionDenied):
        moves.accept_move(proposal, slot=scene.slots[1], by=scene.host.person)
    refused("not_offered", moves.accept_move, proposal, slot=scene.slots[4], by=scene.guest.person)

    moved = moves.accept_move(proposal, slot=scene.slots[2], by=scene.guest.person)

    assert (moved.slot, moved.moves) == (scene.slots[2], 1)
    proposal.refresh_from_db()
    assert proposal.status == TimeProposal.Status.ACCEPTED


def test_a_declined_proposal_leaves_everything_as_it_is(scene):
    proposal = propose(scene, scene.slots[1:2])

    moves.decline_move(proposal, by=scene.guest.person)

    assert Meeting.objects.get(pk=scene.meeting.pk).moves == 0
    refused("not_waiting", moves.accept_move, proposal, slot=scene.slots[1], by=scene.guest.person)
    assert propose(scene, scene.slots[1:2]).status == "pending"


def test_companies_move_a_meeting_twice_and_never_in_the_freeze_window(scene):
    at = now_in(scene.meeting, 30)
    refused("frozen", propose, scene, scene.slots[4:], at=at)
    Meeting.objects.update(moves=moves.MOST_MOVES)
    scene.meeting.refresh_from_db()

    refused("too_many_moves", propose, scene, scene.slots[1:2])

    assert meetings.move_meeting(scene.meeting, scene.slots[1], by=scene.manager)


def test_four_times_or_none_are_no_proposal_and_one_waits_at_a_time(scene):
    refused("too_many_times", propose, scene, scene.slots[1:5])
    refused("no_times", propose, scene, [])
    propose(scene, scene.slots[1:2])

    refused("already_proposed", propose, scene, scene.slots[2:3], by=scene.guest.person)


def waiting(scene, **fields):
    """A meeting without a time of two others, agreed upon."""
    host, guest = make.ParticipantFactory.create_batch(
        2, registration__event=scene.event, speaking=True
    )
    return make.MeetingFactory(event=scene.event, host=host, guest=guest, **fields)


def test_a_freed_time_is_offered_in_order_of_rank_with_a_time_to_answer(scene):
    scene.event.tables.all().delete()
    table = make.TableFactory(event=scene.event)
    Booking.objects.create(
        meeting=scene.meeting, table=table, during=bookings(scene.meeting)[0].during
    )
    later = waiting(scene)
    must = waiting(
        scene, request=make.MeetingRequestFactory(event=scene.event, wish="must", status="accepted")
    )

    meetings.cancel_meeting(scene.meeting, by=scene.host.person, reason="Ill")

    offers = StandbyOffer.objects.order_by("rank")
    assert [(one.meeting, one.status) for one in offers] == [(must, "offered"), (later, "waiting")]
    assert offers[0].reason == "must"
    assert offers[0].answer_by <= timezone.now() + standby.REPLY
    told = Mail.objects.filter(kind="meeting_standby").values_list("to", flat=True)
    assert set(told) == {must.host.person.email, must.guest.person.email}

    standby.accept_offer(offers[0], by=must.host.person)
    standby.accept_offer(offers[0], by=must.guest.person)

    placed = Meeting.objects.get(pk=must.pk)
    assert (placed.slot, placed.status, placed.table) == (scene.slots[0], S.CONFIRMED, table)


def test_who_declines_or_stays_silent_passes_the_time_on(scene):
    first, second, third = (waiting(scene) for _ in range(3))
    meetings.cancel_meeting(scene.meeting, by=scene.host.person, reason="Ill")
    offers = {one.meeting_id: one for one in StandbyOffer.objects.all()}

    standby.decline_offer(offers[first.pk], by=first.host.person)
    now_open = StandbyOffer.objects.open().get()
    assert now_open.meeting == second

    standby.expire_offers(now_open.answer_by)

    states = dict(StandbyOffer.objects.values_list("meeting", "status"))
    assert states == {first.pk: "declined", second.pk: "expired", third.pk: "offered"}
    refused("not_waiting", standby.accept_offer, now_open, by=second.host.person)


def test_only_a_time_that_suits_the_meeting_is_offered(scene):
    request = make.MeetingRequestFactory(
        event=scene.event, status="accepted", slots=scene.slots[1:2]
    )
    later = make.SessionFactory(event=scene.event, starts_at=scene.slots[1].starts_at)
    absent = make.InterpreterAwayFactory(
        interpreter__event=scene.event, slot=scene.slots[0]
    ).interpreter
    waiting(scene, request=request)
    waiting(scene, session=later)
    waiting(scene, interpreter=absent)
    suited = waiting(scene)

    meetings.cancel_meeting(scene.meeting, by=scene.host.person, reason="Ill")

    assert [one.meeting for one in StandbyOffer.objects.all()] == [suited]


def test_after_an_acceptance_the_next_in_line_is_asked_or_no_longer_waits(scene):
    first, second = waiting(scene), waiting(scene)
    third = make.MeetingFactory(event=scene.event, host=first.host, guest=second.guest)
    meetings.cancel_meeting(scene.meeting, by=scene.host.person, reason="Ill")
    offers = {one.meeting_id: one for one in StandbyOffer.objects.all()}

    standby.accept_offer(offers[first.pk], by=scene.manager)

    states = dict(StandbyOffer.objects.values_list("meeting", "status"))
    assert states == {first.pk: "accepted", second.pk: "offered", third.pk: "waiting"}
    standby.decline_offer(offers[second.pk], by=second.host.person)
    assert StandbyOffer.objects.get(meeting=third).status == "void"


def test_a_line_whose_first_needs_the_time_no_longer_goes_on(scene):
    first, second = waiting(scene), waiting(scene)
    meetings.cancel_meeting(scene.meeting, by=scene.host.person, reason="Ill")
    meetings.move_meeting(first, scene.slots[3], by=scene.manager)

    standby.expire_offers(timezone.now())

    assert StandbyOffer.objects.open().get().meeting == second


def test_nothing_is_offered_while_a_timetable_is_still_to_come(scene):
    scene.event.provisional_at = timezone.now() + dt.timedelta(days=1)
    scene.event.save()
    waiting(scene)

    meetings.cancel_meeting(scene.meeting, by=scene.host.person, reason="Ill")

    assert not StandbyOffer.objects.exists()

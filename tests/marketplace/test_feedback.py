"""What the two sides say after a meeting, right after it and six months later."""

import datetime as dt
import re
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from chambers.models import Delivery, Mail, Topic
from chambers.services import jobs
from chambers.services.digests import write_digest
from chambers.services.topics import choose_delivery
from marketplace.models import Dispute, Feedback, Meeting
from marketplace.selectors.feedback import SECOND_AFTER, THIRD_AFTER, look_back_on, open_questions
from marketplace.services import feedback, feedback_links, meetings
from marketplace.services.feedback import give_feedback, say_what_happened
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused

Said = Feedback.Said
S = Meeting.Status


class Past:
    """A meeting that was to end an hour ago, with its two speakers and the organiser."""

    def __init__(self, ended=dt.timedelta(hours=1)):
        today = timezone.now().date()
        self.event = make.EventFactory(starts_on=today - dt.timedelta(days=4), ends_on=today)
        self.manager = factories.StaffFactory(chamber=self.event.chamber).person
        self.host = make.ParticipantFactory(registration__event=self.event, speaking=True)
        self.guest = make.ParticipantFactory(registration__event=self.event, speaking=True)
        end = timezone.now() - ended
        slot = make.SlotFactory(
            event=self.event, starts_at=end - dt.timedelta(minutes=20), ends_at=end
        )
        self.meeting = make.MeetingFactory(
            event=self.event, host=self.host, guest=self.guest, slot=slot, placed=True
        )

    def says(self, who, said, **how):
        """What the speaker of ``host`` or ``guest`` says."""
        one = getattr(self, who)
        return say_what_happened(self.meeting, said, own=one.registration, by=one.person, **how)

    def marks(self):
        """(host, guest, status) as the row stands."""
        self.meeting.refresh_from_db()
        return (
            self.meeting.host_attendance,
            self.meeting.guest_attendance,
            self.meeting.status,
        )


@pytest.fixture
def past(db):
    return Past()


@pytest.mark.parametrize(
    ("host", "guest", "marks"),
    [
        (Said.HELD, "", ("came", "came", S.HELD)),
        (Said.HELD, Said.HELD, ("came", "came", S.HELD)),
        (Said.THEY_MISSED, "", ("came", "no_show", S.NO_SHOW)),
        (Said.THEY_MISSED, Said.WE_MISSED, ("came", "no_show", S.NO_SHOW)),
        (Said.WE_MISSED, "", ("no_show", "unknown", S.NO_SHOW)),
        (Said.WE_MISSED, Said.WE_MISSED, ("no_show", "no_show", S.NO_SHOW)),
    ],
)
def test_marks_follow_from_what_the_sides_agree_upon(past, host, guest, marks):
    past.says("host", host)
    if guest:
        past.says("guest", guest)

    assert past.marks() == marks
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    ("host", "guest", "marks"),
    [
        (Said.HELD, Said.THEY_MISSED, ("unknown", "came", S.CONFIRMED)),
        (Said.THEY_MISSED, Said.THEY_MISSED, ("unknown", "unknown", S.CONFIRMED)),
        (Said.WE_MISSED, Said.HELD, ("unknown", "came", S.CONFIRMED)),
    ],
)
def test_a_contradiction_is_put_before_the_organiser_and_not_decided(past, host, guest, marks):
    past.says("host", host)
    past.says("guest", guest)

    assert past.marks() == marks
    assert Dispute.objects.open().get().meeting == past.meeting


def test_who_takes_their_word_back_ends_the_contradiction(past):
    past.says("host", Said.THEY_MISSED)
    past.says("guest", Said.HELD)

    past.says("host", Said.HELD)

    assert past.marks() == ("came", "came", S.HELD)
    assert not Dispute.objects.open().exists()


def test_what_the_desk_marked_stands_and_a_word_against_it_is_a_contradiction(past):
    meetings.record_attendance(past.meeting, by=past.manager, host="late", guest="came")

    past.says("host", Said.HELD)
    assert past.marks() == ("late", "came", S.HELD)
    assert not Dispute.objects.exists()
    past.says("guest", Said.THEY_MISSED)

    assert past.marks() == ("late", "came", S.HELD)
    assert Dispute.objects.open().exists()


def test_a_mark_of_the_desk_no_longer_stands_on_a_word(past):
    past.says("host", Said.THEY_MISSED)
    meetings.record_attendance(past.meeting, by=past.manager, guest="no_show")

    past.says("guest", Said.HELD)

    assert past.marks() == ("came", "no_show", S.NO_SHOW)
    assert Dispute.objects.open().exists()


def test_the_organiser_settles_and_both_sides_read_it(past):
    past.says("host", Said.THEY_MISSED)
    past.says("guest", Said.HELD)
    dispute = Dispute.objects.get()
    settle = feedback.settle_dispute
    with pytest.raises(PermissionDenied):
        settle(dispute, by=past.host.person, host="came", guest="came")
    refused("undecided", settle, dispute, by=past.manager, host="came", guest="unknown")

    settle(dispute, by=past.manager, host="came", guest="late", note="Seen at table 3.")

    assert past.marks() == ("came", "late", S.HELD)
    told = Mail.objects.filter(kind="feedback_settled")
    assert {one.to for one in told} == {past.host.person.email, past.guest.person.email}
    assert "Seen at table 3." in told[0].text
    refused("over", settle, dispute, by=past.manager, host="came", guest="came")
    refused("settled", past.says, "host", Said.WE_MISSED)


def test_a_second_tap_changes_nothing(past):
    first = past.says("host", Said.HELD)
    again = past.says("host", Said.HELD, at=timezone.now() + dt.timedelta(minutes=1))

    assert (again.pk, again.said_at) == (first.pk, first.said_at)


def test_while_its_time_runs_the_sides_are_not_asked_but_the_desk_may_mark(past):
    slot = past.meeting.slot
    own, by = past.host.registration, past.host.person
    running = slot.ends_at - dt.timedelta(minutes=1)

    refused("not_over", past.says, "host", Said.THEY_MISSED, at=running)
    refused("not_over", give_feedback, past.meeting, own=own, by=by, first="possible", at=running)
    refused("not_over", feedback.note_marks, past.meeting, by=by, guest="no_show", at=running)
    assert look_back_on(past.meeting, own, "UTC", running) is None
    assert not open_questions(own.company, by, running)
    assert open_questions(own.company, by, slot.ends_at)
    meetings.record_attendance(past.meeting, by=past.manager, guest="late", at=running)
    assert past.marks()[1] == "late"


def test_nothing_is_said_of_a_meeting_ahead_or_cancelled_or_by_others(past):
    ahead = past.meeting.slot.starts_at - dt.timedelta(minutes=1)
    refused("not_begun", past.says, "host", Said.HELD, at=ahead)
    stranger = make.RegistrationFactory(event=past.event, owner=factories.UserFactory())
    by = stranger.company.representatives.get().person
    viewer = factories.RepresentativeFactory(
        company=past.host.registration.company, role="viewer"
    ).person
    for own, person in (
        (stranger, by),
        (past.host.registration, by),
        (past.guest.registration, past.host.person),
        (past.host.registration, viewer),
    ):
        with pytest.raises(PermissionDenied):
            say_what_happened(past.meeting, Said.HELD, own=own, by=person)
        with pytest.raises(PermissionDenied):
            give_feedback(past.meeting, own=own, by=person, first="possible")
    Meeting.objects.filter(pk=past.meeting.pk).update(status=S.CANCELLED)
    refused("over", past.says, "host", Said.HELD)
    assert not Feedback.objects.exists()


def test_who_joined_the_two_says_what_came_of_it_but_not_who_came(past):
    third = make.ParticipantFactory(registration__event=past.event, speaking=True)
    past.meeting.others.add(third)
    own, by = third.registration, third.person

    refused("third", say_what_happened, past.meeting, Said.HELD, own=own, by=by)
    given = give_feedback(past.meeting, own=own, by=by, first="informative")

    assert given.first == Feedback.First.INFORMATIVE


def test_feedback_has_two_stages_and_the_second_waits_for_six_months(past):
    own, by = past.host.registration, past.host.person

    given = give_feedback(past.meeting, own=own, by=by, first="possible", note=" Samples by May ")
    refused("too_early", give_feedback, past.meeting, own=own, by=by, second="agreed")
    later = past.meeting.slot.ends_at + SECOND_AFTER
    again = give_feedback(past.meeting, own=own, by=by, second="agreed", at=later)

    assert given.pk == again.pk
    assert (again.first, again.second, again.note) == ("possible", "agreed", "Samples by May")


def test_nobody_but_the_side_itself_and_the_organiser_reads_feedback(past):
    give_feedback(past.meeting, own=past.host.registration, by=past.host.person, first="possible")

    readers = [past.host.person, past.manager, factories.UserFactory(superuser=True)]
    others = [past.guest.person, factories.UserFactory(), factories.StaffFactory().person]

    assert [Feedback.objects.visible_to(one).count() for one in readers] == [1, 1, 1]
    assert [Feedback.objects.visible_to(one).count() for one in others] == [0, 0, 0]
    assert [Dispute.objects.visible_to(one).count() for one in readers + others] == [0] * 6


def links_of(mail):
    """The paths of the three answers; what stops such mails comes after them."""
    return re.findall(r"https?://[^/]+(\S*/links/\S+)", mail.text)[:3]


def test_each_side_is_asked_once_with_three_links(past):
    feedback_links.ask_after_meetings(timezone.now())
    feedback_links.ask_after_meetings(timezone.now())

    asked = Mail.objects.filter(kind="feedback_asked")
    assert {one.to for one in asked} == {past.host.person.email, past.guest.person.email}
    assert asked.count() == 2
    assert all(links_of(one)[0] != links_of(one)[1] != links_of(one)[2] for one in asked)
    assert past.guest.registration.company.legal_name in asked.get(to=past.host.person.email).text


def test_nobody_is_asked_who_has_said_it_or_whose_meeting_is_long_over_or_still_goes_on(past):
    past.says("host", Said.HELD)
    Past(ended=dt.timedelta(days=3))
    Past(ended=-dt.timedelta(minutes=5))

    feedback_links.ask_after_meetings(timezone.now())

    assert [one.to for one in Mail.objects.all()] == [past.guest.person.email]


def test_after_six_months_both_sides_of_a_meeting_that_was_held_are_asked_again(past):
    past.says("host", Said.HELD)
    missed = Past()
    missed.says("host", Said.THEY_MISSED)
    later = past.meeting.slot.ends_at + SECOND_AFTER + dt.timedelta(hours=2)

    feedback_links.ask_after_meetings(later)
    feedback_links.ask_after_meetings(later)

    asked = Mail.objects.filter(kind="feedback_later")
    assert {one.to for one in asked} == {past.host.person.email, past.guest.person.email}
    assert asked.count() == 2
    assert "Agreement reached" in asked[0].text


def test_after_18_months_they_are_asked_a_last_time_and_no_more_for_the_half_year(past):
    past.says("host", Said.HELD)
    own, by = past.host.registration, past.host.person
    hour = dt.timedelta(hours=2)
    later = past.meeting.slot.ends_at + THIRD_AFTER + hour
    refused("too_early", give_feedback, past.meeting, own=own, by=by, third="agreed")

    feedback_links.ask_after_meetings(later)
    feedback_links.ask_after_meetings(later)
    give_feedback(past.meeting, own=own, by=by, first="possible", third="negotiating", at=later)

    asked = Mail.objects.filter(kind__in=["feedback_later", "feedback_last"])
    assert {one.to for one in asked} == {past.host.person.email, past.guest.person.email}
    assert {one.kind for one in asked} == {"feedback_last"}
    assert asked.count() == 2
    assert asked[0].subject.startswith("18 months later: ")
    assert f"/contracts/new/?meeting={past.meeting.public_id}" in asked[0].text
    meeting = Meeting.objects.get()
    assert not look_back_on(meeting, own, "UTC", later).is_open
    assert not open_questions(own.company, by, later)
    (asks,) = open_questions(past.guest.registration.company, past.guest.person, later)
    assert (asks.third_due, asks.to_answer) == (True, True)


def test_the_link_of_a_mail_asks_first_and_notes_at_the_button(past, client):
    feedback_links.ask_after_meetings(timezone.now())
    mail = Mail.objects.get(to=past.guest.person.email)
    held, they, _we = links_of(mail)

    page = client.get(they)
    assert page.status_code == 200
    assert "Did they not come to this meeting?" in page.content.decode()
    assert not Feedback.objects.exclude(said="").exists()
    done = client.post(they)

    assert done.status_code == 200
    assert Feedback.objects.exclude(said="").get().said == Said.THEY_MISSED
    assert client.post(held).status_code == 200
    assert past.marks() == ("came", "came", S.HELD)


@pytest.mark.django_db(transaction=True)
def test_two_who_answer_at_once_both_count_and_make_one_contradiction():
    past = Past()
    barrier = Barrier(2)

    def say(who, said):
        barrier.wait()
        try:
            past.says(who, said)
        finally:
            connection.close()

    both = [
        Thread(target=say, args=("host", Said.THEY_MISSED)),
        Thread(target=say, args=("guest", Said.THEY_MISSED)),
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert Feedback.objects.exclude(said="").count() == 2
    assert Dispute.objects.open().count() == 1
    assert past.marks() == ("unknown", "unknown", S.CONFIRMED)


def test_the_clock_asks(past):
    jobs.ask_the_clock(timezone.now())

    assert Mail.objects.filter(kind="feedback_asked").count() == 2


def test_the_daily_mail_leads_to_the_same_link_of_one_purpose(past, client):
    person = past.guest.person
    choose_delivery(person, Topic.OUTCOMES, Delivery.DAILY)
    feedback_links.ask_after_meetings(timezone.now())
    held = Mail.objects.get(kind="feedback_asked", to=person.email)
    assert held.state == Mail.State.HELD

    write_digest(person)
    digest = Mail.objects.get(kind="digest", to=person.email)
    (link,) = links_of(digest)[:1]

    assert link == links_of(held)[0]
    assert link in digest.html
    # Nobody is signed in: the link asks, and its button notes.
    page = client.get(link)
    assert "Did this meeting take place?" in page.content.decode()
    assert not Feedback.objects.exclude(said="").exists()
    client.post(link)
    assert Feedback.objects.exclude(said="").get().side == past.guest.registration


def direct(past):
    """The meeting as one outside events, asked for by the guest's company."""
    type(past.event).objects.filter(pk=past.event.pk).update(kind="direct")
    past.event.refresh_from_db()
    past.meeting.event = past.event
    own = past.guest.registration
    past.meeting.request = make.MeetingRequestFactory(
        event=past.event, requester=own, partner=past.host.registration, message="Secret"
    )
    past.meeting.save()
    return factories.StaffFactory(chamber=own.company.memberships.get().chamber).person


def test_a_contradiction_outside_events_goes_to_the_chamber_of_who_asked(past, client):
    judge = direct(past)
    host = past.host.registration.company
    other = factories.StaffFactory(chamber=host.memberships.get().chamber).person
    feedback_links.ask_after_meetings(timezone.now())
    past.says("host", Said.THEY_MISSED)
    past.says("guest", Said.HELD)

    asked = Mail.objects.filter(kind="feedback_asked")
    assert asked.count() == 2
    assert "organiser" not in asked[0].text
    assert past.marks() == ("came", "unknown", S.CONFIRMED)
    dispute = Dispute.objects.served_by(judge).get()
    assert not Dispute.objects.served_by(other).exists()
    client.force_login(judge)
    page = client.get(f"/admin/marketplace/dispute/{dispute.pk}/change/").content.decode()
    assert "They did not come" in page
    assert "Secret" not in page
    with pytest.raises(PermissionDenied):
        feedback.settle_dispute(dispute, by=other, host="came", guest="came")

    feedback.settle_dispute(dispute, by=judge, host="came", guest="came", note="Seen online")

    assert past.marks() == ("came", "came", S.HELD)
    told = Mail.objects.filter(kind="feedback_settled")
    assert {one.to for one in told} == {past.host.person.email, past.guest.person.email}
    assert "The chamber of the company that asked for it found out" in told[0].text
    assert not Meeting.objects.served_by(judge).exists()
    assert not Feedback.objects.served_by(judge).exists()
    assert not Mail.objects.served_by(judge).exists()


def test_who_speaks_for_one_of_the_two_does_not_settle_between_them(past):
    judge = direct(past)
    past.says("host", Said.THEY_MISSED)
    past.says("guest", Said.HELD)
    factories.RepresentativeFactory(company=past.guest.registration.company, person=judge)

    with pytest.raises(PermissionDenied):
        feedback.settle_dispute(Dispute.objects.get(), by=judge, host="came", guest="came")


def test_no_staff_reads_the_mails_after_a_direct_meeting(past):
    type(past.event).objects.filter(pk=past.event.pk).update(kind="direct")
    feedback_links.ask_after_meetings(timezone.now())
    Meeting.objects.update(status=S.HELD)
    feedback_links.ask_after_meetings(timezone.now() + SECOND_AFTER)

    assert set(Mail.objects.values_list("kind", flat=True)) == {"feedback_asked", "feedback_later"}
    assert not Mail.objects.served_by(past.manager).exists()

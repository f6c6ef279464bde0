"""Who is told of a meeting: its people, once it is theirs; of a mere proposal nobody, ever."""

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from chambers.models import Mail
from chambers.services import jobs
from marketplace import tasks
from marketplace.models import Meeting
from marketplace.selectors.agenda import meetings_of
from marketplace.services import meetings, registrations, requests
from marketplace.services.events import cancel_event
from marketplace.services.feeds import open_feed
from marketplace.services.publishing import publish_timetable, unpublish_timetable
from marketplace.services.timetables import start_timetable
from tests import event_factories as make
from tests import factories

pytestmark = pytest.mark.django_db
__all__ = ["tasks"]  # its import registers the jobs


class Scene:
    """Two companies whom the organiser would like to see meet, and one slot."""

    def __init__(self):
        self.event = make.EventFactory()
        self.slot = make.SlotFactory(event=self.event)
        self.manager = factories.StaffFactory(chamber=self.event.chamber, role="manager").person
        self.host = make.ParticipantFactory(registration__event=self.event, speaking=True)
        self.guest = make.ParticipantFactory(registration__event=self.event, speaking=True)

    def propose(self, **fields):
        return make.MeetingFactory(
            event=self.event, host=self.host, guest=self.guest, is_told=False, **fields
        )

    def publish(self):
        timetable = start_timetable(self.event, by=self.manager, seconds=30)
        jobs.work_off()
        timetable.refresh_from_db()
        return publish_timetable(timetable, by=self.manager)

    def readers(self):
        return [self.host.person, self.guest.person]


@pytest.fixture
def scene():
    return Scene()


def seen(scene):
    """What the two people find in the lists of their meetings."""
    return [Meeting.objects.visible_to(one).count() for one in scene.readers()]


def test_a_proposal_that_is_cancelled_is_never_told(scene):
    meeting = scene.propose()

    meetings.cancel_meeting(meeting, by=scene.manager, reason="Another partner fits better")

    assert not Mail.objects.exists()
    assert seen(scene) == [0, 0]
    assert Meeting.objects.visible_to(scene.manager).get().status == "cancelled"


def test_who_loses_only_a_proposal_reads_of_no_withdrawal(scene):
    scene.propose()

    registrations.withdraw_registration(scene.host.registration, by=scene.host.person)

    assert not Mail.objects.filter(kind="partner_withdrew").exists()
    assert seen(scene) == [0, 0]


def test_a_cancelled_event_is_told_without_what_was_proposed(scene):
    scene.propose()

    cancel_event(scene.event, by=scene.manager, reason="Flood")

    mails = Mail.objects.filter(kind="event_cancelled")
    assert {one.to for one in mails} == {one.email for one in scene.readers()}
    assert {one.calendar for one in mails} == {""}
    assert seen(scene) == [0, 0]


def test_a_meeting_that_staff_arranges_is_told_though_it_has_no_time(scene):
    meeting = meetings.arrange_meeting(scene.host, scene.guest, by=scene.manager)

    mails = Mail.objects.filter(kind="meeting_arranged")
    assert {one.to for one in mails} == {one.email for one in scene.readers()}
    assert str(scene.guest.registration.company) in mails.get(to=scene.host.person.email).subject
    assert seen(scene) == [1, 1]
    assert meetings_of(scene.host.registration, scene.host.person).get() == meeting


def test_a_proposal_is_told_with_its_time(scene):
    meeting = scene.propose()

    scene.publish()
    jobs.work_off()

    meeting.refresh_from_db()
    assert (meeting.is_told, meeting.slot) == (True, scene.slot)
    assert Mail.objects.filter(kind="timetable_provisional").count() == 2
    assert seen(scene) == [1, 1]


def test_no_calendar_names_people_before_both_sides_agreed(client, scene):
    for one in (scene.host, scene.guest):
        one.position = f"Head of {one.name}"
        one.save()
    meeting = scene.propose()
    scene.publish()
    jobs.work_off()
    _feed, secret = open_feed(scene.host.person)
    client.force_login(scene.host.person)

    def told():
        file = client.get(reverse("event-calendar", args=[scene.event.public_id]))
        mail = Mail.objects.filter(to=scene.host.person.email).exclude(calendar="").latest("pk")
        feed = client.get(reverse("calendar-feed", args=[secret]))
        texts = [mail.calendar, file.content.decode(), feed.content.decode()]
        texts = [one.replace("\r\n ", "") for one in texts]
        assert [str(scene.guest.registration.company) in one for one in texts] == [True] * 3
        return [(scene.guest.name in one, "Head of" in one) for one in texts]

    assert told() == [(False, False)] * 3
    meetings.confirm_meeting(Meeting.objects.get(pk=meeting.pk), by=scene.manager)
    assert told() == [(True, True)] * 3


def test_a_timetable_tells_nothing_of_proposals_that_it_could_not_place(scene):
    scene.propose()
    scene.guest.away.create(slot=scene.slot)
    third = make.ParticipantFactory(registration__event=scene.event, speaking=True)
    agreed = make.MeetingFactory(event=scene.event, host=scene.host, guest=third)

    scene.publish()
    jobs.work_off()

    mail = Mail.objects.get(kind="timetable_provisional", to=scene.host.person.email)
    assert str(third.registration.company) in mail.text
    assert str(scene.guest.registration.company) not in mail.text
    assert not Mail.objects.filter(to=scene.guest.person.email).exists()
    assert Meeting.objects.told().get() == agreed


def test_what_is_taken_back_before_anybody_read_of_it_is_a_proposal_again(scene):
    meeting = scene.propose()

    unpublish_timetable(scene.publish(), by=scene.manager)
    jobs.work_off()

    meeting.refresh_from_db()
    assert (meeting.is_told, meeting.status) == (False, "unscheduled")
    assert not Mail.objects.filter(kind__startswith="timetable").exists()


def test_what_was_told_stays_told_when_the_timetable_is_taken_back(scene):
    meeting = scene.propose()
    timetable = scene.publish()
    jobs.work_off()

    unpublish_timetable(timetable, by=scene.manager)
    jobs.work_off()
    meeting.refresh_from_db()
    meetings.cancel_meeting(meeting, by=scene.manager, reason="Off")

    assert Mail.objects.filter(kind="timetable_withdrawn").count() == 2
    assert Mail.objects.filter(kind="meeting_cancelled").count() == 2


def test_a_proposal_stands_in_nobodys_way_and_ends_when_the_two_agree_themselves(scene):
    scene.event.same_partner_rule = "forbid"
    scene.event.meetings_most = 1
    scene.event.save()
    scene.propose()
    request = requests.request_meeting(
        scene.guest.registration, scene.host.registration, by=scene.guest.person
    )

    agreed = requests.accept_request(request, by=scene.host.person)

    assert list(Meeting.objects.all()) == [agreed]
    assert seen(scene) == [1, 1]


def test_a_company_reads_no_proposals_though_its_speaker_also_works_for_the_organiser(scene):
    scene.propose()
    factories.StaffFactory(chamber=scene.event.chamber, person=scene.host.person)

    assert not meetings_of(scene.host.registration, scene.host.person).exists()
    assert Meeting.objects.visible_to(scene.host.person).count() == 1


def test_what_is_off_comes_in_a_file_of_its_own_beside_what_stands(scene):
    """One file asks one thing of a calendar program."""
    make.SlotFactory(event=scene.event)
    third = make.ParticipantFactory(registration__event=scene.event, speaking=True)
    stays = make.MeetingFactory(event=scene.event, host=scene.host, guest=scene.guest)
    goes = make.MeetingFactory(event=scene.event, host=scene.host, guest=third)
    scene.publish()
    jobs.work_off()
    Mail.objects.all().delete()
    for slot in scene.event.slots.all():
        third.away.create(slot=slot)
    stays.refresh_from_db()
    scene.guest.away.create(slot=stays.slot)

    version = scene.publish()
    jobs.work_off()

    mail = Mail.objects.get(kind="timetable_changed", to=scene.host.person.email)
    assert (mail.method, mail.calendar.count("METHOD:REQUEST")) == ("REQUEST", 1)
    assert (str(stays.uid) in mail.calendar, str(goes.uid) in mail.calendar) == (True, False)
    assert "STATUS:CANCELLED" not in mail.calendar
    assert mail.cancellations.count("METHOD:CANCEL") == 1
    assert (str(stays.uid) in mail.cancellations, str(goes.uid) in mail.cancellations) == (
        False,
        True,
    )
    assert mail.calendar_name.endswith(f"-{version.number}")
    lost = Mail.objects.get(kind="timetable_changed", to=third.person.email)
    assert (lost.method, lost.cancellations) == ("CANCEL", "")


def test_what_was_proposed_before_there_was_a_mark_for_it_stays_untold(scene):
    proposed = scene.propose()
    once_placed = scene.propose(sequence=1)
    asked = scene.propose(request=make.MeetingRequestFactory(event=scene.event, status="accepted"))
    Meeting.objects.update(is_told=True)  # what the new column says of every row

    import_module("marketplace.migrations.0005_event_day").keep_proposals_untold(apps, None)

    assert Meeting.objects.proposed().get() == proposed
    assert set(Meeting.objects.told()) == {once_placed, asked}

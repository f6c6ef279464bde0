"""Interpreters with an account are mailed their own meetings, and later only what differs."""

import pytest
from django.utils import timezone

from chambers.models import Mail
from chambers.services import jobs
from marketplace.models import Meeting, Slot
from marketplace.selectors import timetables as shown
from marketplace.selectors.announcements import announcement_of
from marketplace.services import losses, meetings
from marketplace.services.publishing import publish_timetable, unpublish_timetable
from marketplace.services.registrations import withdraw_registration
from marketplace.services.repairs import apply_repair, preview_repair
from marketplace.services.timetables import move_in_plan
from tests import factories
from tests.event_factories import InterpreterFactory
from tests.marketplace.timetable_world import made, meet, people, published, small_event

pytestmark = pytest.mark.django_db


class Scene:
    """Two companies without a common language, an interpreter, and two who need none."""

    def __init__(self):
        self.event = small_event()
        self.staff = factories.StaffFactory(chamber=self.event.chamber, role="manager").person
        self.interpreter = self.engage("yuki@interpreters.example")
        (host,) = people(self.event, 1, registration__languages=["ja"])
        (guest,) = people(self.event, 1, registration__languages=["ru"])
        self.meeting = meet(self.event, host, guest)
        self.unheard = meet(self.event, *people(self.event, 2))

    def engage(self, email):
        return InterpreterFactory(event=self.event, person=factories.UserFactory(email=email))

    def publish(self):
        return published(self.event, self.staff)

    def mails(self, interpreter=None):
        to = (interpreter or self.interpreter).person.email
        return Mail.objects.filter(kind="interpreter_timetable", to=to).order_by("pk")

    def names(self):
        sides = (self.meeting.host, self.meeting.guest)
        return [one.registration.company.legal_name for one in sides]


@pytest.fixture
def scene():
    return Scene()


def test_a_publication_brings_an_interpreter_their_meetings_and_no_others(scene):
    draft = made(scene.event, scene.staff)
    told = announcement_of(draft, final=False)
    publish_timetable(draft, by=scene.staff)
    jobs.work_off()

    scene.meeting.refresh_from_db()
    mail = scene.mails().get()
    assert told.interpreters == [scene.interpreter.name]
    assert mail.subject.startswith("Provisional timetable")
    assert [name in mail.text for name in scene.names()] == [True, True]
    assert [name in mail.calendar for name in scene.names()] == [True, True]
    assert f"{scene.meeting.slot.starts_at.astimezone(scene.event.clock):%H:%M}" in mail.text
    assert str(scene.meeting.table) in mail.text
    assert scene.unheard.host.registration.company.legal_name not in mail.text
    assert (mail.method, mail.calendar.count("BEGIN:VEVENT")) == ("REQUEST", 1)
    assert scene.meeting.host.name not in mail.calendar


def test_later_an_interpreter_reads_only_what_differs_for_them(scene):
    scene.publish()
    Mail.objects.all().delete()
    scene.meeting.refresh_from_db()
    scene.unheard.refresh_from_db()
    draft = made(scene.event, scene.staff)
    free = Slot.objects.filter(event=scene.event).exclude(
        pk__in=[scene.meeting.slot_id, scene.unheard.slot_id]
    )
    draft = move_in_plan(draft, scene.unheard, slot=free.first(), by=scene.staff)
    publish_timetable(draft, by=scene.staff)
    jobs.work_off()
    assert not scene.mails().exists()

    draft = made(scene.event, scene.staff)
    was = shown.places_of(draft)[str(scene.meeting.public_id)][0]
    draft = move_in_plan(draft, scene.meeting, slot=free.last(), by=scene.staff)
    publish_timetable(draft, by=scene.staff)
    jobs.work_off()

    mail = scene.mails().get()
    assert mail.subject.startswith("Your timetable has changed")
    assert (
        f"{was.starts_at.astimezone(scene.event.clock):%H:%M}" in mail.text.partition("Before")[2]
    )


def test_a_timetable_taken_back_leaves_the_calendar_of_an_interpreter(scene):
    timetable = scene.publish()
    Mail.objects.all().delete()

    unpublish_timetable(timetable, by=scene.staff)
    jobs.work_off()

    mail = scene.mails().get()
    assert (mail.method, mail.calendar.count("BEGIN:VEVENT")) == ("CANCEL", 1)
    assert "You no longer interpret at these meetings" in mail.text


def test_a_repair_tells_who_takes_over_and_who_no_longer_comes(scene):
    timetable = scene.publish()
    publish_timetable(timetable, by=scene.staff, final=True)
    jobs.work_off()
    Mail.objects.all().delete()
    other = scene.engage("ken@interpreters.example")
    meeting = Meeting.objects.get(pk=scene.meeting.pk)
    loss = losses.of_interpreter(scene.interpreter, [meeting.slot])
    before = preview_repair(scene.event, loss, by=scene.staff)

    made_repair = apply_repair(scene.event, loss, by=scene.staff, at=timezone.now())

    meeting.refresh_from_db()
    assert meeting.interpreter == other
    assert (before.told, made_repair.outcome["told"]) == (2, 2)
    assert (scene.mails().get().method, scene.mails(other).get().method) == ("CANCEL", "REQUEST")
    assert "You interpret" not in scene.mails().get().text


def test_who_has_no_account_gets_no_mail(scene):
    scene.interpreter.person = None
    scene.interpreter.save()

    scene.publish()

    assert not Mail.objects.filter(kind="interpreter_timetable").exists()


# ---------------------------------------------------------------- one meeting, by hand


@pytest.fixture
def confirmed(scene):
    """The meeting that needs an interpreter, with its time and her; nothing mailed yet."""
    meeting, slot = scene.meeting, scene.event.slots.order_by("starts_at").first()
    meetings.move_meeting(meeting, slot, by=scene.staff, force=True)
    meetings.assign_interpreter(meeting, scene.interpreter, by=scene.staff)
    Mail.objects.all().delete()
    return Meeting.objects.get(pk=meeting.pk)


def test_a_move_tells_the_interpreter_the_old_time_and_the_new_one(scene, confirmed):
    slot = scene.event.slots.order_by("starts_at").last()

    meetings.move_meeting(confirmed, slot, by=scene.staff, force=True)

    (mail,) = scene.mails()
    assert "Before:" in mail.text
    assert all(name in mail.text for name in scene.names())


def test_another_interpreter_is_told_and_so_is_the_one_before(scene, confirmed):
    other = scene.engage("ken@interpreters.example")

    meetings.assign_interpreter(confirmed, other, by=scene.staff)

    (lost,), (new,) = scene.mails(), scene.mails(other)
    assert "You no longer interpret" in lost.text
    assert "METHOD:CANCEL" in lost.calendar + lost.cancellations
    assert "You no longer interpret" not in new.text


def test_a_cancelled_meeting_leaves_the_interpreters_calendar(scene, confirmed):
    meetings.cancel_meeting(confirmed, by=scene.staff, reason="The hall is closed")

    (mail,) = scene.mails()
    assert "You no longer interpret" in mail.text
    assert "STATUS:CANCELLED" in mail.calendar + mail.cancellations


def test_a_company_that_withdraws_costs_the_interpreter_one_mail(scene, confirmed):
    company = confirmed.host.registration
    person = factories.RepresentativeFactory(company=company.company, role="owner").person

    withdraw_registration(company, by=person)

    (mail,) = scene.mails()
    assert "You no longer interpret" in mail.text

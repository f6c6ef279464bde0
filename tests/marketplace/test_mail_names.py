"""A mail tells a company as its reader can read it: its own name, with the Latin form beside it."""

import datetime as dt

import pytest
from django.urls import reverse

from chambers.models import Mail
from chambers.services import jobs
from marketplace import tasks
from marketplace.models import Event, Meeting
from marketplace.services import desk, meetings, participants, registrations, requests, slots
from tests import event_factories as make
from tests import factories
from tests.marketplace.timetable_world import published, small_event

pytestmark = pytest.mark.django_db
assert tasks  # its import registers the jobs

NATIVE, BESIDE = "株式会社アサヒ計装", "Asahi Keiso Co., Ltd."


class Scene:
    """A Japanese company and a partner, whose language is ``language``."""

    def __init__(self, language):
        self.event = small_event()
        self.manager = factories.StaffFactory(chamber=self.event.chamber, role="manager").person
        self.host = self.person(
            registration__company__legal_name=NATIVE,
            registration__company__legal_name_latin=BESIDE,
        )
        self.guest = self.person()
        self.guest.person.language = language
        self.guest.person.save()

    def person(self, **fields):
        return make.ParticipantFactory(registration__event=self.event, speaking=True, **fields)

    def meet(self, **fields):
        return make.MeetingFactory(event=self.event, host=self.host, guest=self.guest, **fields)

    def joins(self):
        """The Japanese company is the third of a meeting."""
        make.MeetingFactory(
            event=self.event, host=self.person(), guest=self.guest, others=[self.host]
        )


def _publishes(scene):
    scene.meet()
    published(scene.event, scene.manager)


def _cancels(scene):
    meetings.cancel_meeting(scene.meet(), by=scene.host.person, reason="Ill")


def _withdraws(scene):
    scene.meet(placed=True)
    registrations.withdraw_registration(scene.host.registration, by=scene.host.person)


def _withdraws_from_three(scene):
    scene.joins()
    registrations.withdraw_registration(scene.host.registration, by=scene.host.person)


def _leaves_three(scene):
    make.ParticipantFactory(registration=scene.host.registration)
    scene.joins()
    participants.remove_participant(scene.host, by=scene.host.person, reason="Ill")


def _is_absent(scene):
    slot = scene.event.slots.first()
    scene.meet(status="confirmed", slot=slot)
    at = slot.starts_at - dt.timedelta(hours=1)
    desk.mark_absent(scene.host.registration, by=scene.manager, reason="Ill", at=at)


def _loses_its_time(scene):
    slot = scene.event.slots.first()
    requests.request_meeting(
        scene.host.registration, scene.guest.registration, by=scene.host.person, slots=[slot]
    )
    slots.remove_slots([slot], event=scene.event, by=scene.manager)


@pytest.mark.parametrize(
    ("does", "kind"),
    [
        (_publishes, "timetable_provisional"),
        (_cancels, "meeting_cancelled"),
        (_withdraws, "partner_withdrew"),
        (_withdraws_from_three, "people_changed"),
        (_leaves_three, "people_changed"),
        (_is_absent, "company_absent"),
        (_loses_its_time, "request_times_gone"),
    ],
)
def test_a_company_is_told_in_letters_that_its_reader_reads(does, kind):
    texts = {}
    for language in ("en", "ja"):
        scene = Scene(language)
        does(scene)
        jobs.work_off()
        texts[language] = Mail.objects.get(kind=kind, to=scene.guest.person.email).text

    assert [NATIVE in one for one in texts.values()] == [True, True]
    assert [f"{NATIVE} ({BESIDE})" in one for one in texts.values()] == [True, False]


def test_staff_read_the_latin_form_in_lists_too(client):
    scene = Scene("en")
    scene.meet()
    client.force_login(scene.manager)
    event = Event.objects.get()

    lists = [
        client.get(reverse("admin:marketplace_event_coverage", args=[event.pk])),
        client.get(reverse("admin:marketplace_registration_changelist")),
    ]

    assert Meeting.objects.count() == 1
    assert [f"{NATIVE} ({BESIDE})" in one.content.decode() for one in lists] == [True, True]

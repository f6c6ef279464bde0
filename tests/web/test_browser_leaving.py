"""C-9 to its end in a real browser: a company withdraws, its time goes on, others are reminded."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils.translation import override
from playwright.sync_api import expect

from chambers.models import Mail
from marketplace.models import Meeting
from marketplace.services.reminders import remind_soon, remind_tomorrow
from tests import event_factories as make

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}


def at(language, name, *keys):
    with override(language):
        return reverse(name, args=keys)


class Scene:
    """Three companies meet two by two; of another meeting of Keiko's nobody has a time."""

    def __init__(self):
        self.event = make.EventFactory()
        self.gone, self.keiko, self.oleg, self.dana = (
            make.ParticipantFactory(
                registration__event=self.event,
                speaking=True,
                name=name,
                person__language=language,
            )
            for name, language in (("Ivan", "ru"), ("Keiko", "ja"), ("Oleg", "ru"), ("Dana", "en"))
        )
        self.slots = make.SlotFactory.create_batch(2, event=self.event)
        self.lost = [
            make.MeetingFactory(
                event=self.event, host=self.gone, guest=partner, slot=slot, placed=True
            )
            for partner, slot in zip((self.keiko, self.oleg), self.slots, strict=True)
        ]
        self.waiting = make.MeetingFactory(event=self.event, host=self.keiko, guest=self.dana)


def mails(kind):
    return sorted(Mail.objects.filter(kind=kind).values_list("to", flat=True))


def test_a_company_withdraws_each_partner_is_told_once_and_the_freed_time_goes_on(tab, live_server):
    scene = Scene()
    leaving = tab(reader=scene.gone.person, **PHONE)

    leaving.go(at("ru", "event-withdraw", scene.event.public_id))
    leaving.page.locator("#withdraw textarea, #withdraw input[type=text]").first.fill("Болезнь")
    leaving.page.locator("#withdraw .btn--main").click()

    expect(leaving.page.locator("#withdraw")).to_have_count(0)
    partners = [scene.keiko.person.email, scene.oleg.person.email]
    assert mails("partner_withdrew") == sorted(partners)
    assert set(Meeting.objects.alive().of(scene.gone.registration)) == set()
    assert set(mails("meeting_standby")) == {scene.keiko.person.email, scene.dana.person.email}

    for one, language in ((scene.keiko, "ja"), (scene.dana, "en")):
        person = tab(reader=one.person, **PHONE)
        person.go(at(language, "meeting", scene.waiting.public_id))
        person.page.locator("button[name=answer][value=accept]").click()
        expect(person.page.locator("button[name=answer][value=accept]")).to_have_count(0)
    scene.waiting.refresh_from_db()
    assert scene.waiting.status == "confirmed"
    assert scene.waiting.slot in scene.slots

    own = tab(reader=scene.dana.person, **PHONE)
    own.go(at("en", "mail-choices"))
    own.page.locator("select[name=reminders]").select_option("off")
    own.page.locator("select[name=soon]").select_option("off")
    own.page.locator("main form .btn--main").click()
    expect(own.page.get_by_text("Saved. It holds from the next mail on.")).to_be_visible()
    begins = scene.waiting.slot.starts_at
    remind_tomorrow(begins - dt.timedelta(hours=20))
    remind_soon(begins - dt.timedelta(minutes=9))

    sent = Mail.objects.filter(kind__in=["remind_soon", "remind_tomorrow"])
    assert set(sent.exclude(state=Mail.State.OFF).values_list("to", "kind")) == {
        (scene.keiko.person.email, "remind_tomorrow"),
        (scene.keiko.person.email, "remind_soon"),
    }
    # Nobody is reminded of what was cancelled: neither who left nor who was to meet them.
    assert {scene.gone.person.email, scene.oleg.person.email} & set(mails("remind_soon")) == set()
    assert scene.oleg.person.email not in mails("remind_tomorrow")

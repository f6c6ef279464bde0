"""The pages of events in a real browser: nothing sideways, no barrier, no need of scripts."""

import re

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils.translation import gettext, override
from icalendar import Calendar  # noqa: TID251 - reads back what the gate wrote
from playwright.sync_api import expect

from chambers.models import Mail
from marketplace.models import Meeting, Registration
from marketplace.selectors.appointments import seat_of
from marketplace.selectors.times import shown_time
from marketplace.services.registrations import admit_registration
from tests.event_factories import ParticipantFactory
from tests.factories import CompanyFactory, RepresentativeFactory, StaffFactory
from tests.web.event_world import addresses, build_event
from tests.web.inspection import visit


@pytest.fixture(scope="module")
def transactional_db(django_db_setup, django_db_blocker):
    """The database of the live server, emptied once; what a test changes no other looks at."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def world(transactional_db):
    return build_event()


@pytest.fixture(scope="module")
def newcomer(world):
    """Speaks for a member company that is not registered."""
    company = CompanyFactory(member=True, languages=["ru"])
    return RepresentativeFactory(company=company).person


PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}


def at(language, name, *keys):
    with override(language):
        return reverse(name, args=keys)


def said(language, text, **values):
    with override(language):
        return gettext(text) % values


def registering(world):
    return f"/events/{world.event.public_id}/register/"


@pytest.mark.parametrize(
    ("language", "closely"),
    [("en", {(1280, "light"), (390, "dark")}), ("ru", set()), ("ja", {(390, "light")})],
)
def test_no_page_of_an_event_complains_scrolls_sideways_or_has_a_barrier(
    tab, world, newcomer, language, closely
):
    person, new, guest = tab(reader=world.owner), tab(reader=newcomer), tab()

    assert visit(person, addresses(world), language, looked_through=closely) == {}
    assert visit(new, [registering(world)], language, looked_through=closely) == {}
    assert visit(guest, addresses(world)[:2], language) == {}
    assert person.abroad() == []


def test_times_are_closed_and_a_request_accepted_without_scripts_and_by_keyboard(tab, world):
    one = tab(reader=world.owner, java_script_enabled=False)
    boris = world.own.participants.get(name="Boris")

    one.go(reverse("availability", args=[boris.public_id]))
    one.enter(one.page.get_by_role("button", name="Close whole day").last)
    one.tab_to(one.page.locator("input[name=open]").nth(1))
    one.page.keyboard.press("Space")
    one.enter(one.page.get_by_role("button", name="Save"))
    one.go(reverse("request-accept", args=[world.incoming.public_id]))
    one.enter(one.page.get_by_role("button", name="Accept"))

    expect(one.page.get_by_text("Accepted. Both sides read of it by mail.")).to_be_visible()
    assert Meeting.objects.get(request=world.incoming).status == "confirmed"
    closed = {away.slot for away in boris.away.select_related("slot")}
    assert closed == {*world.slots[:2], *world.slots[12:]}


def register(one, event):
    """C-7: a company consents to be listed and says who comes; the organiser admits it."""
    one.go(at("ru", "event-register", event.public_id))
    one.page.locator("[name=consent][value=listed]").check()
    one.page.locator("[name=people-0-presence]").select_option("remote")
    one.page.locator("#register .btn--main").click()
    one.page.wait_for_url(f"**{at('ru', 'event-registration', event.public_id)}")
    expect(one.page.locator("main")).to_contain_text(said("ru", "You applied"))
    own = Registration.objects.get(event=event, status="applied")
    person = own.participants.get()
    assert (own.consent, person.presence) == ("listed", "remote")
    return admit_registration(own, by=StaffFactory(chamber=event.chamber).person)


def ask(one, partner, told):
    """From the list of who comes to a request; how many are left is ``told`` before."""
    one.go(at("ru", "event-people", partner.event.public_id))
    one.page.locator(f"a[href='{at('ru', 'request-new', partner.public_id)}']").click()
    main = one.page.locator("main")
    expect(main).to_contain_text(told)
    one.page.locator("[name=message]").fill(f"Насосы для {partner.company.legal_name}")
    one.page.locator("#ask .btn--main").click()
    return main


def decline_by_mail(one, person):
    """From the mail about a request, without a sign-in: a wording is chosen, then the button."""
    mail = Mail.objects.get(to=person.email, kind="request_received")
    one.go(re.findall(r"https?://[^/]+(\S*/links/\S+)", mail.text)[1])
    one.page.locator("[name=reason_code]").last.scroll_into_view_if_needed()
    one.page.locator("[name=reason_code][value=capacity]").check()
    one.page.locator("main form .btn--main").click()
    expect(one.page.locator("main form")).to_have_count(0)


def hand_over(one, person, meeting):
    """A colleague who comes to the event goes to this meeting alone."""
    left = next(who for who in (meeting.host, meeting.guest) if who.person == person)
    came = ParticipantFactory(registration=left.registration, name="Sato Hanako")
    one.go(at("ja", "meeting-colleague", meeting.public_id))
    one.page.locator("[name=participant]").select_option(str(came.public_id))
    one.page.locator("main form .btn--main").click()
    one.page.wait_for_url(f"**{at('ja', 'meeting', meeting.public_id)}")
    expect(one.page.locator("main")).to_contain_text("Sato Hanako")


def test_a_company_registers_asks_up_to_its_quota_and_its_meeting_is_moved_by_staff(
    tab, world, newcomer
):
    event, (first, second, third) = world.event, world.others[:3]
    anna = tab(reader=newcomer, **PHONE)
    own = register(anna, event)
    Registration.objects.filter(pk=own.pk).update(quota=2)

    for number, partner in ((2, first), (1, second)):
        told = ask(anna, partner, f"{number} из 2")
        expect(told).to_contain_text(partner.company.legal_name)
        anna.page.wait_for_url("**/requests/?tab=sent")
    refused = ask(anna, third, "0 из 2")
    quota = "%(most)d of your requests wait for an answer: wait for one or withdraw one."
    expect(refused).to_contain_text(said("ru", quota, most=2))
    expect(anna.page.locator("[name=message]")).to_have_value(
        f"Насосы для {third.company.legal_name}"
    )
    sent = own.sent_requests.order_by("pk")
    assert [one.partner for one in sent] == [first, second]

    keiko = tab(reader=world.people[0].person, **PHONE)
    keiko.go(at("ja", "request-accept", sent[0].public_id))
    keiko.page.locator("main form .btn--main").last.click()
    keiko.page.wait_for_url("**/ja/meetings/**")
    meeting = Meeting.objects.select_related("slot").get(request=sent[0])
    calendar = at("ru", "event-calendar", event.public_id)
    (before,) = Calendar.from_ical(anna.context.request.get(calendar).text()).walk("VEVENT")

    decline_by_mail(tab(**PHONE), world.people[1].person)
    assert [one.status for one in own.sent_requests.order_by("pk")] == ["accepted", "declined"]

    desk = tab(reader=StaffFactory(chamber=event.chamber).person)
    desk.go(reverse("admin:marketplace_meeting_move", args=[meeting.pk]))
    desk.page.locator("[name=slot]").last.check()
    desk.page.locator("[name=table]").select_option(str(event.tables.get(number=4).pk))
    desk.page.locator("input.default[type=submit]").click()
    expect(desk.page.get_by_text("Both sides get a mail with the new time.")).to_be_visible()

    meeting.refresh_from_db()
    assert (meeting.table.number, meeting.slot) == (4, world.slots[-1])
    (after,) = Calendar.from_ical(anna.context.request.get(calendar).text()).walk("VEVENT")
    assert after["UID"] == before["UID"]  # one entry, which follows
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTART"].dt == meeting.slot.starts_at
    for one, language in ((anna, "ru"), (keiko, "ja")):
        one.go(at(language, "meeting", meeting.public_id))
        with override(language):
            time = shown_time(meeting.slot.starts_at, meeting.slot.ends_at, zone=event.zone)
            seat = seat_of(meeting)
        for words in (time.day, time.span, time.where, seat):
            expect(one.page.locator("main")).to_contain_text(words)
    moved = Mail.objects.filter(kind="meeting_moved").values_list("to", flat=True)
    assert {newcomer.email, world.people[0].person.email} <= set(moved)
    hand_over(keiko, world.people[0].person, meeting)
    assert [one.sideways() for one in (anna, keiko)] == [0, 0]

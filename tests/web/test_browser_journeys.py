"""C-4, C-8 outside events and C-9 in a real browser: searches that mail, answers, calendars."""

import csv  # noqa: TID251 - reads back what the gate wrote
import datetime as dt
import io
import re
import zoneinfo

import pytest
from django.urls import reverse
from django.utils.translation import override
from icalendar import Calendar  # noqa: TID251 - reads back what the gate wrote
from playwright.sync_api import expect

from chambers.models import Mail
from marketplace.models import Meeting, MeetingRequest, SavedSearch
from marketplace.services import direct
from marketplace.services.rules import DIRECT_MOST, direct_quota_left
from tests import factories
from tests.marketplace.direct_world import colleague, side, soon
from tests.web.test_searches import noon, published, run_daily

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
TOKYO, MINSK = zoneinfo.ZoneInfo("Asia/Tokyo"), zoneinfo.ZoneInfo("Europe/Minsk")


def at(language, name, *keys):
    with override(language):
        return reverse(name, args=keys)


def typed(moment, zone):
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def press(tab):
    """The main button of the page's own form."""
    tab.page.locator("main form .btn--main").last.click()


@pytest.fixture
def sides(live_server):
    """Anna of Minsk, who reads Russian, and Keiko of Tokyo, who reads Japanese."""
    return (
        side("Romashka", "Europe/Minsk", "BY", name="Anna", language="ru"),
        side("Asahi", "Asia/Tokyo", "JP", name="Keiko", language="ja"),
    )


def test_a_search_is_kept_mails_what_is_new_is_stopped_by_its_link_and_taken_along(sides, tab):
    anna = sides[0]
    japan = factories.CountryFactory(code="JP")
    published("JP", side="demand", title={"en": "Gauges wanted", "ru": "Датчики давления"})
    published("BY", side="demand", title={"ru": "Датчики давления в Минске"})
    one = tab(reader=anna.person, **PHONE)

    one.go(at("ru", "opportunities"))
    one.page.locator("#q").fill("датчики давления")
    one.page.locator("#find button").first.click()
    one.go(f"{one.page.url}&country={japan.code}&side=demand")
    one.page.get_by_role("link", name="Сохранить поиск").click()
    one.page.locator("[name=name]").fill("Датчики для Японии")
    press(one)
    expect(one.page.locator("main")).to_contain_text("Датчики для Японии")
    search = SavedSearch.objects.get()
    assert search.is_daily

    new = published("JP", side="demand", title={"ru": "Ищем датчики давления"})
    SavedSearch.objects.update(told_until=new.published_at - dt.timedelta(minutes=1))
    run_daily(noon())
    mail = Mail.objects.get(kind="search_news")
    assert ("Ищем датчики давления" in mail.text, "в Минске" in mail.text) == (True, False)
    stop = re.search(r"^https?://[^/]+(/\S+/links/\S+)$", mail.text, re.MULTILINE)[1]
    guest = tab(**PHONE)
    guest.go(stop)
    press(guest)
    expect(guest.page.locator("main [role=status]")).not_to_be_empty()
    search.refresh_from_db()
    assert not search.is_daily

    one.page.get_by_role("link", name="Датчики для Японии").first.click()
    seen = one.page.locator("#results article h3").all_inner_texts()
    with one.page.expect_download() as taken:
        one.page.locator("a[href*='export.csv']").click()
    rows = list(csv.reader(io.StringIO(taken.value.path().read_text("utf-8-sig"))))
    assert len(seen) == 2
    assert [row[rows[0].index("Заголовок")] for row in rows[1:]] == seen
    assert (one.sideways(), one.complaints, guest.complaints) == (0, [], [])


def test_requests_outside_events_are_answered_with_other_times_and_declined(sides, tab):
    anna, keiko = sides
    times = [(soon(), 30)]
    direct.ask_directly(anna.company, keiko.company, by=anna.person, times=times)
    refused = side("Gomel", "Europe/Minsk", "BY")
    direct.ask_directly(anna.company, refused.company, by=anna.person, times=times)
    asked, other = MeetingRequest.objects.order_by("pk")
    assert direct_quota_left(anna.company) == DIRECT_MOST - 2
    hers, ours = tab(reader=keiko.person, **PHONE), tab(reader=anna.person, **PHONE)

    hers.go(at("ja", "meetings"))
    hers.page.locator(f"main a[href='{at('ja', 'request-propose', asked.public_id)}']").click()
    hers.page.locator("[name=times_0]").fill(typed(soon(3), TOKYO))
    hers.page.locator("[name=times_1]").fill(typed(soon(4), TOKYO))
    hers.page.locator("[name=message]").fill("展示会のため")
    press(hers)
    hers.page.wait_for_url(re.compile(r"/meetings/\?tab="))
    ours.go(at("ru", "request-accept", asked.public_id))
    expect(ours.page.locator("main")).to_contain_text("展示会のため")
    ours.page.locator("[name=slot]").last.check()
    press(ours)
    ours.page.wait_for_url("**/meetings/**/")
    assert Meeting.objects.get().slot.starts_at == soon(4)

    third = tab(reader=refused.person, **PHONE)
    third.go(at("en", "request-decline", other.public_id))
    third.page.locator("[name=reason_code][value=field]").check()
    press(third)
    third.page.wait_for_url("**/meetings/")
    ours.go(at("ru", "request", other.public_id))
    expect(ours.page.locator("main")).to_contain_text("Не наша отрасль")
    assert direct_quota_left(anna.company) == DIRECT_MOST
    assert [one.sideways() for one in (hers, ours, third)] == [0, 0, 0]


def test_of_two_browsers_that_accept_one_hour_the_second_reads_what_is_free(sides, tab):
    anna, keiko = sides
    gomel = side("Gomel", "Europe/Minsk", "BY")
    for asker in (anna, gomel):
        direct.ask_directly(asker.company, keiko.company, by=asker.person, times=[(soon(), 30)])
    first, second = tab(reader=keiko.person, **PHONE), tab(reader=keiko.person, **PHONE)
    requests = list(MeetingRequest.objects.order_by("pk"))
    for one, request in zip((first, second), requests, strict=True):
        one.go(at("en", "request-accept", request.public_id))
        one.page.locator("[name=slot]").first.check()

    press(first)
    first.page.wait_for_url("**/meetings/**/")
    press(second)

    expect(second.page.locator("main")).to_contain_text("This time is taken. Still free:")
    told = second.page.get_by_text("Still free:").first.inner_text()
    assert told.count(";") == 2  # three of them
    assert Meeting.objects.count() == 1


def test_a_calendar_follows_a_meeting_that_moves_and_changes_hands(sides, tab):
    anna, keiko = sides
    boris = colleague(anna, name="Boris")
    request = direct.ask_directly(
        anna.company, keiko.company, by=anna.person, times=[(soon(), 30)], link="https://x.example"
    )
    meeting = direct.accept(request, by=keiko.person, slot=request.slots.get())
    ours, hers = tab(reader=anna.person, **PHONE), tab(reader=keiko.person, **PHONE)

    ours.go(at("ru", "calendars"))
    ours.page.locator("[name=name]").fill("Телефон")
    press(ours)
    address = ours.page.locator("#address").input_value()

    def entries():
        path = "/calendar/" + address.rpartition("/")[2]
        told = Calendar.from_ical(ours.context.request.get(path).text())
        return {str(one["UID"]): one for one in told.walk("VEVENT")}

    ((uid, before),) = entries().items()
    assert uid.startswith(meeting.uid)
    assert before["DTSTART"].dt.astimezone(dt.UTC) == soon()
    assert str(before["STATUS"]) == "CONFIRMED"

    hers.go(at("ja", "meeting-move", meeting.public_id))
    hers.page.locator("[name=times_0]").fill(typed(soon(5), TOKYO))
    press(hers)
    hers.page.wait_for_url("**/meetings/**/")
    ours.go(at("ru", "meeting", meeting.public_id))
    ours.page.locator("form[action$='/move/answer/'] .btn--main").click()
    expect(ours.page.locator("form[action$='/move/answer/']")).to_have_count(0)
    moved = entries()
    assert list(moved) == [uid]  # one entry, which follows
    assert moved[uid]["DTSTART"].dt.astimezone(dt.UTC) == soon(5)
    assert int(moved[uid]["SEQUENCE"]) > int(before["SEQUENCE"])

    ours.go(at("ru", "meeting-colleague", meeting.public_id))
    ours.page.locator("[name=person]").select_option(str(boris.public_id))
    press(ours)
    ours.page.wait_for_url("**/meetings/**/")
    assert all(str(one["STATUS"]) == "CANCELLED" for one in entries().values())
    hers.page.reload()
    expect(hers.page.locator("main")).to_contain_text("Boris")

    ours.go(at("ru", "calendars"))
    ours.page.get_by_role("button", name=re.compile("Телефон")).click()
    expect(ours.page.locator("main")).not_to_contain_text("Телефон")
    assert ours.context.request.get("/calendar/" + address.rpartition("/")[2]).status == 404
    assert (ours.sideways(), hers.sideways()) == (0, 0)

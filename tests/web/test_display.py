"""The screen in the hall: what it shows, what it never shows, and when it answers at all."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from marketplace.selectors import display
from marketplace.services import desk
from tests import event_factories as made
from tests import factories


@pytest.fixture
def event(db):
    now = timezone.now()
    event = made.EventFactory(
        name={"en": "Forum of ours", "ru": "Наш форум"},
        zone="Asia/Tokyo",
        starts_on=now.date() - dt.timedelta(days=1),
        ends_on=now.date() + dt.timedelta(days=1),
    )
    for minutes in (-5, 15):
        starts = now + dt.timedelta(minutes=minutes)
        made.SlotFactory(event=event, starts_at=starts, ends_at=starts + dt.timedelta(minutes=20))
    return event


@pytest.fixture
def address(event):
    return reverse("display", args=[desk.open_display(event, by=None)])


def meet(event, slot, *companies, hall=None, **fields):
    """Companies as (name, consent) meet at the next table."""
    people = [
        made.ParticipantFactory(
            name=f"Person of {name}",
            registration__event=event,
            registration__consent=consent,
            registration__company__legal_name=name,
            registration__company__legal_name_latin=f"{name} Latin",
        )
        for name, consent in companies
    ]
    number = event.tables.count() + 1
    return made.MeetingFactory(
        event=event,
        host=people[0],
        guest=people[1],
        others=people[2:],
        slot=slot,
        table=made.TableFactory(event=event, number=number, hall=hall),
        placed=True,
        **fields,
    )


def read(client, address, **query):
    return " ".join(client.get(address, {"lang": "en", **query}).content.decode().split())


def test_a_name_in_other_letters_has_its_latin_form_beside_it(client, event, address):
    now, _later = event.slots.all()
    meet(event, now, ("Завод", "listed"), ("Beta", "listed"))

    assert "Завод (Завод Latin)" in read(client, address)
    assert "Завод Latin" not in read(client, address, lang="ru")


def test_it_shows_tables_and_companies_of_now_and_next(client, event, address):
    now, later = event.slots.all()
    meet(event, now, ("Alfa", "listed"), ("Beta", "listed_with_contact"))
    meet(event, later, ("Gamma", "listed"), ("Delta", "listed"))

    shown = read(client, address)

    first, second = shown.split("<h2>Coming next")
    assert "Alfa" in first
    assert "Beta" in first
    assert "table 1" in first
    assert "Gamma" in second
    assert "table 2" in second
    here = timezone.now().astimezone(event.clock)
    assert f"{here:%H}:" in first.split("</time>")[0]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_meeting_with_a_company_that_is_not_listed_is_reserved(client, event, address, place):
    now, later = event.slots.all()
    companies = [("Alfa", "listed"), ("Beta", "listed"), ("Gamma", "listed_with_contact")]
    companies[place] = ("Hidden Works", "not_listed")
    meet(event, now, *companies)
    meet(event, later, ("Delta", "listed"), ("Epsilon", "listed"))

    for language in ("en", "ru", "ja", ""):
        shown = client.get(address, {"lang": language}).content.decode()

        assert "Delta" in shown
        for name in ("Hidden Works", "Alfa", "Beta", "Gamma", "Person of"):
            assert name not in shown
    first, second = read(client, address).split("<h2>Coming next")
    assert (first.count("Reserved"), second.count("Reserved")) == (1, 0)
    assert "table 1" in first


def test_it_shows_no_meeting_that_is_cancelled_without_a_time_or_over(client, event, address):
    now, later = event.slots.all()
    meet(event, now, ("Alfa", "listed"), ("Beta", "listed"))
    made.MeetingFactory(event=event, host__registration__company__legal_name="Timeless")
    meet(event, later, ("Gone", "listed"), ("Away", "listed"))
    event.meetings.filter(slot=later).update(status="cancelled")
    past = made.SlotFactory(
        event=event,
        starts_at=timezone.now() - dt.timedelta(hours=2),
        ends_at=timezone.now() - dt.timedelta(hours=1),
    )
    meet(event, past, ("Former", "listed"), ("Earlier", "listed"))

    shown = read(client, address)

    assert "Alfa" in shown
    for name in ("Timeless", "Gone", "Away", "Former", "Earlier"):
        assert name not in shown


def test_an_event_without_meetings_to_come_says_so(client, address):
    assert "No meeting is to come." in read(client, address)


def test_a_hall_is_shown_alone(client, event, address):
    now, _later = event.slots.all()
    for name in ("Hall A", "Hall B"):
        hall = made.HallFactory(event=event, name=name)
        meet(event, now, (f"In {name}", "listed"), (f"Also {name}", "listed"), hall=hall)

    assert "In Hall A" in read(client, address, hall="Hall A")
    assert "In Hall B" not in read(client, address, hall="Hall A")
    assert "In Hall B" in read(client, address, hall="No such hall\x00")


def test_a_closed_renewed_or_unknown_address_is_missing(client, event, address):
    assert client.get(address).status_code == 200

    renewed = reverse("display", args=[desk.open_display(event, by=None)])
    assert client.get(address).status_code == 404
    assert client.get(renewed).status_code == 200

    desk.close_display(event, by=None)
    assert client.get(renewed).status_code == 404
    assert client.get(reverse("display", args=["unknown"])).status_code == 404


def test_it_is_drawn_anew_is_kept_by_nobody_and_found_by_no_search(client, address):
    answer = client.get(address, {"lang": "ru"})

    reload = '<noscript><meta http-equiv="refresh" content="30"></noscript>'
    assert reload in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Content-Language"] == "ru"
    assert "Наш форум" in answer.content.decode()
    assert client.post(address).status_code == 405
    assert not answer.cookies


def test_the_address_is_shown_once_and_kept_as_its_hash(client, event):
    client.force_login(factories.StaffFactory(chamber=event.chamber).person)
    page = reverse("admin:marketplace_event_display", args=[event.pk])

    opened = client.post(page, {"open": "1"})

    address = opened.context["address"]
    assert client.get(address).status_code == 200
    secret = address.rstrip("/").rpartition("/")[2]
    assert secret not in client.get(page).content.decode()
    client.post(page, {"close": "1"})
    assert client.get(address).status_code == 404


def test_more_meetings_than_one_screen_holds_take_turns(event):
    now, _later = event.slots.all()
    for number in range(display.LINES + 1):
        meet(event, now, (f"A{number}", "listed"), (f"B{number}", "listed"))

    pages = [display.shown_in_hall(event, turn=turn) for turn in range(3)]

    assert [(one.page, one.pages) for one in pages] == [(1, 2), (2, 2), (1, 2)]
    tables = [place.table for one in pages[:2] for sat in one.now for place in sat.places]
    assert tables == list(range(1, display.LINES + 2))


@pytest.mark.parametrize("count", [1, 3])
def test_it_takes_the_same_queries_for_any_number_of_meetings(
    client, event, address, count, django_assert_num_queries
):
    now, later = event.slots.all()
    for number in range(count):
        for slot in (now, later):
            meet(event, slot, *((f"{number} {side}", "listed") for side in range(3)))

    with django_assert_num_queries(6):
        client.get(address)


def test_a_screen_keeps_what_it_shows_when_no_answer_comes_and_recovers(tab, event):
    now, _later = event.slots.all()
    meet(event, now, ("Alfa", "listed"), ("Beta", "listed"))
    address = reverse("display", args=[desk.open_display(event, by=None)]) + "?lang=en"
    screen = tab(viewport={"width": 390, "height": 844})
    page = screen.page
    page.clock.install()
    screen.go(address)
    age, names = page.locator("#as-of"), page.locator("main")
    expect(age).to_have_text("0 s old")

    page.route("**/*", lambda route: route.abort())
    page.clock.run_for(61_000)
    expect(age).to_contain_text("No answer: what you see is 61 s old.")
    expect(names).to_contain_text("Alfa")
    page.unroute("**/*")
    page.route("**/*", lambda route: route.fulfill(status=502, body="<main>Bad gateway</main>"))
    page.clock.run_for(30_000)
    expect(age).to_contain_text("91 s old")
    expect(names).to_contain_text("Alfa")
    page.unroute("**/*")
    meet(event, now, ("Gamma", "listed"), ("Delta", "listed"))
    page.clock.run_for(30_000)
    expect(names).to_contain_text("Gamma")
    expect(age).not_to_contain_text("No answer")
    desk.close_display(event, by=None)
    page.clock.run_for(30_000)
    expect(names).to_have_text("This screen is closed: open it anew at the desk.")

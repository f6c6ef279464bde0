"""One's calendar addresses: made, named, read by a program, and revoked."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from chambers.models import today
from marketplace.models import CalendarFeed
from marketplace.services.feeds import MOST_FEEDS, open_feed
from tests.event_factories import MeetingFactory
from tests.factories import RepresentativeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, user):
    client.force_login(user)
    return reverse("calendars")


def text(answer):
    return answer.content.decode()


def test_an_address_is_shown_once_and_answers_with_ones_meetings(client, user, page):
    meeting = MeetingFactory(placed=True, host__person=user)
    RepresentativeFactory(person=user, company=meeting.host.registration.company)
    made = client.post(page, {"name": "My phone"})

    address = re.search(r'value="(http://testserver/calendar/[^"]+\.ics)"', text(made))[1]
    assert "webcal://testserver/calendar/" in text(made)
    assert "no-store" in made["Cache-Control"]
    again = text(client.get(page))
    assert ("My phone" in again, "not read yet" in again) == (True, True)
    assert address not in again
    client.logout()
    assert meeting.uid in text(client.get(address))
    feed = CalendarFeed.objects.get()
    assert (feed.name, feed.last_read_on) == ("My phone", today())


def test_a_revoked_address_answers_no_more_and_leaves_the_list(client, user, page):
    feed, secret = open_feed(user, name="Old tablet")

    done = client.post(reverse("calendar-revoke", args=[feed.public_id]), follow=True)

    assert "Revoked. The address answers no more." in text(done)
    assert "Old tablet" not in text(done)
    assert "No address yet" in text(done)
    assert client.get(reverse("calendar-feed", args=[secret])).status_code == 404


def test_addresses_of_others_are_not_there(client, user, page):
    feed, _secret = open_feed(UserFactory(), name="Of somebody else")

    assert "Of somebody else" not in text(client.get(page))
    assert client.post(reverse("calendar-revoke", args=[feed.public_id])).status_code == 404
    feed.refresh_from_db()
    assert feed.revoked_at is None


def test_too_many_addresses_are_refused_and_the_name_is_kept(client, user, page):
    for _one in range(MOST_FEEDS):
        open_feed(user)

    refused = client.post(page, {"name": "One more"})

    assert refused.status_code == 422
    assert "revoke one first" in text(refused)
    assert 'value="One more"' in text(refused)
    assert CalendarFeed.objects.count() == MOST_FEEDS


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_addresses(
    client, user, page, count, django_assert_max_num_queries
):
    for _one in range(count):
        open_feed(user)
    client.get(page)

    with django_assert_max_num_queries(6):
        shown = client.get(page)

    assert len(shown.context["feeds"]) == count


def test_the_day_of_the_last_reading_is_told(client, user, page):
    _feed, secret = open_feed(user)
    CalendarFeed.objects.update(last_read_on=today() - dt.timedelta(days=9))

    client.get(reverse("calendar-feed", args=[secret]))

    assert CalendarFeed.objects.get().last_read_on == today()
    assert "last read" in text(client.get(page))


def test_the_way_there_is_in_the_account_menu(client, user, page):
    assert f'href="{page}"' in text(client.get(reverse("events")))


def test_a_calendar_without_a_name_gets_one(client):
    user = UserFactory()
    client.force_login(user)

    for _address in range(2):
        client.post(reverse("calendars"), {"name": "  "})

    names = CalendarFeed.objects.filter(person=user).order_by("pk").values_list("name", flat=True)
    assert list(names) == ["Calendar 1", "Calendar 2"]
    assert "Calendar 2" in client.get(reverse("calendars")).content.decode()

"""Expressions of interest in the administration: what waits for a chamber, and what it decides."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from chambers.admin_site import queues_for
from marketplace.models import Interest
from marketplace.services import interests as services
from tests.factories import StaffFactory
from tests.marketplace.interest_world import SECRETS, build

pytestmark = pytest.mark.django_db

LIST = reverse("admin:marketplace_interest_changelist")


@pytest.fixture
def world():
    return build()


def queue(person):
    """{title: (how many, note)} of a person's queues about interests."""
    return {
        one.title: (one.count, one.note) for one in queues_for(person) if "nterest" in one.title
    }


def act(client, person, action, interest, **said):
    """The answer to a decision about one interest."""
    client.force_login(person)
    data = {"action": action, "_selected_action": [interest.pk], "decided": "yes", **said}
    return client.post(LIST, data, follow=True)


def test_the_first_page_says_what_waits_and_what_is_late(world):
    interest = world.express()
    assert queue(world.sato)["Interests to pass on"] == (1, "")
    assert queue(world.irina)["Interests to pass on"] == (0, "")

    Interest.objects.update(due_on=timezone.now().date() - dt.timedelta(days=1))
    assert queue(world.sato)["Interests to pass on"] == (1, "1 late")

    services.forward_interest(interest, by=world.sato)
    assert queue(world.sato)["Interests to pass on"] == (0, "")
    assert queue(world.irina)["Interests to pass on"] == (1, "")


def test_a_chamber_passes_on_asks_and_declines(client, world):
    interest = world.express()

    act(client, world.sato, "ask", interest, text="Since when?")
    interest.refresh_from_db()
    assert interest.status == "question"
    services.answer_question(interest, by=world.keiko, text="1987")
    act(client, world.sato, "forward", interest, note="A good member")
    interest.refresh_from_db()
    assert interest.status == "with_partner_chamber"
    act(client, world.irina, "decline", interest, reason_code="nobody", reason="Not in our scope")

    interest.refresh_from_db()
    assert (interest.status, interest.reason_code) == ("declined", "nobody")
    assert interest.reason == "Not in our scope"
    counted = client.get(LIST, {"_facets": "True"}).content.decode()
    assert re.search(r"No company of ours suits this\s*\(1\)", counted)


def test_who_does_not_have_it_or_only_reads_changes_nothing(client, world):
    interest = world.express()
    viewer = StaffFactory(chamber=world.tokyo, role="viewer").person

    for person in (viewer, world.irina):
        act(client, person, "forward", interest)

    interest.refresh_from_db()
    assert interest.status == "with_own_chamber"


def test_a_decline_without_a_reason_is_told_beside_the_field(client, world):
    interest = world.express()

    shown = act(client, world.sato, "decline", interest, reason_code="", reason="")

    form = shown.context["form"]
    assert (list(form.errors), form.non_field_errors()) == (["reason_code"], [])
    interest.refresh_from_db()
    assert interest.status == "with_own_chamber"


def test_the_page_of_an_interest_shows_its_way_and_words_and_no_hidden_name(client, world):
    world.asking.legal_name = "<a href=//evil>x</a>"
    world.asking.save()
    interest = services.forward_interest(world.express(), by=world.sato, note="A good member")
    address = reverse("admin:marketplace_interest_change", args=[interest.pk])

    client.force_login(world.sato)
    text = client.get(address).content.decode()
    assert "Moscow Chamber" in text
    assert "A good member" in text
    assert "<a href=//evil>" not in text
    assert [word for word in SECRETS if word in text] == []
    client.force_login(world.irina)
    assert "Ромашка" in client.get(address).content.decode()


@pytest.mark.parametrize("place", ["here", "late", "escalated", "elsewhere", "closed"])
def test_the_list_is_narrowed_by_where_an_interest_is(client, world, place):
    interest = world.express()
    wanted = {
        "here": {},
        "late": {"due_on": dt.date(2026, 1, 1)},
        "escalated": {"escalated_at": timezone.now()},
        "elsewhere": {"status": "with_owner", "position": None, "reached_at": timezone.now()},
        "closed": {"status": "withdrawn", "decided_at": timezone.now()},
    }
    Interest.objects.update(**wanted[place])
    client.force_login(world.sato)

    found = client.get(LIST, {"place": place}).context["cl"].queryset

    assert list(found) == [interest]

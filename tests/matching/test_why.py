"""Who is asked for a meeting reads why the two fit: in the mail and on the page of the request."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chambers.models import Company, Mail, User
from marketplace.services.requests import request_meeting
from tests.event_factories import EventFactory, ParticipantFactory
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db


class Forum:
    """Anna has sensors and seeks chips, Keiko the reverse; Dana fits Keiko in one thing more."""

    def __init__(self):
        event = EventFactory()
        self.anna, self.keiko, self.dana = (
            ParticipantFactory(
                registration__event=event,
                registration__company=company(country, name),
                speaking=True,
            )
            for country, name in (("RU", "Romashka"), ("JP", "Asahi"), ("KZ", "Step"))
        )
        for one, has, wants in (
            (self.anna, (SENSORS,), (CHIPS,)),
            (self.keiko, (CHIPS,), (SENSORS, HARVESTERS)),
            (self.dana, (SENSORS, HARVESTERS), (CHIPS,)),
        ):
            for code in has:
                offers(one.registration.company, code)
            for code in wants:
                seeks(one.registration.company, code)
        match()


def ask(one, other):
    return request_meeting(one.registration, other.registration, by=one.person)


def page_of(client, reader, request):
    client.force_login(reader.person)
    return client.get(reverse("request", args=[request.public_id])).content.decode()


def test_a_request_says_the_two_best_reasons_to_each_side_in_its_language(client):
    forum = Forum()
    User.objects.filter(pk=forum.anna.person.pk).update(language="ru")

    request = ask(forum.keiko, forum.anna)
    other = ask(forum.dana, forum.keiko)

    mail = Mail.objects.get(person=forum.anna.person, kind="request_received")
    assert f"    У них есть то, что вы ищете: Подпись {CHIPS}\n" in mail.text
    assert f"    У вас есть то, что они ищут: Подпись {SENSORS}\n" in mail.text
    page = page_of(client, forum.keiko, request)
    assert f"They have what you seek: Label of {SENSORS}<" in page
    assert f"You have what they seek: Label of {CHIPS}<" in page
    page = page_of(client, forum.keiko, other)  # three things meet: two are told
    assert sum(f"Label of {code}" in page for code in (SENSORS, HARVESTERS, CHIPS)) == 2


def test_reasons_take_the_same_queries_for_any_number_of_them(client):
    forum = Forum()
    requests = [ask(one, forum.keiko) for one in (forum.anna, forum.dana)]

    counts = []
    for request in requests:
        page_of(client, forum.keiko, request)
        with CaptureQueriesContext(connection) as caught:
            page_of(client, forum.keiko, request)
        counts.append(len(caught))

    assert counts == [18, 18]


def test_of_a_company_that_is_not_shown_to_the_reader_no_reason_is_told(client):
    forum = Forum()
    hidden = Company.objects.filter(pk=forum.dana.registration.company_id)
    hidden.update(is_listed=False)

    request = ask(forum.dana, forum.keiko)

    mail = Mail.objects.get(kind="request_received")
    assert (mail.person, "Step" in mail.text) == (forum.keiko.person, True)
    assert "Label of" not in mail.text
    assert "Why you fit" not in mail.text
    assert "Label of" not in page_of(client, forum.keiko, request)
    hidden.update(is_listed=True)
    assert "Label of" in page_of(client, forum.keiko, request)

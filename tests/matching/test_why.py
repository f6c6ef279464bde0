"""Who is asked for a meeting reads why the two fit: in the mail and on the page of the request."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chambers.models import Company, Mail, Scope, User
from marketplace.services.requests import request_meeting
from matching.selectors.suggestions import Reason, Way
from matching.selectors.why import _best
from tests.event_factories import EventFactory, ParticipantFactory
from tests.factories import RepresentativeFactory, token_for
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

    client.force_login(forum.keiko.person)
    counts = []
    for request in requests:
        page = reverse("request", args=[request.public_id])
        client.get(page)
        with CaptureQueriesContext(connection) as caught:
            client.get(page)
        counts.append(len(caught))

    assert counts == [12, 12]


def test_reasons_are_worked_out_once_for_all_who_read_the_same_mail():
    forum = Forum()
    company = forum.keiko.registration.company

    counts = []
    for one, more in ((forum.anna, 0), (forum.dana, 3)):
        for _reader in range(more):
            RepresentativeFactory(company=company)
        with CaptureQueriesContext(connection) as caught:
            ask(one, forum.keiko)
        told = [line["sql"] for line in caught if 'from "matching_term"' in line["sql"].lower()]
        counts.append(len(told))

    mails = Mail.objects.filter(kind="request_received")
    assert [text.count("Why you fit") for text in mails.values_list("text", flat=True)] == [1] * 5
    assert counts == [1, 1]


@pytest.mark.parametrize("count", [1, 3])
def test_who_is_to_answer_reads_why_in_the_lists_and_over_rest(client, api, count):
    forum = Forum()
    requests = [ask(forum.anna, forum.keiko)]
    for number in range(count - 1):
        one = ParticipantFactory(
            registration__event=forum.keiko.registration.event,
            registration__company=company("KZ", f"Maker {number}"),
            speaking=True,
        )
        offers(one.registration.company, SENSORS)
        requests.append(ask(one, forum.keiko))
    match(seed=2)
    client.force_login(forum.keiko.person)
    key = token_for(forum.keiko.person, Scope.MEETINGS_READ)
    api.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    event = requests[0].event
    read = {
        reverse("meetings"): (client, 16),
        reverse("event-requests", args=[event.public_id]): (client, 17),
        reverse("api-request-list"): (api, 10),
    }
    for page, (reader, most) in read.items():
        reader.get(page)
        with CaptureQueriesContext(connection) as caught:
            text = reader.get(page).content.decode()
        assert text.count("They have what you seek") == count, page
        assert (len(caught), page) == (most, page)
    # Who asked has nothing to decide.
    client.force_login(forum.anna.person)
    assert "what you seek" not in client.get(reverse("meetings") + "?tab=sent").content.decode()


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


def test_a_line_tells_codes_and_words_only_where_there_is_no_code():
    code = Reason("code", "9026", "Flow meters", "", "", 6, None, None)
    unit, pump, kanji = (
        Reason("word", "", "", word, word, 2, None, None) for word in ("mm", "насос", "測定")
    )

    told = [
        [one.label for one in _best(Way(5, reasons))]
        for reasons in ([pump, code, unit], [unit, pump, kanji], [unit])
    ]

    assert told == [["Flow meters"], ["насос", "測定"], []]

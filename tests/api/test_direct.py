"""Meetings outside events over REST."""

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.models import Meeting, MeetingRequest
from marketplace.services import direct
from tests import event_factories as make
from tests.factories import InterestFactory, OpportunityFactory
from tests.marketplace.direct_world import side, soon
from tests.marketplace.refusals import refused

pytestmark = pytest.mark.django_db
URL = "/api/v1/requests/"


@pytest.fixture
def anna():
    return side("Romashka", "Europe/Minsk", "BY")


@pytest.fixture
def keiko():
    return side("Asahi", "Asia/Tokyo", "JP")


def z(moment):
    return moment.isoformat().replace("+00:00", "Z")


def body(one, other, *starts, **fields):
    return {
        "company": str(one.company.public_id),
        "partner": str(other.company.public_id),
        "times": [{"starts_at": z(start), "minutes": 45} for start in starts],
        **fields,
    }


def send(client, path, **data):
    return client.post(URL + path, data, format="json")


@pytest.mark.parametrize("whose", ["partner, anonymous", "third", "nobody"])
def test_a_request_is_about_an_item_of_the_two_that_stands_under_a_name(
    speaking_for, anna, keiko, whose, client
):
    hidden = OpportunityFactory(company=keiko.company, published=True, is_anonymous=True)
    item = hidden if whose == "partner, anonymous" else OpportunityFactory(published=True)

    asked = send(
        speaking_for(anna.person),
        "direct/",
        **body(anna, keiko, soon()),
        opportunity="BO-RU-20990101-999" if whose == "nobody" else item.reference,
    )
    client.force_login(anna.person)
    page = client.post(
        reverse("direct-ask", args=[keiko.company.public_id]),
        {"opportunity": str(item.public_id), "minutes": "30"},
    )

    refusal = "Choose an offer or request of one of the two companies."
    assert (asked.status_code, page.status_code) == (400, 422)
    assert refusal in asked.content.decode()
    assert refusal in page.content.decode()
    assert not MeetingRequest.objects.exists()
    if whose != "nobody":
        refused(
            "not_theirs",
            direct.ask_directly,
            anna.company,
            keiko.company,
            by=anna.person,
            opportunity=item,
        )


def test_what_is_asked_about_through_the_chambers_is_not_asked_past_them(
    client, speaking_for, anna, keiko
):
    item = OpportunityFactory(company=keiko.company, published=True, through_chambers=True)
    address = reverse("direct-ask", args=[keiko.company.public_id])
    shown = reverse("opportunity", args=[item.public_id])
    client.force_login(anna.person)

    asked = send(
        speaking_for(anna.person),
        "direct/",
        **body(anna, keiko, soon()),
        opportunity=item.reference,
    )

    assert asked.status_code == 400
    assert "express interest instead" in asked.content.decode()
    assert address not in client.get(shown).content.decode()
    assert str(item.public_id) not in client.get(address).content.decode()
    assert not MeetingRequest.objects.exists()

    InterestFactory(
        opportunity=item, company=anna.company, status="accepted", decided_at=timezone.now()
    )

    assert f"{address}?about=" in client.get(shown).content.decode()
    assert str(item.public_id) in client.get(address).content.decode()
    agreed = send(
        speaking_for(anna.person),
        "direct/",
        **body(anna, keiko, soon()),
        opportunity=item.reference,
    )
    assert agreed.status_code == 201, agreed.json()


def test_a_company_is_asked_and_agrees_at_one_of_the_times(speaking_for, anna, keiko):
    item = OpportunityFactory(company=anna.company, published=True)
    asked = send(
        speaking_for(anna.person),
        "direct/",
        **body(anna, keiko, soon(), soon(1), link="https://meet.example/1"),
        opportunity=item.reference,
        wants_interpreter=True,
    )
    told = asked.json()
    assert asked.status_code == 201, told
    assert (told["status"], told["opportunity"]) == ("pending", item.reference)
    assert (told["link"], told["wants_interpreter"]) == ("https://meet.example/1", True)
    assert [slot["starts_at"] for slot in told["slots"]] == [z(soon()), z(soon(1))]

    accepted = send(
        speaking_for(keiko.person), f"{told['id']}/accept/", slot=told["slots"][1]["id"]
    )

    assert accepted.status_code == 200, accepted.json()
    assert accepted.json()["slot"]["starts_at"] == z(soon(1))
    assert accepted.json()["link"] == "https://meet.example/1"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"times": [{"starts_at": z(soon(number))} for number in range(6)]}, "times"),
        ({"link": f"https://{'a' * 300}/"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "two words"}, "link"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_to_who_may_send_it(
    speaking_for, anna, keiko, changed, field
):
    wrong = {**body(anna, keiko, soon()), **changed}

    refused = send(speaking_for(anna.person), "direct/", **wrong)

    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert not MeetingRequest.objects.exists()


def test_who_does_not_speak_for_a_company_learns_nothing_of_its_link(speaking_for, anna, keiko):
    wrong = {**body(anna, keiko, soon()), "link": f"https://{'a' * 300}/"}

    assert send(speaking_for(keiko.person), "direct/", **wrong).status_code == 404


def test_a_taken_time_is_a_conflict_that_names_free_slots(speaking_for, anna, keiko):
    third = side("Third")
    for one in (anna, third):
        direct.ask_directly(
            one.company, keiko.company, by=one.person, times=[(soon(), 30), (soon(2), 30)]
        )
    first, second = MeetingRequest.objects.order_by("pk")
    direct.accept(first, by=keiko.person, slot=first.slots.get(starts_at=soon()))

    answer = send(
        speaking_for(keiko.person),
        f"{second.public_id}/accept/",
        slot=str(second.slots.get(starts_at=soon()).public_id),
    )

    assert answer.status_code == 409
    assert answer.json()["free"] == [str(second.slots.get(starts_at=soon(2)).public_id)]


def test_where_any_time_would_do_it_is_given_on_accepting(speaking_for, anna, keiko):
    request = direct.ask_directly(anna.company, keiko.company, by=anna.person, message="Valves?")
    client = speaking_for(keiko.person)

    refused = send(client, f"{request.public_id}/accept/")
    accepted = send(client, f"{request.public_id}/accept/", starts_at=z(soon(4)), minutes=20)

    assert refused.status_code == 400
    assert accepted.status_code == 200
    assert (Meeting.objects.get().slot.starts_at, Meeting.objects.get().slot.minutes) == (
        soon(4),
        20,
    )


def test_other_times_are_proposed_for_a_request_and_for_a_meeting(speaking_for, anna, keiko):
    request = direct.ask_directly(anna.company, keiko.company, by=anna.person, times=[(soon(), 30)])
    times = [{"starts_at": z(soon(3)), "minutes": 30}]

    proposed = send(speaking_for(keiko.person), f"{request.public_id}/propose/", times=times)
    assert [slot["starts_at"] for slot in proposed.json()["slots"]] == [z(soon(3))]
    accepted = send(speaking_for(anna.person), f"{request.public_id}/accept/")
    moved = speaking_for(anna.person).post(
        "/api/v1/moves/",
        {"meeting": accepted.json()["id"], "times": [{"starts_at": z(soon(5))}]},
        format="json",
    )

    assert moved.status_code == 201, moved.json()
    assert [slot["starts_at"] for slot in moved.json()["slots"]] == [z(soon(5))]


def test_at_an_event_the_organiser_gives_the_times(speaking_for):
    request = make.MeetingRequestFactory()
    person = side().person
    from tests.factories import RepresentativeFactory

    RepresentativeFactory(company=request.partner.company, person=person)

    answer = send(
        speaking_for(person), f"{request.public_id}/accept/", starts_at=z(soon()), minutes=30
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "other_event"


def test_over_quota_and_twice_the_same_pair_is_refused(speaking_for, anna, keiko):
    client = speaking_for(anna.person)
    for number in range(10):
        asked = body(anna, side(f"P {number}"), message=f"Valves for {chr(65 + number)}?")
        assert send(client, "direct/", **asked).status_code == 201

    empty = send(client, "direct/", **body(anna, keiko))
    over = send(client, "direct/", **body(anna, keiko, message="Valves?"))

    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (400, "message")
    assert (over.status_code, over.json()["code"]) == (400, "quota")


def test_a_third_company_is_asked_to_come(speaking_for, anna, keiko):
    third = side("Third")
    request = direct.ask_directly(anna.company, keiko.company, by=anna.person, times=[(soon(), 30)])
    meeting = direct.accept(request, by=keiko.person, slot=request.slots.get())

    asked = send(
        speaking_for(keiko.person),
        "direct/",
        **body(keiko, third, joins=str(meeting.public_id)),
    )
    joined = send(speaking_for(third.person), f"{asked.json()['id']}/accept/")

    assert asked.json()["joins"] == str(meeting.public_id)
    assert [one["side"]["company"]["legal_name"] for one in joined.json()["others"]] == ["Third"]


def test_strangers_find_neither_the_request_nor_its_event(speaking_for, anna, keiko):
    request = direct.ask_directly(anna.company, keiko.company, by=anna.person, times=[(soon(), 30)])
    stranger = speaking_for(side("Stranger").person)

    assert stranger.get(f"{URL}{request.public_id}/").status_code == 404
    assert send(stranger, "direct/", **body(anna, keiko)).status_code == 404
    for reader in (stranger, speaking_for(anna.person)):
        assert reader.get(f"/api/v1/events/{request.event.public_id}/").status_code == 404
        assert reader.get("/api/v1/registrations/").json()["results"] == []

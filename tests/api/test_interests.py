"""Interests over the API: expressed, passed on, asked about, accepted, as the pages do it."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from chambers.models import Scope
from marketplace.models import Interest
from tests.factories import OpportunityFactory, token_for
from tests.marketplace.interest_world import SECRETS, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return build()


@pytest.fixture
def call(api):
    """The answer to what somebody's program sends: (person, method, name, *args, **body)."""

    def ask(person, method, name, *args, **body):
        key = token_for(person, Scope.INTERESTS_READ, Scope.INTERESTS_WRITE)
        api.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        address = reverse(f"api-interest-{name}", args=args)
        return getattr(api, method)(address, body or None, format="json")

    return ask


def asked(world, **more):
    return {
        "company": str(world.asking.public_id),
        "opportunity": world.offer.reference,
        "cooperation": "500 sensors",
        "about": "We make gauges",
        **more,
    }


def test_an_interest_is_expressed_passed_on_and_accepted_by_programs(call, world):
    answer = call(world.keiko, "post", "list", **asked(world))
    assert answer.status_code == 201
    told = answer.json()
    assert told["status"] == "with_own_chamber"
    assert told["opportunity"]["company"] is None
    assert [one["state"] for one in told["stations"]] == ["done", "here", "ahead", "ahead"]
    key = told["id"]

    assert call(world.sato, "post", "forward", key).json()["status"] == "with_partner_chamber"
    assert call(world.irina, "post", "forward", key, note="Good").json()["status"] == "with_owner"
    asking = call(world.anna, "post", "question", key, text="Range?").json()
    assert (asking["status"], asking["side"]) == ("question", "owner")
    assert call(world.keiko, "post", "answer", key, text="0-10").json()["status"] == "with_owner"
    before = call(world.keiko, "get", "detail", key).content.decode()
    assert [word for word in SECRETS if word in before] == []
    accepted = call(world.anna, "post", "accept", key).json()

    assert [one["email"] for one in accepted["contacts"]] == [world.keiko.email]
    after = call(world.keiko, "get", "detail", key).json()
    assert after["opportunity"]["company"]["legal_name"] == world.owner.legal_name
    assert [one["email"] for one in after["contacts"]] == [world.anna.email]
    assert call(world.sato, "get", "detail", key).json()["contacts"] == []


def test_refusals_carry_their_code_and_what_is_sent_twice_is_a_conflict(call, world):
    call(world.keiko, "post", "list", **asked(world))
    again = call(world.keiko, "post", "list", **asked(world))
    past = call(world.keiko, "post", "list", **asked(world, direct=True))
    key = Interest.objects.get().public_id

    assert (again.status_code, again.json()["code"]) == (409, "already_interested")
    assert past.status_code in (400, 409)
    assert call(world.sato, "post", "decline", key).status_code == 400
    assert call(world.sato, "post", "decline", key, reason_code="such").status_code == 400
    assert call(world.anna, "get", "detail", key).status_code == 404
    theirs = call(world.sato, "post", "decline", key, reason_code="capacity").json()
    assert [one["field"] for one in theirs["errors"]] == ["reason_code"]
    said = {"reason_code": "unclear", "reason": "Not ours"}
    declined = call(world.sato, "post", "decline", key, **said).json()
    assert {name: declined[name] for name in said} == said
    assert declined["reason_label"] == "The answers do not say enough"
    late = call(world.keiko, "post", "withdraw", key)
    assert (late.status_code, late.json()["code"]) == (409, "not_waiting")


def test_boxes_tell_sent_and_received_apart(call, world):
    call(world.keiko, "post", "list", **asked(world))

    def box(person, name):
        key = token_for(person, Scope.INTERESTS_READ)
        client = APIClient(headers={"Authorization": f"Token {key}"})
        answer = client.get(reverse("api-interest-list"), {"box": name})
        return len(answer.json()["results"])

    assert (box(world.keiko, "sent"), box(world.keiko, "received")) == (1, 0)
    assert (box(world.anna, "sent"), box(world.anna, "received")) == (0, 0)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_rows(
    api, world, count, django_assert_num_queries
):
    for number in range(count):
        world.offer = OpportunityFactory(company=world.owner, published=True, is_anonymous=True)
        world.express(cooperation=f"Offer {number}")
    key = token_for(world.keiko, Scope.INTERESTS_READ)
    api.credentials(HTTP_AUTHORIZATION=f"Token {key}")

    with django_assert_num_queries(7):
        answer = api.get(reverse("api-interest-list"))

    assert len(answer.json()["results"]) == count

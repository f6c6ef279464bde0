"""Requests that are kept as drafts: written on, sent, thrown away, and nobody else's business."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from chambers.models import Mail
from marketplace.models import MeetingRequest
from marketplace.services.requests import request_meeting, send_request, withdraw_request
from tests.event_factories import (
    EventFactory,
    ParticipantFactory,
    RegistrationFactory,
    SlotFactory,
)
from tests.factories import RepresentativeFactory
from tests.forms import sent_back

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


def at(name, row, **query):
    return reverse(name, args=[row.public_id], query=query)


@pytest.fixture
def world(client):
    """Two companies at an event with three slots; one signs in for the first."""
    event = EventFactory()
    sides = [
        RegistrationFactory(event=event, company__legal_name=name) for name in ("Ours", "Theirs")
    ]
    speakers = [RepresentativeFactory(company=one.company).person for one in sides]
    people = [
        ParticipantFactory(registration=one, person=person)
        for one, person in zip(sides, speakers, strict=True)
    ]
    client.force_login(speakers[0])
    return SimpleNamespace(
        event=event, ours=sides[0], theirs=sides[1], us=speakers[0], them=speakers[1],
        person=people[0], slots=[SlotFactory(event=event, number=number) for number in range(3)],
    )  # fmt: skip


@pytest.fixture
def draft(world):
    return request_meeting(
        world.ours, world.theirs, by=world.us, message="Half a thought", wish="must",
        slots=world.slots[:2], participant=world.person, draft=True,
    )  # fmt: skip


def inbox(client, world, tab="sent"):
    return client.get(at("event-requests", world.event, tab=tab))


def test_a_request_is_kept_as_a_draft_and_nobody_is_told(client, world):
    typed = {"wish": "must", "message": "Half a thought", "draft": "1"}

    answer = client.post(at("request-new", world.theirs), typed, follow=True)

    made = MeetingRequest.objects.get()
    assert (made.status, made.message, made.wish) == ("draft", "Half a thought", "must")
    assert "The draft for Theirs is kept" in text(answer)
    assert "Go on writing" in text(answer)
    assert not Mail.objects.exists()


def test_a_draft_stands_in_the_form_as_it_was_left_and_is_written_on(client, world, draft):
    typed = sent_back(client.get(at("request-draft", draft)), "ask")
    assert typed["message"] == ["\nHalf a thought"]
    assert typed["slots"] == [str(one.public_id) for one in world.slots[:2]]
    assert typed["participant"] == [str(world.person.public_id)]

    typed |= {"message": ["A whole one"], "slots": [str(world.slots[2].public_id)]}
    client.post(at("request-draft", draft), {**typed, "draft": "1"})

    draft.refresh_from_db()
    assert (draft.status, draft.message, draft.wish) == ("draft", "A whole one", "must")
    assert list(draft.slots.all()) == world.slots[2:]


def test_a_draft_is_sent_as_it_was_last_typed(client, world, draft):
    answer = client.post(
        at("request-draft", draft), {"wish": "meet", "message": "Now"}, follow=True
    )

    draft.refresh_from_db()
    assert (draft.status, draft.message, draft.answer_from) == ("pending", "Now", world.theirs)
    assert "Theirs is asked" in text(answer)
    assert Mail.objects.filter(to=world.them.email).exists()


def test_a_draft_that_may_not_be_sent_stays_as_it_was_and_the_form_keeps_what_was_typed(
    client, world, draft
):
    type(world.ours).objects.filter(pk=world.ours.pk).update(quota=0)

    answer = client.post(at("request-draft", draft), {"wish": "meet", "message": "Now"})

    draft.refresh_from_db()
    assert answer.status_code == 422
    assert "Now" in text(answer)
    assert (draft.status, draft.message, draft.wish) == ("draft", "Half a thought", "must")


def test_asking_the_same_company_again_leads_to_the_draft(client, world, draft):
    assert client.get(at("request-new", world.theirs))["Location"] == at("request-draft", draft)
    people = client.get(at("event-people", world.event))
    assert at("request", draft) in text(people)


def test_what_was_sent_meanwhile_is_no_draft_any_more(client, world, draft):
    send_request(draft, by=world.us)

    answer = client.post(at("request-draft", draft), {"wish": "meet", "message": "Too late"})

    assert answer["Location"] == at("request", draft)
    draft.refresh_from_db()
    assert draft.message == "Half a thought"


def test_a_draft_that_is_thrown_away_is_gone_for_both(client, world, draft):
    asked = client.get(at("request-withdraw", draft))
    assert "they learn nothing of it" in text(asked)

    client.post(at("request-withdraw", draft))

    for tab in ("sent", "past"):
        assert "Half a thought" not in text(inbox(client, world, tab))
    client.force_login(world.them)
    assert "Half a thought" not in text(inbox(client, world, "past"))
    assert client.get(at("request", draft)).status_code == 404
    assert not Mail.objects.exists()


def test_what_was_sent_and_taken_back_stays_with_both(client, world, draft):
    send_request(draft, by=world.us)
    withdraw_request(draft, by=world.us)

    client.force_login(world.them)

    assert "Half a thought" in text(inbox(client, world, "past"))


def test_a_viewer_reads_a_draft_and_writes_none(client, world, draft):
    viewer = RepresentativeFactory(company=world.ours.company, role="viewer").person
    client.force_login(viewer)

    assert client.get(at("request", draft)).status_code == 200
    assert client.post(at("request-draft", draft), {"wish": "meet"}).status_code == 403


def test_nobody_else_finds_a_draft(client, world, draft):
    client.force_login(world.them)

    assert client.get(at("request-draft", draft)).status_code == 404

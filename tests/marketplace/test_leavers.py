"""Who no longer comes gets no meeting, though the row stays for the meetings they had."""

import pytest

from marketplace.models import Meeting, MeetingRequest
from marketplace.services import participants, requests
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused

pytestmark = pytest.mark.django_db


class Scene:
    """Anna, who has met somebody, and her colleague Boris; another company to meet."""

    def __init__(self):
        self.event = make.EventFactory()
        self.slot = make.SlotFactory(event=self.event)
        self.anna = make.ParticipantFactory(
            registration__event=self.event, speaking=True, name="Anna"
        )
        self.owner = self.anna.person
        colleague = factories.RepresentativeFactory(
            company=self.anna.registration.company, role="editor"
        )
        self.boris = make.ParticipantFactory(
            registration=self.anna.registration, person=colleague.person, name="Boris"
        )
        self.partner = make.ParticipantFactory(registration__event=self.event, speaking=True)
        make.MeetingFactory(event=self.event, host=self.anna, status="cancelled")

    def ask(self, **fields):
        return requests.request_meeting(
            self.anna.registration, self.partner.registration, by=self.owner, **fields
        )

    def asked(self):
        return requests.request_meeting(
            self.partner.registration, self.anna.registration, by=self.partner.person
        )

    def leaves(self):
        participants.remove_participant(self.anna, by=self.owner, reason="Ill")


@pytest.fixture
def scene():
    return Scene()


def test_a_request_that_named_who_leaves_is_anybodys_of_the_company(scene):
    request = scene.ask(participant=scene.anna)
    draft = make.MeetingRequestFactory(
        event=scene.event,
        requester=scene.anna.registration,
        participant=scene.anna,
        status=MeetingRequest.Status.DRAFT,
    )
    scene.leaves()

    shown = requests.first_time(request, scene.partner.registration, by=scene.partner.person)
    meeting = requests.accept_request(request, by=scene.partner.person)

    assert (shown, meeting.slot) == (scene.slot, scene.slot)
    assert {one.name for one in meeting.people()} == {scene.partner.name, "Boris"}
    draft.refresh_from_db()
    assert draft.participant is None


def test_a_request_still_naming_who_left_makes_no_meeting_with_them(scene):
    request = scene.ask()
    scene.leaves()
    MeetingRequest.objects.update(participant=scene.anna)

    meeting = requests.accept_request(request, by=scene.partner.person)

    assert {one.name for one in meeting.people()} == {scene.partner.name, "Boris"}


def test_the_record_of_an_accepted_request_keeps_whom_it_named(scene):
    request = scene.ask(participant=scene.anna)
    requests.accept_request(request, by=scene.partner.person)

    scene.leaves()

    request.refresh_from_db()
    assert request.participant == scene.anna


@pytest.mark.parametrize("draft", [True, False])
def test_nobody_asks_for_a_meeting_in_the_name_of_who_left(scene, draft):
    scene.leaves()

    refused("gone", scene.ask, participant=scene.anna, draft=draft)

    assert not MeetingRequest.objects.exists()


def test_a_draft_is_not_rewritten_to_name_who_left(scene):
    draft = scene.ask(draft=True)
    scene.leaves()
    fields = {"wish": draft.wish, "participant": scene.anna}

    refused("gone", requests.write_draft, draft, by=scene.owner, **fields)


def test_nobody_answers_that_who_left_comes(scene):
    request = scene.asked()
    scene.leaves()

    refused("gone", requests.accept_request, request, by=scene.owner, participant=scene.anna)

    assert not Meeting.objects.alive().exists()
    request.refresh_from_db()
    assert request.status == MeetingRequest.Status.PENDING


def test_programs_neither_ask_nor_answer_for_who_left(scene, client):
    request = scene.asked()
    scene.leaves()
    client.force_login(scene.owner)
    left = str(scene.anna.public_id)
    sides = {"registration": scene.anna.registration, "partner": scene.partner.registration}
    address = "/api/v1/requests/"

    accepted = client.post(
        f"{address}{request.public_id}/accept/",
        {"participant": left},
        content_type="application/json",
    )
    asked = client.post(
        address,
        {**{key: str(one.public_id) for key, one in sides.items()}, "participant": left},
        content_type="application/json",
    )

    assert (accepted.status_code, asked.status_code) == (409, 409)
    assert [one.json()["errors"][0]["code"] for one in (accepted, asked)] == ["gone", "gone"]

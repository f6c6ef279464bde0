"""Who comes for a company, over REST: changed, replaced, taken off the list; and who may."""

import pytest

from config.api import document
from marketplace.models import Meeting, Participant
from tests.event_factories import MeetingFactory, ParticipantFactory
from tests.factories import RepresentativeFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return ParticipantFactory(speaking=True, name="Anna Ivanova", position="Engineer")


@pytest.fixture
def meeting(person):
    return MeetingFactory(event=person.registration.event, host=person, placed=True)


@pytest.fixture
def ours(person, speaking_for):
    return speaking_for(person.person)


def path(person):
    return f"/api/v1/participants/{person.public_id}/"


def change(client, person, **body):
    return client.patch(path(person), body, format="json")


def remove(client, person, **body):
    return client.delete(path(person), body, format="json")


def test_a_substitute_takes_the_meetings_of_who_no_longer_comes(ours, person, meeting):
    colleague = ParticipantFactory(registration=person.registration)

    silent = ours.delete(path(person))
    gone = remove(ours, person, substitute=str(colleague.public_id))

    meeting.refresh_from_db()
    assert (silent.status_code, silent.json()["code"]) == (409, "has_meetings")
    assert (gone.status_code, meeting.host, meeting.status) == (204, colleague, "confirmed")
    assert list(Participant.objects.filter(registration=person.registration)) == [colleague]


def test_one_meeting_goes_to_a_colleague(ours, person, meeting, speaking_for):
    colleague = ParticipantFactory(registration=person.registration)
    stranger = ParticipantFactory(registration__event=meeting.event)

    def send(client, **body):
        address = f"/api/v1/meetings/{meeting.public_id}/colleague/"
        return client.post(address, body, format="json")

    unknown = send(ours, participant=str(stranger.public_id))
    sent = send(ours, participant=str(colleague.public_id), instead_of=str(person.public_id))
    again = send(ours, participant=str(colleague.public_id))
    partner = speaking_for(RepresentativeFactory(company=meeting.guest.registration.company).person)

    meeting.refresh_from_db()
    assert (unknown.status_code, sent.status_code, meeting.host) == (404, 200, colleague)
    assert sent.json()["host"]["id"] == str(colleague.public_id)
    assert (again.status_code, again.json()["code"]) == (400, "already_there")
    assert send(partner, participant=str(person.public_id)).status_code == 404


def test_with_a_reason_the_meetings_are_cancelled(ours, person, meeting):
    gone = remove(ours, person, reason="Anna is ill.")
    again = remove(ours, person, reason="Anna is ill.")

    meeting.refresh_from_db()
    assert (gone.status_code, meeting.status) == (204, "cancelled")
    assert meeting.reason == "Anna is ill."
    assert (again.status_code, again.json()["code"]) == (409, "gone")
    read = ours.get(f"/api/v1/registrations/{person.registration.public_id}/").json()
    assert read["participants"] == []


def test_only_a_colleague_goes_instead(ours, person, meeting, speaking_for):
    stranger = ParticipantFactory(registration__event=person.registration.event)
    organiser = speaking_for(StaffFactory(chamber=person.registration.event.chamber).person)

    hidden = remove(ours, person, substitute=str(stranger.public_id))
    other = remove(organiser, person, substitute=str(stranger.public_id))
    misspelt = remove(ours, person, because="Anna is ill.")

    assert hidden.status_code == 404
    assert (other.status_code, other.json()["code"]) == (400, "other_company")
    assert misspelt.json()["errors"][0]["code"] == "unknown_field"
    assert Meeting.objects.filter(host=person, status="confirmed").exists()


def test_what_is_left_out_of_a_change_stays(ours, person, meeting):
    changed = change(ours, person, position="Director")
    nothing = change(ours, person)

    person.refresh_from_db()
    assert changed.status_code == 200
    assert changed.json() == nothing.json() == {
        "id": str(person.public_id),
        "name": "Anna Ivanova",
        "position": "Director",
        "presence": "on_site",
        "presence_label": "On site",
    }  # fmt: skip
    assert (person.position, person.person.email) == (
        "Director",
        ours.get("/api/v1/me/").json()["email"],
    )


def test_a_participant_becomes_ones_own_and_nobodys(ours, person, speaking_for):
    added = ParticipantFactory(registration=person.registration, name="Boris Petrov")
    boris = RepresentativeFactory(company=person.registration.company, role="editor").person
    his = speaking_for(boris)

    for client, is_me, reads in (
        (his, True, boris),
        (his, True, boris),
        (ours, False, boris),  # it was not her
        (his, False, None),
    ):
        assert change(client, added, is_me=is_me).status_code == 200
        added.refresh_from_db()
        assert added.person == reads
    taken = change(ours, added, is_me=True)
    assert (taken.status_code, taken.json()["code"]) == (409, "already_participant")


def test_who_becomes_remote_and_what_is_wrong_names_its_field(ours, person):
    remote = change(ours, person, presence="remote")
    assert remote.json()["presence"] == "remote"

    for body, field in (
        ({"name": " "}, "name"),
        ({"position": "x" * 151}, "position"),
        ({"presence": "somewhere"}, "presence"),
        ({"left_at": None}, "left_at"),
    ):
        answer = change(ours, person, **body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field
    person.refresh_from_db()
    assert person.name == "Anna Ivanova"


def test_only_who_decides_for_the_company_or_the_event_changes_who_comes(person, speaking_for):
    chamber = person.registration.event.chamber
    reader = RepresentativeFactory(company=person.registration.company, role="viewer").person
    viewer = StaffFactory(chamber=chamber, role="viewer").person

    for reading in (reader, viewer):
        assert change(speaking_for(reading), person, name="X").status_code == 403
        assert remove(speaking_for(reading), person, reason="X").status_code == 403
    for stranger in (RepresentativeFactory().person, StaffFactory().person):
        assert change(speaking_for(stranger), person, name="X").status_code == 404
        assert remove(speaking_for(stranger), person, reason="X").status_code == 404
    person.refresh_from_db()
    assert person.name == "Anna Ivanova"
    manager = speaking_for(StaffFactory(chamber=chamber).person)
    assert change(manager, person, name="Anna Ivanóva").status_code == 200


def test_the_document_tells_of_the_body_that_may_be_left_out():
    told = document("en")
    methods = told["paths"]["/api/v1/participants/{public_id}/"]
    shapes = told["components"]["schemas"]

    assert not methods["delete"]["requestBody"].get("required")
    assert set(shapes["LeavingIn"]["properties"]) == {"substitute", "reason"}
    assert {"409", "413", "415"} <= set(methods["delete"]["responses"])
    # A program that fills in defaults would undo what it does not mean to change.
    for name in ("PatchedParticipantChangeIn", "PatchedDraftIn"):
        assert not any("default" in one for one in shapes[name]["properties"].values()), name
        assert "required" not in shapes[name]

"""Over REST: other times for a meeting, freed times, and what the organiser proposes."""

import datetime as dt

import pytest
from django.utils import timezone

from chambers.models import Job, Mail
from chambers.services import jobs
from marketplace import tasks
from marketplace.models import Meeting, TimeProposal
from tests.event_factories import (
    EventFactory,
    MeetingFactory,
    ParticipantFactory,
    RegistrationFactory,
    SlotFactory,
    StandbyOfferFactory,
    TimeProposalFactory,
)
from tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
assert tasks  # its import registers the jobs


class Scene:
    """Two companies with a program each, and one of the organiser's manager."""

    def __init__(self, speaking_for):
        self.event = EventFactory()
        self.slots = SlotFactory.create_batch(5, event=self.event)
        self.people, self.programs = [], []
        for _side in "12":
            owner = UserFactory()
            registration = RegistrationFactory(event=self.event, owner=owner)
            self.people.append(ParticipantFactory(registration=registration, person=owner))
            self.programs.append(speaking_for(owner))
        self.staff = speaking_for(StaffFactory(chamber=self.event.chamber).person)

    def meeting(self, **fields):
        return MeetingFactory(event=self.event, host=self.people[0], guest=self.people[1], **fields)


@pytest.fixture
def scene(speaking_for):
    return Scene(speaking_for)


def post(client, path, **body):
    return client.post(f"/api/v1/{path}", body, format="json")


def told(answer):
    return answer.status_code, answer.json().get("code", answer.json().get("status"))


def proposed(scene, program=0, **fields):
    """The answer to a proposal of two other times for a meeting with a time."""
    meeting = scene.meeting(slot=scene.slots[0], placed=True)
    wanted = {"slots": [str(one.public_id) for one in scene.slots[1:3]], **fields}
    return post(scene.programs[program], "moves/", meeting=str(meeting.public_id), **wanted)


def test_a_meeting_moves_when_the_other_side_agrees_to_a_proposed_time(scene):
    asked = proposed(scene, message="Our flight is late")

    made = asked.json()
    assert (asked.status_code, made["status"], len(made["slots"])) == (201, "pending", 2)
    assert asked["Location"].endswith(f"/api/v1/moves/{made['id']}/")
    path = f"moves/{made['id']}/"
    slot = str(scene.slots[2].public_id)
    assert told(post(scene.programs[0], f"{path}accept/", slot=slot)) == (403, "permission_denied")
    assert told(post(scene.programs[1], f"{path}accept/", slot=slot)) == (200, "accepted")
    assert Meeting.objects.get().slot == scene.slots[2]
    assert told(post(scene.programs[1], f"{path}decline/")) == (409, "not_waiting")


def test_the_old_time_is_kept_when_the_other_side_declines(scene):
    path = f"moves/{proposed(scene).json()['id']}/"

    assert told(post(scene.programs[1], f"{path}decline/")) == (200, "declined")

    assert Meeting.objects.get().slot == scene.slots[0]
    assert Mail.objects.filter(kind="meeting_stays").count() == 2


def test_who_proposed_takes_it_back_and_the_other_side_is_told(scene):
    path = f"moves/{proposed(scene).json()['id']}/"

    assert told(post(scene.programs[1], f"{path}withdraw/"))[0] == 403
    assert told(post(scene.programs[0], f"{path}withdraw/")) == (200, "withdrawn")

    assert told(post(scene.programs[1], f"{path}decline/")) == (409, "not_waiting")
    mail = Mail.objects.get(kind="meeting_kept")
    assert mail.to == scene.people[1].person.email
    assert "no longer proposed" in mail.text


def test_only_times_of_the_event_and_only_one_proposal_at_once(scene):
    strange = proposed(scene, slots=[str(SlotFactory().public_id)])
    assert (strange.status_code, strange.json()["errors"][0]["code"]) == (400, "other_event")
    assert TimeProposal.objects.count() == 0
    Meeting.objects.all().delete()
    proposed(scene)
    meeting = TimeProposal.objects.get().meeting
    again = post(
        scene.programs[1],
        "moves/",
        meeting=str(meeting.public_id),
        slots=[str(scene.slots[3].public_id)],
    )
    assert told(again) == (409, "already_proposed")


def test_moves_are_listed_by_meeting_and_state(scene):
    one = TimeProposalFactory(
        meeting=scene.meeting(slot=scene.slots[0], placed=True), slots=scene.slots[1:2]
    )
    TimeProposalFactory(meeting=scene.meeting(slot=scene.slots[1], placed=True), status="declined")
    TimeProposalFactory()  # of others
    mine = scene.programs[0]

    def ids(query):
        return [row["id"] for row in mine.get(f"/api/v1/moves/{query}").json()["results"]]

    assert len(ids("")) == 2
    assert ids("?status=pending") == [str(one.public_id)]
    assert ids(f"?meeting={one.meeting.public_id}") == [str(one.public_id)]


@pytest.mark.parametrize("path", ["moves", "standby"])
@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_any_number_of_rows(
    scene, path, count, django_assert_num_queries
):
    for slot in scene.slots[:count]:
        TimeProposalFactory(meeting=scene.meeting(slot=slot, placed=True), slots=[slot])
        StandbyOfferFactory(meeting=scene.meeting(), slot=slot).accepted_by.add(
            scene.people[0].registration
        )

    with django_assert_num_queries(3):
        rows = scene.programs[0].get(f"/api/v1/{path}/").json()["results"]

    assert len(rows) == count


def test_a_freed_time_is_accepted_by_each_side(scene):
    offer = StandbyOfferFactory(meeting=scene.meeting(), slot=scene.slots[3], reason="agreed")
    path = f"standby/{offer.public_id}/"

    first = post(scene.programs[0], f"{path}accept/")
    assert told(first) == (200, "offered")
    assert first.json()["each_answers"] is True
    assert [one["id"] for one in first.json()["accepted_by"]] == [
        str(scene.people[0].registration.public_id)
    ]
    assert first.json()["reason"].startswith("Agreed on ")

    assert told(post(scene.programs[1], f"{path}accept/")) == (200, "accepted")
    assert Meeting.objects.get().slot == scene.slots[3]
    assert told(post(scene.programs[1], f"{path}decline/")) == (409, "not_waiting")


def test_a_freed_time_is_declined_and_who_has_nothing_to_do_with_it_finds_none(scene, speaking_for):
    offer = StandbyOfferFactory(meeting=scene.meeting(), slot=scene.slots[3])
    path = f"standby/{offer.public_id}/decline/"

    assert post(speaking_for(UserFactory()), path).status_code == 404
    assert told(post(scene.programs[0], path)) == (200, "declined")
    query = f"?event={scene.event.public_id}&status=declined&meeting={offer.meeting.public_id}"
    listed = scene.programs[1].get(f"/api/v1/standby/{query}").json()["results"]
    assert [one["id"] for one in listed] == [str(offer.public_id)]


def test_who_came_is_noted_once_it_has_begun(scene):
    meeting = scene.meeting(slot=scene.slots[0], placed=True)
    path = f"meetings/{meeting.public_id}/attendance/"

    assert told(post(scene.programs[0], path, host="came")) == (409, "not_begun")
    past = timezone.now() - dt.timedelta(hours=1)
    scene.event.slots.filter(pk=scene.slots[0].pk).update(
        starts_at=past, ends_at=past + dt.timedelta(minutes=20)
    )
    done = post(scene.programs[0], path, host="came", guest="late")
    assert told(done) == (200, "held")


def test_the_organiser_alone_marks_those_who_join_and_reads_each_apart(scene):
    past = timezone.now() - dt.timedelta(hours=1)
    slot = SlotFactory(event=scene.event, starts_at=past, ends_at=past + dt.timedelta(minutes=20))
    thirds = ParticipantFactory.create_batch(2, registration__event=scene.event)
    meeting = scene.meeting(slot=slot, others=thirds, placed=True)
    path = f"meetings/{meeting.public_id}/attendance/"
    mark = {"participant": str(thirds[0].public_id), "attendance": "late"}
    stranger = {"participant": str(scene.people[0].public_id), "attendance": "late"}

    assert post(scene.programs[0], path, guest="came", others=[mark]).status_code == 403
    assert post(scene.staff, path, others=[stranger]).status_code == 404
    done = post(scene.staff, path, others=[mark])

    assert told(done) == (200, "confirmed")
    assert [one["attendance"] for one in done.json()["others"]] == ["late", "unknown"]


def test_a_link_is_given_by_a_side_or_the_organiser_and_by_nobody_else(scene, speaking_for):
    meeting = scene.meeting(slot=scene.slots[0], placed=True)
    path = f"meetings/{meeting.public_id}/link/"

    given = post(scene.programs[0], path, link="https://meet.example/5")

    assert given.json()["link"] == "https://meet.example/5"
    assert given.json()["former"] == {"starts_at": None, "ends_at": None, "place": "", "link": ""}
    changed = post(scene.programs[0], path, link="https://meet.example/6").json()
    assert changed["former"]["link"] == "https://meet.example/5"
    assert post(scene.staff, path, link="javascript:alert(1)").status_code == 400
    assert post(speaking_for(UserFactory()), path, link="https://x.example/").status_code == 404


def test_the_organiser_proposes_watches_and_takes_back(scene):
    path = f"events/{scene.event.public_id}/proposals/"

    started = post(scene.staff, path)

    address = started["Location"]
    assert (started.status_code, started.json()["state"]) == (202, "queued")
    assert told(post(scene.staff, path)) == (409, "being_proposed")
    jobs.work_off()
    watched = scene.staff.get(address).json()
    assert (watched["state"], watched["result"]["meetings"]) == ("done", 0)
    assert watched["said"].startswith("No two companies")
    MeetingFactory(event=scene.event, is_told=False)
    MeetingFactory(event=scene.event)
    whole = scene.staff.get(f"/api/v1/{path}").json()
    assert (whole["proposed"], whole["last"]["id"]) == (1, watched["id"])
    assert scene.staff.delete(f"/api/v1/{path}").json() == {"taken_back": 1}
    assert Meeting.objects.count() == 1


def test_a_choice_is_stopped_and_companies_know_of_none(scene):
    path = f"events/{scene.event.public_id}/proposals/"
    address = post(scene.staff, path)["Location"]

    stopped = scene.staff.post(f"{address}stop/")

    assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    assert stopped.json()["result"] is None
    assert told(scene.staff.post(f"{address}stop/")) == (409, "over")
    assert scene.programs[0].get(address).status_code == 404
    assert post(scene.programs[0], path).status_code == 404
    other = Job.objects.create(kind="marketplace.propose", key=str(EventFactory().pk))
    assert scene.staff.get(f"/api/v1/{path}{other.public_id}/").status_code == 404

"""Events over REST: who reads what, who may do what, and what is refused how."""

import datetime as dt

import pytest
from django.utils import timezone

from chambers.models import Scope
from chambers.services import jobs
from marketplace.models import Booking, CalendarFeed, Meeting, MeetingRequest, Registration
from marketplace.services.feeds import open_feed, revoke_feed
from tests.event_factories import (
    EventFactory,
    MeetingFactory,
    MeetingRequestFactory,
    ParticipantFactory,
    RegistrationFactory,
    SessionFactory,
    SlotFactory,
    TimetableFactory,
)
from tests.factories import CompanyFactory, RepresentativeFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return EventFactory()


@pytest.fixture
def side(event, speaking_for):
    """Makes a company that takes part: (registration, its owner's program)."""

    def make(**fields):
        owner = UserFactory()
        registration = RegistrationFactory(event=event, owner=owner, **fields)
        ParticipantFactory(registration=registration, person=owner)
        return registration, speaking_for(owner)

    return make


def post(client, path, **body):
    return client.post(f"/api/v1/{path}", body, format="json")


def test_an_event_tells_its_programme_times_and_stages(api, event):
    session, slot = SessionFactory(event=event), SlotFactory(event=event)

    answer = api.get(f"/api/v1/events/{event.public_id}/").json()

    assert [one["id"] for one in answer["sessions"]] == [str(session.public_id)]
    starts = slot.starts_at.astimezone(dt.UTC)
    assert answer["slots"][0]["starts_at"] == f"{starts:%Y-%m-%dT%H:%M:%SZ}"
    assert [one["stage"] for one in answer["stages"]] == list(event.Stage.values)


def test_events_are_narrowed_by_kind_and_by_what_is_ahead(api, event):
    today = timezone.localdate()
    EventFactory(kind="mission", starts_on=today - dt.timedelta(days=9), ends_on=today)
    EventFactory(starts_on=today - dt.timedelta(days=9), ends_on=today - dt.timedelta(days=8))

    ahead = api.get("/api/v1/events/?ahead=true&kind=forum").json()["results"]

    assert [one["id"] for one in ahead] == [str(event.public_id)]


def test_who_comes_is_told_by_consent_and_only_to_who_takes_part(side, event, speaking_for):
    _own, ours = side(consent="not_listed")
    listed, _ = side(consent="listed")
    contact, _ = side(consent="listed_with_contact")
    side(consent="not_listed")
    stranger = speaking_for(RepresentativeFactory().person)
    path = f"/api/v1/events/{event.public_id}/guests/"

    told = {one["id"]: one["people"] for one in ours.get(path).json()["results"]}

    assert stranger.get(path).json()["results"] == []
    assert told[str(listed.public_id)] == []
    assert len(told[str(contact.public_id)]) == 1
    assert len(told) == 3  # and oneself


def test_a_company_registers_changes_its_consent_and_withdraws(event, speaking_for):
    owner = RepresentativeFactory(company=CompanyFactory(member=True))
    program = speaking_for(owner.person)
    body = {"event": str(event.public_id), "company": str(owner.company.public_id)}

    made = post(program, "registrations/", **body)
    again = post(program, "registrations/", **body)
    path = f"registrations/{made.json()['id']}"
    listed = post(program, f"{path}/consent/", consent="listed")
    gone = post(program, f"{path}/withdraw/")

    assert (made.status_code, made.json()["status"]) == (201, "applied")
    assert (again.status_code, again.json()["code"]) == (409, "already_registered")
    assert listed.json()["consent"] == "listed"
    assert gone.json()["status"] == "withdrawn"


def test_a_reader_of_the_company_registers_nobody(event, speaking_for):
    viewer = RepresentativeFactory(company=CompanyFactory(member=True), role="viewer")

    answer = post(
        speaking_for(viewer.person),
        "registrations/",
        event=str(event.public_id),
        company=str(viewer.company.public_id),
    )

    assert answer.status_code == 403
    assert not Registration.objects.exists()


def test_who_has_left_is_on_no_list_of_who_comes(side, event, speaking_for):
    own, ours = side(consent="listed_with_contact")
    ParticipantFactory(registration=own, name="Left Long Ago", left_at=timezone.now())
    here = [str(own.participants.get(left_at=None).public_id)]

    for path, people in (
        (f"registrations/{own.public_id}/", lambda told: told["participants"]),
        ("registrations/", lambda told: told["results"][0]["participants"]),
        (f"events/{event.public_id}/guests/", lambda told: told["results"][0]["people"]),
    ):
        answer = ours.get(f"/api/v1/{path}")
        assert [one["id"] for one in people(answer.json())] == here, path
    changed = post(ours, f"registrations/{own.public_id}/consent/", consent="listed").json()
    assert [one["id"] for one in changed["participants"]] == here


def test_availability_is_replaced_as_a_whole(side, event):
    own, ours = side()
    one, two = SlotFactory(event=event), SlotFactory(event=event)
    path = f"participants/{own.participants.get().public_id}/availability/"

    post(ours, path, closed=[str(one.public_id)])
    answer = post(ours, path, closed=[str(two.public_id)]).json()
    strange = post(ours, path, closed=[str(SlotFactory().public_id)])

    assert [slot["id"] for slot in answer["closed"]] == [str(two.public_id)]
    assert [slot["id"] for slot in answer["open"]] == [str(one.public_id)]
    assert (strange.status_code, strange.json()["errors"][0]["code"]) == (400, "other_event")


def test_a_request_is_sent_and_its_acceptance_is_a_meeting(side, event):
    slot = SlotFactory(event=event)
    (own, ours), (partner, theirs) = side(), side()

    sent = post(
        ours,
        "requests/",
        registration=str(own.public_id),
        partner=str(partner.public_id),
        slots=[str(slot.public_id)],
    )
    path = f"requests/{sent.json()['id']}"
    early = post(ours, f"{path}/accept/")
    met = post(theirs, f"{path}/accept/")
    twice = post(theirs, f"{path}/accept/")

    assert (sent.status_code, sent.json()["status"]) == (201, "pending")
    assert early.status_code == 403
    assert (met.json()["status"], met.json()["slot"]["id"]) == ("confirmed", str(slot.public_id))
    assert (twice.status_code, twice.json()["code"]) == (409, "not_waiting")
    assert Meeting.objects.count() == 1


def test_a_taken_time_is_a_conflict_that_names_what_is_free(side, event):
    taken, free = SlotFactory(event=event), SlotFactory(event=event)
    own, ours = side()
    MeetingFactory(event=event, host=own.participants.get(), placed=True, slot=taken)
    partner, _ = side()
    request = MeetingRequestFactory(event=event, requester=partner, partner=own)

    answer = post(ours, f"requests/{request.public_id}/accept/", slot=str(taken.public_id))

    assert (answer.status_code, answer.json()["code"]) == (409, "taken")
    assert answer.json()["free"] == [str(free.public_id)]


@pytest.mark.parametrize("verb", ["decline", "withdraw"])
def test_a_request_ends_once(side, event, verb):
    (own, ours), (partner, theirs) = side(), side()
    request = MeetingRequestFactory(event=event, requester=own, partner=partner)
    speaker = theirs if verb == "decline" else ours

    said = {"reason_code": "time"} if verb == "decline" else {}
    ended = post(speaker, f"requests/{request.public_id}/{verb}/", **said)
    again = post(speaker, f"requests/{request.public_id}/{verb}/")

    assert ended.json()["status"] in {"declined", "withdrawn"}
    assert ended.json()["reason_code"] == said.get("reason_code", "")
    assert (again.status_code, again.json()["code"]) == (409, "not_waiting")


def test_other_times_are_proposed_to_who_asked(side, event):
    slot = SlotFactory(event=event)
    (own, _ours), (partner, theirs) = side(), side()
    request = MeetingRequestFactory(event=event, requester=own, partner=partner)

    answer = post(theirs, f"requests/{request.public_id}/propose/", slots=[str(slot.public_id)])

    assert answer.json()["status"] == "time_proposed"
    assert answer.json()["answer_from"] == str(own.public_id)


def test_a_cancelled_meeting_frees_what_it_held(side, event):
    own, ours = side()
    meeting = MeetingFactory(event=event, host=own.participants.get(), placed=True)

    silent = post(ours, f"meetings/{meeting.public_id}/cancel/", reason=" ")
    answer = post(ours, f"meetings/{meeting.public_id}/cancel/", reason="We are ill.")

    assert silent.status_code == 400
    assert answer.json()["status"] == "cancelled"
    assert not Booking.objects.exists()


@pytest.mark.parametrize("path", ["registrations", "requests", "meetings", "timetables"])
def test_what_is_not_ones_own_is_not_there(side, path):
    _own, ours = side()
    row = {
        "registrations": RegistrationFactory,
        "requests": MeetingRequestFactory,
        "meetings": MeetingFactory,
        "timetables": TimetableFactory,
    }[path]()

    answer = ours.get(f"/api/v1/{path}/{row.public_id}/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_staff_start_watch_and_stop_a_timetable(event, side, speaking_for):
    SlotFactory(event=event)
    (own, ours), (partner, _) = side(), side()
    MeetingFactory(event=event, host=own.participants.get(), guest=partner.participants.get())
    manager = speaking_for(StaffFactory(chamber=event.chamber).person)

    started = post(manager, "timetables/", event=str(event.public_id), seconds=30)
    second = post(manager, "timetables/", event=str(event.public_id))
    refused = post(ours, "timetables/", event=str(event.public_id))
    watched = manager.get(started["Location"])
    stopped = post(manager, f"timetables/{started.json()['id']}/stop/")

    assert (started.status_code, started.json()["is_being_made"]) == (202, True)
    assert (second.status_code, second.json()["code"]) == (409, "being_made")
    assert refused.status_code == 403
    assert watched.json()["certificate"] == {}
    assert stopped.status_code == 202


@pytest.mark.parametrize("anew", [False, True])
def test_a_timetable_made_from_another_tells_what_it_keeps(event, side, speaking_for, anew):
    SlotFactory(event=event)
    MeetingFactory(
        event=event, host=side()[0].participants.get(), guest=side()[0].participants.get()
    )
    manager = speaking_for(StaffFactory(chamber=event.chamber).person)
    first = post(manager, "timetables/", event=str(event.public_id), seconds=5)
    jobs.work_off()

    again = {"event": str(event.public_id), "seconds": 5, "base": first.json()["id"], "anew": anew}
    second = post(manager, "timetables/", **again)
    jobs.work_off()

    certificate = manager.get(second["Location"]).json()["certificate"]
    assert second.status_code == 202
    assert ("kept" in certificate) != anew
    assert anew or certificate["kept"]["people"] == 0


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "events/", Scope.EVENTS_READ),
        ("get", "registrations/", Scope.EVENTS_READ),
        ("post", "registrations/", Scope.EVENTS_WRITE),
        ("get", "requests/", Scope.MEETINGS_READ),
        ("post", "requests/", Scope.MEETINGS_WRITE),
        ("get", "meetings/", Scope.MEETINGS_READ),
        ("get", "timetables/", Scope.TIMETABLES_READ),
        ("post", "timetables/", Scope.TIMETABLES_WRITE),
    ],
)
def test_a_token_needs_the_scope(speaking_for, user, method, path, scope):
    others = [one for one in Scope.values if one != scope]

    refused = getattr(speaking_for(user, *others), method)(f"/api/v1/{path}")
    admitted = getattr(speaking_for(user, scope), method)(f"/api/v1/{path}")

    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert admitted.status_code in {200, 400}


def test_a_calendar_address_tells_all_meetings_until_it_is_revoked(client, event):
    own = ParticipantFactory(registration__event=event, speaking=True)
    person = own.person
    placed = MeetingFactory(event=event, host=own, placed=True)
    gone, long_ago = MeetingFactory.create_batch(2, event=event, guest=own, placed=True)
    MeetingFactory(event=event, placed=True)
    for meeting, days in ((gone, 29), (long_ago, 31)):
        since = timezone.now() - dt.timedelta(days=days)
        Meeting.objects.filter(pk=meeting.pk).update(status="cancelled", cancelled_at=since)
    feed, secret = open_feed(person, name="phone")

    told = client.get(f"/calendar/{secret}.ics")
    revoke_feed(feed)
    after = client.get(f"/calendar/{secret}.ics")

    assert told.status_code == 200, (told.status_code, dict(told.headers))
    text = told.content.decode()
    assert text.count("BEGIN:VEVENT") == 2
    assert placed.uid in text.replace("\r\n ", "")
    assert text.count("STATUS:CANCELLED") == 1
    assert (told["Cache-Control"], after.status_code) == ("private, no-store", 404)
    assert secret not in CalendarFeed.objects.get().digest


def test_a_calendar_address_is_shown_once_and_not_made_by_a_token(client, user, speaking_for):
    refused = post(speaking_for(user), "calendars/")
    client.force_login(user)

    made = client.post("/api/v1/calendars/", {}, content_type="application/json")

    assert (refused.status_code, refused.json()["code"]) == (403, "session_needed")
    assert client.get(made.json()["address"].removeprefix("http://testserver")).status_code == 200
    assert "address" not in client.get("/api/v1/calendars/").json()["results"][0]


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_any_number(
    count, event, side, speaking_for, django_assert_num_queries
):
    own, ours = side()
    manager = speaking_for(StaffFactory(chamber=event.chamber).person)
    for _ in range(count):
        partner, _theirs = side(consent="listed_with_contact")
        MeetingRequestFactory(
            event=event, requester=own, partner=partner, slots=[SlotFactory(event=event)]
        )
        MeetingFactory(event=event, host=own.participants.get(), placed=True)
        TimetableFactory(event=event)
    asked = f"?event={event.public_id}"

    for client, path, queries in (
        (ours, f"events/{event.public_id}/guests/", 4),
        (ours, f"requests/{asked}", 4),
        (ours, f"meetings/{asked}", 4),
        (manager, f"registrations/{asked}", 3),
        (manager, f"timetables/{asked}", 2),
    ):
        with django_assert_num_queries(queries):
            rows = client.get(f"/api/v1/{path}").json()["results"]
        assert len(rows) >= count, path
    assert MeetingRequest.objects.count() == count


def test_people_of_a_provisional_meeting_nobody_asked_for_have_no_name_yet(
    event, side, speaking_for
):
    (own, ours), (partner, _) = side(), side()
    MeetingFactory(
        event=event,
        host=own.participants.get(),
        guest=partner.participants.get(),
        slot=SlotFactory(event=event),
        status="provisional",
    )
    staff = speaking_for(StaffFactory(chamber=event.chamber).person)

    [read] = ours.get("/api/v1/meetings/").json()["results"]
    [all_read] = staff.get("/api/v1/meetings/").json()["results"]

    assert (read["host"]["name"], read["guest"]["name"]) == (own.participants.get().name, "")
    assert all_read["guest"]["name"] == partner.participants.get().name

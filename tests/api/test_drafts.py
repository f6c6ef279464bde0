"""Requests that are kept and written on before they are sent, over REST."""

import threading
import time

import pytest
from django.db import connection, transaction

from chambers.models import Mail
from marketplace.models import MeetingRequest, Registration
from tests.event_factories import (
    EventFactory,
    MeetingRequestFactory,
    ParticipantFactory,
    SlotFactory,
)
from tests.factories import OpportunityFactory, RepresentativeFactory, StaffFactory
from tests.marketplace.test_races import connect

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return EventFactory()


@pytest.fixture
def asker(event):
    return ParticipantFactory(registration__event=event, speaking=True)


@pytest.fixture
def asked(event):
    return ParticipantFactory(registration__event=event, speaking=True)


@pytest.fixture
def draft(event, asker, asked):
    return MeetingRequestFactory(
        event=event,
        requester=asker.registration,
        partner=asked.registration,
        status="draft",
        answer_from=None,
        expires_at=None,
        message="Good day",
        opportunity=OpportunityFactory(published=True),
        participant=asker,
        slots=[SlotFactory(event=event)],
    )


def write(client, draft, **body):
    return client.patch(f"/api/v1/requests/{draft.public_id}/", body, format="json")


def test_a_draft_is_changed_and_then_sent(speaking_for, event, asker, draft):
    ours = speaking_for(asker.person)
    slots = SlotFactory.create_batch(2, event=event)

    one = write(ours, draft, message="We seek sensors", wish="must")
    two = write(ours, draft, slots=[str(slot.public_id) for slot in slots])
    assert not Mail.objects.exists()
    sent = ours.post(f"/api/v1/requests/{draft.public_id}/send/")
    late = write(ours, draft, message="Too late")

    assert one.status_code == two.status_code == 200
    # What is left out stays.
    told = two.json()
    assert (told["message"], told["wish"], told["status"]) == ("We seek sensors", "must", "draft")
    assert told["opportunity"] == draft.opportunity.reference
    assert {slot["id"] for slot in told["slots"]} == {str(slot.public_id) for slot in slots}
    assert MeetingRequest.objects.get().participant == asker
    assert (sent.status_code, sent.json()["status"]) == (200, "pending")
    assert sent.json()["message"] == "We seek sensors"
    assert (late.status_code, late.json()["code"]) == (409, "not_waiting")


def test_null_takes_the_offer_and_the_person_away(speaking_for, asker, draft):
    answer = write(speaking_for(asker.person), draft, opportunity=None, participant=None, slots=[])

    draft.refresh_from_db()
    assert (answer.json()["opportunity"], answer.json()["slots"]) == ("", [])
    assert (draft.opportunity, draft.participant, draft.message) == (None, None, "Good day")


def test_what_a_draft_cannot_name_changes_nothing(speaking_for, asker, asked, draft):
    ours = speaking_for(asker.person)

    for body, status in (
        ({"participant": str(asked.public_id)}, 404),
        ({"opportunity": OpportunityFactory(in_review=True).reference}, 400),
        ({"opportunity": "NOBODYS-1"}, 400),
        ({"slots": [str(SlotFactory().public_id)]}, 400),
        ({"wish": "perhaps"}, 400),
        ({"partner": str(asked.registration.public_id)}, 400),
    ):
        assert write(ours, draft, message="Changed", **body).status_code == status, body
    draft.refresh_from_db()
    assert draft.message == "Good day"


def test_nobody_else_reads_or_changes_a_draft(speaking_for, event, asker, asked, draft):
    reader = RepresentativeFactory(company=asker.registration.company, role="viewer").person
    organiser = StaffFactory(chamber=event.chamber).person

    assert write(speaking_for(reader), draft, message="X").status_code == 403
    for person in (asked.person, organiser, RepresentativeFactory().person):
        assert write(speaking_for(person), draft, message="X").status_code == 404
    speaking_for(asker.person).post(f"/api/v1/requests/{draft.public_id}/send/")
    strange = {"slots": [str(SlotFactory().public_id)], "opportunity": "NOBODYS-1"}
    for person in (reader, asked.person, organiser):
        for body in ({"message": "X"}, strange):
            assert write(speaking_for(person), draft, **body).status_code == 403
    draft.refresh_from_db()
    assert draft.message == "Good day"


@pytest.mark.django_db(transaction=True)
def test_two_changes_of_one_draft_at_once_lose_nothing_of_each_other(speaking_for, asker, draft):
    said = []

    def send(body):
        connect()
        try:
            said.append(write(speaking_for(asker.person), draft, **body).status_code)
        finally:
            connection.close()

    bodies = ({"message": "We seek sensors"}, {"wish": "must"}, {"slots": []})
    threads = [threading.Thread(target=send, args=[body]) for body in bodies]
    with transaction.atomic():
        Registration.objects.select_for_update().get(pk=draft.requester_id)
        for one in threads:
            one.start()
        deadline = time.monotonic() + 60
        while waiting() < len(threads):  # each has read the draft as it was
            assert time.monotonic() < deadline
            time.sleep(0.05)
    for one in threads:
        one.join()

    draft.refresh_from_db()
    assert said == [200] * len(threads)
    assert (draft.message, draft.wish, draft.slots.count()) == ("We seek sensors", "must", 0)


def waiting():
    """How many other connections wait for a row."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")  # else each look shows the first one
        cursor.execute(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
            " and datname = current_database() and pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]

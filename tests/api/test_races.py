"""Fifty programs answer at once over REST: one has the time, the others read what is still free."""

from collections import Counter
from functools import partial

import pytest
from django.db import connection
from rest_framework.test import APIClient

from marketplace.models import Booking, Meeting, MeetingRequest
from tests import event_factories as make
from tests.factories import token_for
from tests.marketplace.test_races import Scene, overlaps, race

pytestmark = pytest.mark.django_db(transaction=True)

PROGRAMS, TIMES, MOST_FREE = 50, 6, 3


def test_of_fifty_acceptances_of_one_time_one_succeeds_and_the_others_read_free_times(settings):
    settings.API_REQUESTS_PER_MINUTE = 10**6
    scene = Scene([])
    asked = scene.company()
    asks = [scene.request(scene.company(), asked) for _ in range(PROGRAMS)]
    free = {str(make.SlotFactory(event=scene.event).public_id) for _ in range(TIMES - 1)}
    key, answers = f"Bearer {token_for(asked.person)}", []
    with connection.cursor() as cursor:
        cursor.execute("analyze")  # planned for the empty tables of before, each reads for minutes

    def accept(request):
        program = APIClient(headers={"Authorization": key})
        address = f"/api/v1/requests/{request.public_id}/accept/"
        sent = program.post(address, {"slot": str(scene.slot.public_id)}, format="json")
        answers.append((sent.status_code, sent.json()))

    race(*[partial(accept, request) for request in asks])

    assert Counter(status for status, _said in answers) == {200: 1, 409: PROGRAMS - 1}
    refusals = [said for status, said in answers if status == 409]
    assert {said["code"] for said in refusals} == {"taken"}
    assert {len(said["free"]) for said in refusals} == {MOST_FREE}
    assert {one for said in refusals for one in said["free"]} <= free
    assert Meeting.objects.get().slot == scene.slot
    assert Booking.objects.filter(person=asked.person).count() == 1
    assert MeetingRequest.objects.open().count() == PROGRAMS - 1
    assert overlaps() == 0

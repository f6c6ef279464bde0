"""Companies outside events want the same person, or the same answer, at once.

``RACE_CLIENTS`` makes the races wider: 50 are meant.
"""

from functools import partial
from itertools import cycle

import pytest
from django.core.exceptions import ValidationError

from marketplace.models import Booking, Event, Meeting, MeetingRequest
from marketplace.services import direct, meetings, requests
from marketplace.services.rules import DIRECT_MOST
from tests import event_factories as make
from tests.marketplace.direct_world import side, soon
from tests.marketplace.test_races import CLIENTS, overlaps, race

pytestmark = pytest.mark.django_db(transaction=True)


def asked_by_many(times):
    """Keiko, whom as many companies as a race needs ask for a meeting at the same times."""
    keiko = side("Asahi", "Asia/Tokyo", "JP")
    asked = []
    for number in range(CLIENTS):
        other = side(f"Partner {number}", "Europe/Minsk", "BY")
        asked.append(
            direct.ask_directly(other.company, keiko.company, by=other.person, times=times)
        )
    return keiko, asked


def test_of_many_that_accept_one_time_one_succeeds_and_the_others_read_what_is_free():
    keiko, asked = asked_by_many([(soon(), 30), (soon(2), 30)])
    told = []

    def accept(request):
        slot = request.slots.order_by("starts_at").first()
        try:
            direct.accept(request, by=keiko.person, slot=slot)
        except ValidationError as refusal:
            told.append(refusal.params)
            raise

    answers = race(*(partial(accept, request) for request in asked))

    assert answers == {"won": 1, "taken": CLIENTS - 1}
    assert Meeting.objects.count() == 1
    assert overlaps() == 0
    assert all(params["times"].count(";") == 2 for params in told)
    assert all(len(params["free"]) == 1 for params in told)


def test_events_and_direct_meetings_do_not_book_one_person_twice():
    keiko, asked = asked_by_many([(soon(), 30)])
    event = make.EventFactory()
    coming = make.ParticipantFactory(
        registration__event=event, registration__company=keiko.company, person=keiko.person
    )
    slot = make.SlotFactory(event=event, starts_at=soon(), ends_at=asked[0].slots.get().ends_at)
    other = make.ParticipantFactory(registration__event=event, speaking=True)
    request = make.MeetingRequestFactory(
        event=event, requester=other.registration, partner=coming.registration
    )
    at_event = partial(requests.accept_request, request, by=keiko.person, slot=slot)

    answers = race(
        at_event,
        *(
            partial(direct.accept, one, by=keiko.person, slot=one.slots.get())
            for one in asked[: CLIENTS - 1]
        ),
    )

    assert answers == {"won": 1, "taken": CLIENTS - 1}
    assert Booking.objects.filter(person=keiko.person).count() == 1


def test_two_who_meet_each_other_crosswise_do_not_wait_for_ever():
    anna, keiko = side("Romashka"), side("Asahi", "Asia/Tokyo", "JP")
    at = [(soon(), 30)]
    there = direct.ask_directly(anna.company, keiko.company, by=anna.person, times=at)
    third = side("Third")
    calls = [partial(direct.accept, there, by=keiko.person, slot=there.slots.get())]
    for one, other in ((keiko, third), (third, anna)):
        request = direct.ask_directly(one.company, other.company, by=one.person, times=at)
        calls.append(partial(direct.accept, request, by=other.person, slot=request.slots.get()))

    answers = race(*calls)

    assert answers == {"won": 1, "taken": 2}
    assert overlaps() == 0


def test_one_company_sends_no_more_than_its_quota_from_many_windows():
    anna = side("Romashka")
    others = [side(f"Partner {number}") for number in range(DIRECT_MOST + 4)]
    for one, word in zip(others[: DIRECT_MOST - 2], cycle(["Pumps?", "Gauges?"]), strict=False):
        direct.ask_directly(anna.company, one.company, by=anna.person, message=word)

    answers = race(
        *(
            partial(
                direct.ask_directly, anna.company, one.company, by=anna.person, message="Valves?"
            )
            for one in others[DIRECT_MOST - 2 :]
        )
    )

    assert answers == {"won": 2, "quota": 4}
    assert Event.objects.count() == DIRECT_MOST


def test_two_companies_that_ask_each_other_at_once_have_one_request():
    anna, keiko = side("Romashka"), side("Asahi", "Asia/Tokyo", "JP")

    answers = race(
        partial(direct.ask_directly, anna.company, keiko.company, by=anna.person, message="Hi?"),
        partial(direct.ask_directly, keiko.company, anna.company, by=keiko.person, message="Hi!"),
    )

    assert answers == {"won": 1, "already_requested": 1}
    assert MeetingRequest.objects.count() == 1


def test_a_meeting_that_is_cancelled_while_others_accept_leaves_no_double_booking():
    keiko, asked = asked_by_many([(soon(), 30)])
    first = direct.accept(asked[0], by=keiko.person, slot=asked[0].slots.get())

    answers = race(
        partial(meetings.cancel_meeting, first, by=keiko.person, reason="Ill"),
        *(partial(direct.accept, one, by=keiko.person, slot=one.slots.get()) for one in asked[1:]),
    )

    assert answers["won"] in (1, 2)
    assert overlaps() == 0

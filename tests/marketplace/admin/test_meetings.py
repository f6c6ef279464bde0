"""Meetings are arranged, moved, locked, confirmed, cancelled, and it is noted who came."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.models import Booking, Meeting
from tests import event_factories as made
from tests.forms import decide


def page(name, *args):
    return reverse(f"admin:marketplace_{name}", args=args)


@pytest.fixture
def placed(event):
    """A confirmed meeting in the first slot, at the first table."""
    return made.MeetingFactory(
        event=event,
        status="confirmed",
        slot=event.slots.first(),
        table=event.tables.first(),
    )


def test_a_meeting_is_moved_to_a_time_that_is_free_for_all(client, manager, event, placed):
    busy = event.slots.all()[1]
    made.MeetingFactory(event=event, host=placed.host, status="confirmed", slot=busy)
    shown = client.get(page("meeting_move", placed.pk))
    offered = list(shown.context["form"].fields["slot"].queryset)

    client.post(page("meeting_move", placed.pk), {"slot": offered[0].pk})

    placed.refresh_from_db()
    assert offered == list(event.slots.all()[2:])
    assert placed.slot == offered[0]
    assert Booking.objects.filter(meeting=placed, table__isnull=False).exists()


def test_a_meeting_is_not_moved_to_a_time_that_is_taken(client, manager, event, placed):
    busy = event.slots.all()[1]
    made.MeetingFactory(event=event, host=placed.host, status="confirmed", slot=busy)

    sent = client.post(page("meeting_move", placed.pk), {"slot": busy.pk})

    placed.refresh_from_db()
    assert sent.status_code == 422
    assert placed.slot == event.slots.first()


def test_a_locked_meeting_says_so_when_it_is_moved(client, manager, event, placed):
    decide(client, "marketplace_meeting", "lock", placed, decided="1")

    sent = client.post(page("meeting_move", placed.pk), {"slot": event.slots.all()[2].pk})
    decide(client, "marketplace_meeting", "unlock", placed, decided="1")

    placed.refresh_from_db()
    assert sent.status_code == 422
    assert "locked" in sent.content.decode()
    assert (placed.locked, placed.slot) == (False, event.slots.first())


def test_a_meeting_without_a_free_time_says_what_to_do(client, manager, event, three):
    event.slots.all().delete()

    shown = client.get(page("meeting_move", three[0].pk))

    assert "No other time is free" in shown.content.decode()


def test_a_manager_lets_two_people_or_more_meet_and_is_led_to_the_times(client, manager, event):
    host, guest, third = (made.ParticipantFactory(registration__event=event) for _ in range(3))
    stranger = made.ParticipantFactory()
    said = {"host": host.pk, "guest": guest.pk}

    refused = client.post(page("meeting_add"), {**said, "others": [stranger.pk]})
    added = client.post(page("meeting_add"), {**said, "others": [third.pk]})

    assert "others" in refused.context["adminform"].form.errors
    meeting = Meeting.objects.get()
    assert added["Location"] == page("meeting_move", meeting.pk)
    assert (meeting.host, meeting.guest, meeting.status) == (host, guest, "unscheduled")
    assert list(meeting.others.all()) == [third]


def test_people_of_a_foreign_event_are_not_let_meet(client, manager, event):
    host = made.ParticipantFactory(registration__event=event)
    stranger = made.ParticipantFactory()

    sent = client.post(page("meeting_add"), {"host": host.pk, "guest": stranger.pk})

    assert "guest" in sent.context["adminform"].form.errors
    assert not Meeting.objects.exists()


def test_cancelling_needs_a_reason_and_frees_what_was_held(client, manager, placed):
    again = decide(client, "marketplace_meeting", "cancel", placed, reason="")
    assert "reason" in again.context["form"].errors

    decide(client, "marketplace_meeting", "cancel", placed, reason="The host is ill.")

    placed.refresh_from_db()
    assert (placed.status, placed.reason) == ("cancelled", "The host is ill.")
    assert not Booking.objects.exists()


def test_it_is_noted_who_came(client, manager, event, placed):
    slot = placed.slot
    slot.starts_at, slot.ends_at = (
        timezone.now() - dt.timedelta(minutes=minutes) for minutes in (30, 10)
    )
    slot.save()

    decide(client, "marketplace_meeting", "attendance", placed, host="came", guest="no_show")

    placed.refresh_from_db()
    assert (placed.status, placed.guest_attendance) == ("no_show", "no_show")


@pytest.mark.parametrize("name", ["meeting_change", "meeting_move", "meetingrequest_change"])
def test_a_row_of_another_chamber_is_a_missing_page(client, manager, name):
    row = made.MeetingRequestFactory() if "request" in name else made.MeetingFactory(placed=True)

    assert client.get(page(name, row.pk)).status_code == 404
    assert client.post(page(name, row.pk)).status_code in (403, 404)


def test_requests_are_read_with_their_times_and_not_changed(client, manager, event):
    slots = event.slots.all()[:2]
    asked = made.MeetingRequestFactory(event=event, slots=slots, message="About pumps")

    shown = client.get(page("meetingrequest_change", asked.pk))
    sent = client.post(page("meetingrequest_change", asked.pk), {"message": "x"})

    assert "About pumps" in shown.content.decode()
    assert sent.status_code == 403


def test_the_page_of_a_meeting_takes_the_same_queries_for_any_number_of_offers(
    client, manager, event, django_assert_max_num_queries
):
    waiting, taken = made.MeetingFactory(event=event), []
    for slot in event.slots.all()[:3]:
        made.StandbyOfferFactory(meeting=waiting, slot=slot)
        with django_assert_max_num_queries(40) as queries:
            shown = client.get(page("meeting_change", waiting.pk))
        taken.append((shown.content.count(b"Must meet; agreed on"), len(queries)))

    assert [offers for offers, _ in taken] == [1, 2, 3]
    assert taken[1][1] == taken[2][1]

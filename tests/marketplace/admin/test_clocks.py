"""A zone changes its rule: staff find the meetings that now read as another hour (R-13)."""

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.models import Meeting, Slot
from marketplace.selectors import clocks as known
from marketplace.selectors.clocks import meetings_of_changed_rules
from marketplace.services.clocks import note_clocks
from tests import event_factories as made
from tests.forms import decide

LISTED = reverse("admin:marketplace_meeting_changelist") + "?time=clock"


@pytest.fixture
def meeting(event):
    return made.MeetingFactory(event=event, status="confirmed", slot=event.slots.first())


@pytest.fixture
def rule_changes(monkeypatch, meeting):
    """What was known when the times were laid out: the zone was an hour behind."""
    of_now = known.clock_of

    def of_then(zone, at):
        name, minutes = of_now(zone, at).split(" ")
        return f"{name} {int(minutes) - 60}"

    with monkeypatch.context() as then:
        then.setattr("marketplace.services.clocks.clock_of", of_then)
        note_clocks(timezone.now())
    note_clocks(timezone.now())  # of times noted already nothing is noted anew


def listed(client):
    return list(client.get(LISTED).context["cl"].queryset)


def test_meetings_are_listed_once_the_rule_of_their_zone_has_changed(
    client, manager, meeting, rule_changes
):
    other = made.MeetingFactory(placed=True, event__zone="Asia/Tokyo")  # of another chamber

    note_clocks(timezone.now())

    assert listed(client) == [meeting]
    index = client.get(reverse("admin:index")).content.decode()
    assert "Meetings whose zone has changed its rule" in index
    assert list(meetings_of_changed_rules(Meeting.objects.filter(pk=other.pk))) == []


def test_who_keeps_the_new_hour_is_asked_no_more(client, manager, meeting, rule_changes):
    decide(client, "marketplace_meeting", "keep_clock", meeting, decided="1")

    assert listed(client) == []
    assert Slot.objects.get(pk=meeting.slot_id).noted_clock == known.clock_of(
        meeting.event.zone, meeting.slot.starts_at
    )


def test_another_zone_of_the_event_is_no_changed_rule(client, manager, meeting, rule_changes):
    meeting.event.zone = "Asia/Vladivostok"
    meeting.event.save()

    assert listed(client) == []
    note_clocks(timezone.now())
    assert listed(client) == []
    assert Slot.objects.get(pk=meeting.slot_id).noted_clock.startswith("Asia/Vladivostok ")


def test_nothing_is_listed_while_the_rules_stay(client, manager, meeting):
    note_clocks(timezone.now())

    assert listed(client) == []

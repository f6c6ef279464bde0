"""The page of an event says what is to be done next, and leads to all else by groups."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.admin import event_tools
from marketplace.models import Event
from tests import event_factories as made

DAY = dt.timedelta(days=1)


def shown(client, event):
    return client.get(reverse("admin:marketplace_event_change", args=[event.pk]))


def next_of(client, event):
    return str(shown(client, event).context["toolbox"].next[0])


def change(event, **fields):
    Event.objects.filter(pk=event.pk).update(**fields)


def test_before_all_else_there_are_slots_then_tables(client, manager, chamber):
    event = made.EventFactory(chamber=chamber)
    bare = next_of(client, event)

    made.SlotFactory(event=event)

    assert (bare, next_of(client, event)) == ("Add slots", "Add tables")


def test_an_online_round_asks_for_no_tables(client, manager, chamber):
    event = made.EventFactory(chamber=chamber, kind=Event.Kind.ONLINE)
    made.SlotFactory(event=event)

    assert next_of(client, event) == "Who meets whom"


def test_what_is_next_follows_the_stage(client, manager, event):
    now = timezone.now()
    found = [next_of(client, event)]
    change(event, requests_open_at=now - 2 * DAY)
    found.append(next_of(client, event))
    change(event, requests_close_at=now - DAY)
    found.append(next_of(client, event))
    timetable = made.TimetableFactory(event=event, status="provisional", published_at=now)
    found.append(next_of(client, event))
    timetable.status = "final"
    timetable.save()
    found.append(next_of(client, event))
    today = now.astimezone(event.clock).date()
    change(event, starts_on=today - DAY, ends_on=today + DAY)
    found.append(next_of(client, event))
    change(event, starts_on=today - 3 * DAY, ends_on=today - 2 * DAY)
    found.append(next_of(client, event))

    assert found == [
        "Who meets whom",
        "Who gets too few meetings",
        "Make a timetable",
        "Repair the timetable",
        "Event kit",
        "Desk",
        "Type in marks",
    ]


def test_a_version_that_is_ready_is_to_be_published(client, manager, event):
    now = timezone.now()
    change(event, requests_close_at=now - DAY)
    plan = {"slot": [], "table": [], "helper": []}
    draft = made.TimetableFactory(event=event, number=1, plan=plan, finished_at=None)
    searching = next_of(client, event)
    draft.finished_at = now
    draft.save()

    label, address = shown(client, event).context["toolbox"].next

    assert (searching, label) == ("Make a timetable", "Publish version 1")
    assert address == reverse("admin:marketplace_timetable_publish", args=[draft.pk])


def test_a_provisional_version_is_to_be_published_as_final_when_that_is_due(client, manager, event):
    now = timezone.now()
    plan = {"slot": [], "table": [], "helper": []}
    fields = {"status": "provisional", "plan": plan, "finished_at": now, "published_at": now}
    made.TimetableFactory(event=event, number=1, **fields)
    before = next_of(client, event)
    change(event, final_at=now - DAY)

    assert (before, next_of(client, event)) == ("Repair the timetable", "Publish version 1")


def test_who_only_reads_is_not_asked_to_publish(client, viewer, event):
    plan = {"slot": [], "table": [], "helper": []}
    made.TimetableFactory(event=event, plan=plan, finished_at=timezone.now())
    change(event, requests_close_at=timezone.now() - DAY)

    assert shown(client, event).context["toolbox"].next is None


def test_companies_that_agree_on_times_themselves_need_no_timetable(client, manager, event):
    meeting = made.MeetingFactory(event=event, placed=True)
    change(event, requests_close_at=timezone.now() - DAY)
    found = [next_of(client, event)]

    waiting = made.MeetingFactory(event=event)
    found.append(next_of(client, event))
    waiting.delete()
    change(event, final_at=timezone.now() + DAY)
    found.append(next_of(client, event))
    change(event, final_at=None)
    meeting.delete()
    found.append(next_of(client, event))

    assert found == ["Event kit", "Make a timetable", "Make a timetable", "Make a timetable"]


def test_of_a_cancelled_event_nothing_is_next(client, manager, event):
    change(event, cancelled_at=timezone.now())

    assert shown(client, event).context["toolbox"].next is None


@pytest.mark.parametrize("managing", [True, False])
def test_every_tool_is_reached_once_and_those_of_managers_by_managers(
    client, chamber, event, managing, request
):
    request.getfixturevalue("manager" if managing else "viewer")
    tools = [tool for _name, group in event_tools.GROUPS for tool in group]

    page = shown(client, event).content.decode()

    nav = re.search(r'<nav class="toolbox".*?</nav>', page, re.DOTALL).group()
    for tool in tools:
        visible = managing or not tool.is_managers
        assert nav.count(f'href="{tool.url(event)}"') == visible
    assert reverse("admin:marketplace_event_history", args=[event.pk]) in nav
    assert nav.count('class="button next"') == managing  # for others "Who meets whom" is not next
    assert "<details" in nav
    assert "<script" not in nav

"""The grid of an event: its meetings as they stand, also where no timetable was ever made."""

import datetime as dt

import pytest
from django.urls import reverse

from tests import event_factories as made


@pytest.fixture
def page(event):
    return reverse("admin:marketplace_event_grid", args=[event.pk])


def cells(answer):
    """{(day of the page, number of the table or "" for none): the meetings there}."""
    day, found = answer.context["day"], {}
    for line, _free in answer.context["lines"]:
        for cell in [*filter(None, line.cells), *line.elsewhere]:
            found.setdefault((day, cell.table.number if cell.table else ""), []).append(
                cell.meeting
            )
    return found


def test_meetings_stand_in_the_grid_of_an_event_without_a_timetable(client, manager, event, page):
    table, slot = event.tables.get(number=2), event.slots.first()
    held = made.MeetingFactory(event=event, placed=True, slot=slot, table=table)
    remote = made.MeetingFactory(event=event, placed=True, slot=slot)
    made.MeetingFactory(event=event)
    made.MeetingFactory(event=event, status="cancelled")

    answer = client.get(page)

    day = slot.starts_at.astimezone(event.clock).date()
    assert cells(answer) == {(day, 2): [held], (day, ""): [remote]}
    text = answer.content.decode()
    assert reverse("admin:marketplace_meeting_change", args=[held.pk]) in text
    assert "Meetings without a time: 1" in text
    assert "Open one to move it." in text


def test_a_day_is_chosen_and_a_strange_one_is_the_first(client, manager, event, page):
    first = event.slots.first()
    second = made.SlotFactory(
        event=event,
        starts_at=first.starts_at + dt.timedelta(days=1),
        ends_at=first.ends_at + dt.timedelta(days=1),
    )
    days = [one.starts_at.astimezone(event.clock).date() for one in (first, second)]

    found = [
        client.get(page, {"day": asked}).context["day"]
        for asked in ("", days[1].isoformat(), "2026-99-99", "x")
    ]

    assert found == [days[0], days[1], days[0], days[0]]


def test_an_event_without_slots_says_so(client, manager, chamber):
    event = made.EventFactory(chamber=chamber)

    answer = client.get(reverse("admin:marketplace_event_grid", args=[event.pk]))

    assert "The event has no slots." in answer.content.decode()


def test_who_only_reads_is_not_told_to_move(client, viewer, event, page):
    text = client.get(page).content.decode()

    assert "as they stand now" in text
    assert "Open one to move it." not in text


@pytest.mark.parametrize("count", [1, 3])
def test_the_grid_takes_the_same_queries_for_any_number_of_meetings(
    client, manager, event, page, count, django_assert_max_num_queries
):
    for number in range(count):
        made.MeetingFactory(
            event=event, placed=True, slot=event.slots.all()[number], table=event.tables.first()
        )
    client.get(page)

    with django_assert_max_num_queries(12):
        answer = client.get(page)

    assert sum(map(len, cells(answer).values())) == count

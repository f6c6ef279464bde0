"""Managers say on the page of a meeting what it comes before and after."""

import pytest
from django.urls import reverse

from marketplace.models import MeetingOrder
from tests import event_factories as made
from tests.forms import decide


def page(name, *args):
    return reverse(f"admin:marketplace_{name}", args=args)


def test_an_order_is_set_both_ways_and_dropped(client, manager, three):
    one, other, third = three
    address = page("meeting_order", one.pk)

    client.post(address, {"way": "before", "other": other.pk})
    done = client.post(address, {"way": "after", "other": third.pk}, follow=True)

    pairs = set(MeetingOrder.objects.values_list("first", "second"))
    assert pairs == {(one.pk, other.pk), (third.pk, one.pk)}
    assert [row["before"] for row in done.context["rows"]] == [True, False]
    client.post(address, {"drop": MeetingOrder.objects.get(first=one).pk})
    assert set(MeetingOrder.objects.values_list("first", "second")) == {(third.pk, one.pk)}


def test_a_circle_is_refused_with_its_path_and_the_choice_is_kept(client, manager, three):
    one, other, third = three
    made.MeetingOrderFactory(first=one, second=other)
    made.MeetingOrderFactory(first=other, second=third)

    sent = client.post(page("meeting_order", third.pk), {"way": "before", "other": one.pk})

    assert sent.status_code == 422
    assert "the other way round already: Zavod 0 × Zavod 1 →" in sent.content.decode()
    assert sent.context["form"]["other"].value() == str(one.pk)
    assert MeetingOrder.objects.count() == 2


def test_a_viewer_reads_orders_and_sets_none(client, viewer, event, three):
    order = made.MeetingOrderFactory(first=three[0], second=three[1])
    address = page("meeting_order", three[0].pk)

    shown = client.get(address)
    sent = client.post(address, {"way": "after", "other": three[2].pk})
    dropped = client.post(address, {"drop": order.pk})

    assert "Zavod 1 × Zavod 2" in shown.content.decode()
    assert b'name="drop"' not in shown.content
    assert [sent.status_code, dropped.status_code] == [403, 403]
    assert MeetingOrder.objects.get() == order


def test_an_order_of_other_meetings_is_not_dropped_here(client, manager, three):
    order = made.MeetingOrderFactory(first__event__chamber=three[0].event.chamber)

    sent = client.post(page("meeting_order", three[0].pk), {"drop": order.pk})

    assert sent.status_code == 404
    assert MeetingOrder.objects.get() == order


@pytest.mark.parametrize("key", ["²", "x", "9" * 30])
def test_what_names_no_order_is_missing(client, manager, three, key):
    assert client.post(page("meeting_order", three[0].pk), {"drop": key}).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_orders(
    client, manager, event, three, rows, django_assert_num_queries
):
    for _row in range(rows):
        made.MeetingOrderFactory(first=three[0], second=made.MeetingFactory(event=event))
    client.get(page("meeting_order", three[0].pk))

    with django_assert_num_queries(8):
        shown = client.get(page("meeting_order", three[0].pk))

    assert len(shown.context["rows"]) == rows


def test_meetings_leave_their_section_so_that_it_can_go(client, manager, event, three):
    session = made.SessionFactory(event=event)
    three[0].session = session
    three[0].save()
    refused = decide(client, "marketplace_session", "remove", session, decided="1")

    decide(client, "marketplace_meeting", "leave_section", three[0], decided="1")
    decide(client, "marketplace_session", "remove", session, decided="1")

    three[0].refresh_from_db()
    assert "Take them out of the section" in refused.content.decode()
    assert three[0].session is None
    assert not event.sessions.exists()

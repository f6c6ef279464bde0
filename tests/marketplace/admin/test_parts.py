"""Managers change and remove the parts of their events; the pages say what stands in the way."""

import pytest
from django.urls import reverse

from marketplace.models import Hall, Meeting, Table
from tests import event_factories as made
from tests import factories
from tests.forms import decide, sent_back


def page(name, *args):
    return reverse(f"admin:marketplace_{name}", args=args)


def changed(client, kind, part, **fields):
    """The answer to the part's own form with some fields typed anew."""
    address = page(f"{kind}_change", part.pk)
    return client.post(address, {**sent_back(client.get(address), f"{kind}_form"), **fields})


def test_each_part_is_changed_on_its_page(client, manager, event):
    hall, session = made.HallFactory(event=event), made.SessionFactory(event=event)
    group, delegation = made.GroupFactory(event=event), made.DelegationFactory(event=event)
    interpreter, table = made.InterpreterFactory(event=event), event.tables.first()
    slot = made.SlotFactory(event=event, number=9)

    answers = [
        changed(client, "hall", hall, name="Pavilion"),
        changed(client, "table", table, number="7", seats="6", has_screen="on", hall=hall.pk),
        changed(client, "session", session, chair="Vera Vasil", hall=hall.pk),
        changed(client, "group", group, name_en="Buyers"),
        changed(client, "delegation", delegation, leader="Ken Sato", seats="3"),
        changed(client, "interpreter", interpreter, name="Yuki", languages=["en", "ja"]),
        changed(client, "slot", slot, ends_at=f"{event.starts_on}T13:30"),
    ]

    assert [answer.status_code for answer in answers] == [302] * 7
    for part in (hall, table, session, group, delegation, interpreter, slot):
        part.refresh_from_db()
    assert (table.number, table.seats, table.has_screen, table.hall) == (7, 6, True, hall)
    assert (hall.name, session.chair, session.hall) == ("Pavilion", "Vera Vasil", hall)
    assert (group.named()[0], delegation.leader, delegation.seats) == ("Buyers", "Ken Sato", 3)
    assert (interpreter.name, interpreter.languages) == ("Yuki", ["en", "ja"])
    assert f"{slot.ends_at.astimezone(event.clock):%H:%M}" == "13:30"


def test_an_interpreter_gets_an_account_by_its_e_mail(client, manager, event):
    interpreter = made.InterpreterFactory(event=event)
    person = factories.UserFactory(email="yuki@interpreters.example")

    wrong = changed(client, "interpreter", interpreter, person="nobody@interpreters.example")
    given = changed(client, "interpreter", interpreter, person="Yuki@interpreters.example")

    interpreter.refresh_from_db()
    assert (wrong.status_code, given.status_code, interpreter.person) == (200, 302, person)
    assert "nobody@interpreters.example" in wrong.content.decode()
    assert (
        'value="yuki@interpreters.example"'
        in client.get(page("interpreter_change", interpreter.pk)).content.decode()
    )
    changed(client, "interpreter", interpreter, person="")
    interpreter.refresh_from_db()
    assert interpreter.person is None


def test_what_is_refused_names_who_meets_there_and_keeps_what_was_typed(
    client, manager, event, three
):
    table, slot = event.tables.first(), event.slots.first()
    Meeting.objects.filter(pk=three[0].pk).update(table=table, slot=slot, status="confirmed")

    sent = changed(client, "table", table, number="7", seats="6")

    shown = sent.content.decode()
    assert sent.status_code == 200
    assert "Zavod 0 × Zavod 1" in shown
    assert "Move these meetings first." in shown
    assert sent.context["adminform"].form["seats"].value() == "6"
    table.refresh_from_db()
    assert (table.number, table.seats) == (1, 4)


def test_a_number_that_another_table_has_is_refused(client, manager, event):
    sent = changed(client, "table", event.tables.first(), number="2")

    assert "The event has a table of this number." in sent.content.decode()


def test_the_page_of_a_removal_says_what_stands_in_the_way_and_offers_nothing(
    client, manager, event
):
    hall = made.HallFactory(event=event)
    Table.objects.filter(event=event).update(hall=hall)

    asked = decide(client, "marketplace_hall", "remove", hall)
    sent = decide(client, "marketplace_hall", "remove", hall, decided="1")

    shown = asked.content.decode()
    assert "In it: table 1; table 2." in shown
    assert 'name="decided"' not in shown
    assert "table 1; table 2" in sent.content.decode()
    assert Hall.objects.get() == hall


@pytest.mark.parametrize(
    ("kind", "factory"),
    [
        ("hall", made.HallFactory),
        ("table", made.TableFactory),
        ("slot", made.SlotFactory),
        ("session", made.SessionFactory),
        ("group", made.GroupFactory),
        ("delegation", made.DelegationFactory),
        ("interpreter", made.InterpreterFactory),
    ],
)
def test_a_part_that_nobody_needs_is_removed_by_managers_alone(
    client, manager, event, kind, factory
):
    mine, foreign = factory(event=event), factory()

    shown = decide(client, f"marketplace_{kind}", "remove", mine)
    decide(client, f"marketplace_{kind}", "remove", foreign, decided="1")
    gone = decide(client, f"marketplace_{kind}", "remove", mine, decided="1")

    assert 'name="decided"' in shown.content.decode()
    assert gone.status_code == 302
    left = set(type(mine).objects.values_list("pk", flat=True))
    assert foreign.pk in left
    assert mine.pk not in left


def test_a_viewer_changes_and_removes_nothing(client, viewer, event):
    table = event.tables.first()

    sent = client.post(page("table_change", table.pk), {"number": "7", "seats": "4"})
    decide(client, "marketplace_table", "remove", table, decided="1")

    table.refresh_from_db()
    assert sent.status_code == 403
    assert table.number == 1


def test_a_table_of_another_chamber_is_a_missing_page(client, manager):
    foreign = made.TableFactory()

    sent = client.post(page("table_change", foreign.pk), {"number": "7", "seats": "4"})

    foreign.refresh_from_db()
    assert (sent.status_code, foreign.number) == (404, 1)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("kind", ["hall", "table", "slot", "session", "group", "interpreter"])
def test_lists_of_parts_take_the_same_queries_for_any_number_of_rows(
    client, manager, event, kind, rows, django_assert_max_num_queries
):
    type(event)._meta.get_field(f"{kind}s").related_model.objects.filter(event=event).delete()
    factory = getattr(made, f"{kind.capitalize()}Factory")
    for _row in range(rows):
        factory(event=event)
    client.get(page(f"{kind}_changelist"))

    with django_assert_max_num_queries(13):
        shown = client.get(page(f"{kind}_changelist"))

    assert len(shown.context["cl"].result_list) == rows

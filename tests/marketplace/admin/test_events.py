"""Events are set up, copied, published and cancelled by the organiser's managers."""

import datetime as dt

import pytest
from django.urls import reverse

from chambers.admin_site import queues_for
from marketplace.models import Event, Group, Hall, Interpreter, Meeting, Session, Table
from tests import event_factories as made
from tests import factories
from tests.forms import decide, sent_back


def page(name, *args):
    return reverse(f"admin:marketplace_{name}", args=args)


def typed(chamber, **fields):
    return {
        "chamber": chamber.pk,
        "kind": "forum",
        "name_en": "Spring forum",
        "zone": "Asia/Tokyo",
        "starts_on": "2030-05-01",
        "ends_on": "2030-05-02",
        "requests_close_at": "2030-04-20T18:00",
        "members_only": "on",
        "request_quota": "20",
        "meetings_least": "0",
        "walking_minutes": "0",
        "hall_minutes": "0",
        "freeze_minutes": "60",
        "same_partner_rule": "forbid",
        **fields,
    }


def test_an_event_is_set_up_with_dates_by_the_clock_of_its_place(client, manager, chamber):
    client.post(page("event_add"), typed(chamber))

    event = Event.objects.get()
    assert (event.named()[0], event.chamber, event.is_published) == ("Spring forum", chamber, False)
    assert event.requests_close_at == dt.datetime(2030, 4, 20, 9, tzinfo=dt.UTC)


def test_how_many_meetings_come_in_a_row_is_set_and_no_limit_is_empty(client, manager, event):
    form = sent_back(client.get(page("event_change", event.pk)), "event_form")

    client.post(page("event_change", event.pk), {**form, "most_in_a_row": "4"})
    event.refresh_from_db()
    refused = client.post(page("event_change", event.pk), {**form, "most_in_a_row": "0"})

    assert (event.most_in_a_row, refused.status_code) == (4, 200)
    client.post(page("event_change", event.pk), {**form, "most_in_a_row": ""})
    event.refresh_from_db()
    assert event.most_in_a_row is None


def test_an_event_that_ends_before_it_starts_is_refused_on_the_form(client, manager, chamber):
    sent = client.post(page("event_add"), typed(chamber, ends_on="2030-04-01"))

    assert sent.status_code == 200
    assert "cannot end before it starts" in sent.content.decode()
    assert not Event.objects.exists()


def test_a_manager_changes_an_event_and_what_was_not_typed_stays(client, manager, event):
    form = sent_back(client.get(page("event_change", event.pk)), "event_form")

    client.post(page("event_change", event.pk), {**form, "place": "Hall of trade"})

    event.refresh_from_db()
    assert (event.place, event.named()[0]) == ("Hall of trade", "Forum of ours")


def test_the_page_of_an_event_shows_where_it_is_and_what_belongs_to_it(client, manager, event):
    shown = client.get(page("event_change", event.pk))

    parts = {part["url"].split("?")[0]: part["count"] for part in shown.context["parts"]}
    assert parts[page("table_changelist")] == 2
    assert parts[page("slot_changelist")] == 4
    assert b'aria-current="step"' in shown.content


def test_an_event_is_published_copied_and_cancelled(client, manager, chamber):
    event = made.EventFactory(chamber=chamber, is_published=False)
    made.TableFactory(event=event)
    company = made.RegistrationFactory(event=event, owner=factories.UserFactory())

    decide(client, "marketplace_event", "publish", event, decided="1")
    decide(client, "marketplace_event", "clone", event, starts_on="2031-06-01")
    decide(client, "marketplace_event", "cancel", event, reason="The hall has burnt down.")

    event.refresh_from_db()
    clone = Event.objects.exclude(pk=event.pk).get()
    assert event.is_published
    assert event.cancelled_at is not None
    assert (clone.starts_on, clone.is_published) == (dt.date(2031, 6, 1), False)
    assert (clone.tables.count(), clone.registrations.count()) == (1, 0)
    assert company.event == event


def test_a_decision_about_one_event_leads_to_it_and_a_copy_to_the_copy(client, manager, chamber):
    event = made.EventFactory(chamber=chamber, is_published=False)
    others = made.EventFactory.create_batch(2, chamber=chamber, is_published=False)

    published = decide(client, "marketplace_event", "publish", event, decided="1")
    copied = decide(client, "marketplace_event", "clone", event, starts_on="2031-06-01")
    both = decide(client, "marketplace_event", "publish", *others, decided="1")

    copy = Event.objects.get(starts_on=dt.date(2031, 6, 1))
    assert published.url == page("event_change", event.pk)
    assert copied.url == page("event_change", copy.pk)
    assert both.url == page("event_changelist")


def test_a_new_event_offers_the_zone_of_its_staff_and_finds_every_other(client, manager):
    manager.time_zone = "Europe/Minsk"
    manager.save()

    shown = client.get(page("event_add")).content.decode()

    assert 'value="Europe/Minsk"' in shown.split('name="zone"')[1].split(">")[0]
    assert '<option value="Asia/Tokyo"></option>' in shown.split('<datalist id="zones">')[1]


def test_the_filters_of_a_list_are_reached_from_above_it(client, manager, event):
    shown = client.get(page("event_changelist")).content.decode()

    assert shown.index('href="#changelist-filter"') < shown.index('id="result_list"')


def test_cancelling_needs_a_reason(client, manager, event):
    again = decide(client, "marketplace_event", "cancel", event, reason="")

    event.refresh_from_db()
    assert "reason" in again.context["form"].errors
    assert event.cancelled_at is None


def test_hosts_read_an_event_and_change_nothing(client, manager, chamber):
    event = made.EventFactory(hosts=[chamber])

    shown = client.get(page("event_change", event.pk))
    sent = client.post(page("event_change", event.pk), {"place": "Elsewhere"})
    asked = client.post(page("event_tables", event.pk), {"count": "3"})

    assert [shown.status_code, sent.status_code, asked.status_code] == [200, 403, 403]
    assert b"Add tables" not in shown.content


@pytest.mark.parametrize("beneath", ["change", "tables", "slots", "rules", "coverage"])
def test_an_event_of_another_chamber_is_a_missing_page(client, manager, beneath):
    foreign = made.EventFactory()

    answers = [
        client.get(page(f"event_{beneath}", foreign.pk)),
        client.post(page(f"event_{beneath}", foreign.pk), {"count": "3", "screens": "0"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert not Table.objects.filter(event=foreign).exists()


def test_twenty_tables_with_screens_on_the_first_three_are_added_at_once(client, manager, event):
    hall = made.HallFactory(event=event, name="B")

    client.post(
        page("event_tables", event.pk),
        {"count": "20", "screens": "3", "seats": "4", "hall": hall.pk},
    )

    tables = Table.objects.filter(hall=hall).order_by("number")
    assert [table.number for table in tables] == list(range(3, 23))
    assert [table.has_screen for table in tables[:4]] == [True, True, True, False]


def test_more_screens_than_tables_are_refused(client, manager, event):
    sent = client.post(page("event_tables", event.pk), {"count": "2", "screens": "3", "seats": "4"})

    assert sent.status_code == 422
    assert event.tables.count() == 2


def test_the_hours_of_a_day_are_cut_into_slots_around_a_break(client, manager, event):
    event.slots.all().delete()

    client.post(
        page("event_slots", event.pk),
        {
            "day": event.starts_on.isoformat(),
            "starts": "09:00",
            "ends": "12:00",
            "minutes": "30",
            "gap": "0",
            "pause_starts": "10:00",
            "pause_ends": "10:30",
        },
    )

    starts = [f"{slot.starts_at.astimezone(event.clock):%H:%M}" for slot in event.slots.all()]
    assert starts == ["09:00", "09:30", "10:30", "11:00", "11:30"]


def test_slots_on_no_day_of_the_event_are_refused_on_the_form(client, manager, event):
    sent = client.post(
        page("event_slots", event.pk),
        {"day": "2020-01-01", "starts": "09:00", "ends": "12:00", "minutes": "30", "gap": "0"},
    )

    assert sent.status_code == 422
    assert "no day of the event" in sent.content.decode()


def test_it_is_ticked_which_groups_meet(client, manager, event):
    buyers, sellers = (made.GroupFactory(event=event, name={"en": name}) for name in "AB")

    client.post(page("event_rules", event.pk), {f"pair_{buyers.pk}_{sellers.pk}": "on"})
    shown = client.get(page("event_rules", event.pk))

    assert list(event.group_rules.values_list("first", "second")) == [(buyers.pk, sellers.pk)]
    assert [field.initial for field in shown.context["form"].fields.values()] == [
        False,
        True,
        False,
    ]


def test_parts_are_added_to_an_event(client, manager, event):
    hall = {"event": event.pk, "name": "Hall A"}
    client.post(page("hall_add"), hall)
    client.post(page("group_add"), {"event": event.pk, "name_en": "Buyers"})
    client.post(
        page("interpreter_add"), {"event": event.pk, "name": "Yuki", "languages": ["ja", "ru"]}
    )
    client.post(
        page("session_add") + f"?event={event.pk}",
        {
            "event": event.pk,
            "kind": "section",
            "title_en": "Machines",
            "hall": Hall.objects.get().pk,
            "starts_at": f"{event.starts_on}T09:00",
            "ends_at": f"{event.starts_on}T12:00",
        },
    )

    assert Hall.objects.get().event == event
    assert Group.objects.get().named()[0] == "Buyers"
    assert Interpreter.objects.get().languages == ["ja", "ru"]
    session = Session.objects.get()
    assert session.hall == Hall.objects.get()
    assert session.starts_at.astimezone(event.clock).hour == 9


def test_a_part_is_not_added_to_an_event_of_another_chamber(client, manager):
    foreign = made.EventFactory()

    sent = client.post(page("hall_add"), {"event": foreign.pk, "name": "Hall A"})

    assert "event" in sent.context["adminform"].form.errors
    assert not Hall.objects.exists()


def test_a_table_becomes_the_booth_of_a_company_that_comes(client, manager, event):
    table = event.tables.first()
    coming = made.RegistrationFactory(event=event)
    waiting = made.RegistrationFactory(event=event, applied=True)

    form = sent_back(client.get(page("table_change", table.pk)), "table_form")

    refused = client.post(page("table_change", table.pk), {**form, "owner": waiting.pk})
    client.post(page("table_change", table.pk), {**form, "owner": coming.pk})

    table.refresh_from_db()
    assert "owner" in refused.context["adminform"].form.errors
    assert table.owner == coming


def test_an_interpreter_is_away_in_a_slot(client, manager, event):
    interpreter, slot = made.InterpreterFactory(event=event), event.slots.first()
    form = sent_back(client.get(page("interpreter_change", interpreter.pk)), "interpreter_form")

    client.post(
        page("interpreter_change", interpreter.pk),
        {
            **form,
            "away-TOTAL_FORMS": "1",
            "away-INITIAL_FORMS": "0",
            "away-0-interpreter": interpreter.pk,
            "away-0-slot": slot.pk,
        },
    )

    assert list(interpreter.away.values_list("slot", flat=True)) == [slot.pk]


def test_a_slot_with_a_meeting_is_not_removed(client, manager, event, three):
    free, used = event.slots.all()[:2]
    Meeting.objects.filter(pk=three[0].pk).update(slot=used, status="confirmed")

    refused = decide(client, "marketplace_slot", "remove", used, decided="1")
    decide(client, "marketplace_slot", "remove", free, decided="1")

    assert refused.status_code == 200
    assert set(event.slots.values_list("pk", flat=True)) & {free.pk, used.pk} == {used.pk}


def test_the_first_page_tells_what_waits_at_events(client, manager, event, three):
    made.RegistrationFactory(event=event, applied=True)
    made.RegistrationFactory(applied=True)  # of another chamber
    event.provisional_at = event.begins_at - dt.timedelta(days=29)
    event.save()

    waits = {queue.url: queue.count for queue in queues_for(manager)}

    assert waits[page("registration_changelist") + "?status__exact=applied"] == 1
    assert waits[page("event_changelist") + "?when=due"] == 1
    assert waits[page("meeting_changelist") + "?time=missing"] == 3
    due = client.get(page("event_changelist"), {"when": "due"})
    assert list(due.context["cl"].result_list) == [event]


@pytest.mark.parametrize("key", ["²", "x", "9" * 30])
def test_a_form_for_no_event_is_in_no_particular_time(client, manager, key):
    assert client.get(page("session_add") + f"?event={key}").status_code == 200

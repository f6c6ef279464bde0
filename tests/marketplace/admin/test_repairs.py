"""The page that mends a timetable: choose, look, do."""

import re

import pytest
from django.urls import reverse
from django.utils.html import escape

from chambers.models import Mail
from marketplace.models import Away, Meeting, Registration, Repair, TableClosed
from marketplace.services.meetings import move_meeting
from tests import event_factories as made
from tests.marketplace.repair_world import Fair, orphans, place


@pytest.fixture
def fair(chamber, manager):
    return Fair(chamber=chamber)


def page(event, **query):
    return reverse("admin:marketplace_event_repair", args=[event.pk], query=query or None)


def asked(fair, cause, **chosen):
    """What the form asks, shown without saving."""
    first, last = (str(fair.slots[at].public_id) for at in (0, -1))
    times = {} if cause == "withdrawal" else {"first": first, "last": last}
    keys = {name: str(getattr(one, "public_id", one)) for name, one in chosen.items()}
    return {"cause": cause, **times, **keys}


def sent(shown):
    """What the button to do it sends."""
    form = shown.content.decode().split('id="outcome"')[1]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_the_page_shows_what_would_happen_and_then_does_that(client, fair):
    meeting = fair.meet(0, 1, slot=0, table=0)
    chosen = asked(fair, "table", table=fair.tables[0])

    shown = client.get(page(fair.event, preview="1", **chosen))
    text = shown.content.decode()
    assert "1 meeting keeps its time at another place." in text
    assert "Nobody else gets another hour." in text
    assert "2 people get a mail." in text
    assert not TableClosed.objects.exists()
    done = client.post(page(fair.event), sent(shown), follow=True)

    assert place(meeting) == ("confirmed", 0, 2)
    assert "Done: 2 people get a mail." in done.content.decode()
    assert Repair.objects.get().what in done.content.decode()
    assert TableClosed.objects.count() == 4
    assert orphans() == []


def test_how_few_could_move_is_said_beside_how_many_do(client, fair):
    fair.meet(0, 1, slot=0, table=0)
    fair.meet(2, 3, slot=0, table=1)
    chosen = asked(fair, "table", table=fair.tables[0])

    text = client.get(page(fair.event, preview="1", **chosen)).content.decode()

    assert "1 meeting moves." in text
    assert "2 other people get another hour, or lose a meeting; nobody could do with fewer." in text


def test_every_cause_is_mended_from_the_page(client, fair):
    hall = made.HallFactory(event=fair.event)
    made.TableFactory(event=fair.event, number=7, hall=hall)
    interpreter = made.InterpreterFactory(event=fair.event)
    for cause, chosen in (
        ("late", {"participant": fair.people[0]}),
        ("away", {"participant": fair.people[1], "everybody": "on"}),
        ("hall", {"hall": hall}),
        ("interpreter", {"interpreter": interpreter}),
        ("withdrawal", {"registration": fair.people[2].registration, "fill": "on"}),
    ):
        shown = client.get(page(fair.event, preview="1", **asked(fair, cause, **chosen)))
        assert client.post(page(fair.event), sent(shown)).status_code == 302, cause

    assert set(Repair.objects.values_list("cause", flat=True)) == {
        "late", "away", "hall", "interpreter", "withdrawal",
    }  # fmt: skip
    assert Away.objects.filter(participant=fair.people[1]).count() == 4
    assert Registration.objects.get(pk=fair.people[2].registration_id).status == "withdrawn"


def test_meetings_that_go_on_between_others_are_listed_before_and_after(client, fair):
    third = fair.person()
    fair.meet(0, 1, slot=1, table=0, others=[third])
    company = fair.people[0].registration.company.legal_name
    chosen = asked(fair, "withdrawal", registration=third.registration)

    shown = client.get(page(fair.event, preview="1", **chosen))
    done = client.post(page(fair.event), sent(shown), follow=True)

    before, after = shown.content.decode(), done.content.decode()
    assert "No meeting is concerned." not in before
    for text, heading in ((before, "These go on"), (after, "These went on")):
        listed = text.split(f"{heading} between the others</h3>")[1].split("</ul>")[0]
        assert escape(company) in listed


def test_what_has_changed_since_is_shown_anew_and_not_done(client, fair):
    meeting = fair.meet(0, 1, slot=0, table=0)
    chosen = asked(fair, "table", table=fair.tables[0])
    shown = client.get(page(fair.event, preview="1", **chosen))
    move_meeting(meeting, fair.slots[1], table=fair.tables[1], by=fair.staff)
    Mail.objects.all().delete()

    again = client.post(page(fair.event), sent(shown))

    assert again.status_code == 422
    assert "Meetings have changed since this was shown" in again.content.decode()
    assert "No meeting is concerned." in again.content.decode()
    assert place(meeting) == ("confirmed", 1, 2)
    assert not Repair.objects.exists()
    assert client.post(page(fair.event), sent(again)).status_code == 302
    assert not Mail.objects.exists()


def test_who_has_left_is_neither_chosen_nor_away_with_everybody(client, fair):
    here = fair.people[0]
    gone = made.ParticipantFactory(
        registration=here.registration, name="Gone Person", left_at=fair.event.begins_at
    )

    assert "Gone Person" not in client.get(page(fair.event, cause="away")).content.decode()
    named = client.post(page(fair.event), asked(fair, "away", participant=gone))
    with_all = asked(fair, "away", participant=here, everybody="on")
    client.post(page(fair.event), sent(client.get(page(fair.event, preview="1", **with_all))))

    assert named.status_code == 422
    assert set(Away.objects.values_list("participant", flat=True)) == {here.pk}


def test_a_link_names_the_cause_and_the_person(client, fair):
    late = fair.people[1]

    shown = client.get(page(fair.event, cause="late", participant=late.public_id))

    assert f'<option value="{late.public_id}" selected>' in shown.content.decode()
    assert 'id="outcome"' not in shown.content.decode()


def test_wrong_choices_are_said_and_kept(client, fair):
    chosen = asked(fair, "table", table="nothing")
    chosen["first"], chosen["last"] = chosen["last"], chosen["first"]

    answer = client.get(page(fair.event, preview="1", **chosen))

    assert "This is before the beginning: choose a later end." in answer.content.decode()
    assert f'<option value="{chosen["first"]}" selected>' in answer.content.decode()
    assert client.post(page(fair.event), chosen).status_code == 422
    assert client.post(page(fair.event), {"cause": "fire"}).status_code == 422
    assert not TableClosed.objects.exists()


def test_a_closed_table_is_reopened(client, fair):
    made.TableClosedFactory(table=fair.tables[0], slot=fair.slots[0])
    shown = client.get(page(fair.event)).content.decode()
    assert "Reopen table 1" in shown
    reopen = reverse("admin:marketplace_event_reopen", args=[fair.event.pk])

    for typed in (fair.tables[0].pk, fair.tables[0].pk, "x"):
        client.post(reopen, {"table": typed})

    assert not TableClosed.objects.exists()


def test_closed_times_that_follow_each_other_are_told_as_one_stretch(client, fair):
    for slot in (fair.slots[0], fair.slots[1], fair.slots[3]):
        made.TableClosedFactory(table=fair.tables[0], slot=slot)

    (closed,) = client.get(page(fair.event)).context["closed"]

    clock = fair.event.clock
    first, last = fair.slots[0].starts_at, fair.slots[1].ends_at
    assert len(closed.times) == 2
    span = f"{first.astimezone(clock):%H:%M}–{last.astimezone(clock):%H:%M}"
    assert closed.times[0].endswith(span)


def test_a_viewer_reads_former_repairs_and_mends_nothing(client, chamber, viewer):
    fair = Fair(chamber=chamber)
    meeting = fair.meet(0, 1, slot=0, table=0)
    made.TableClosedFactory(table=fair.tables[1], slot=fair.slots[0])
    moved = [str(meeting.public_id), "moved", None, [str(fair.slots[0].public_id), None, None]]
    repair = made.RepairFactory(event=fair.event, outcome={"changes": [moved], "people": 3})
    chosen = asked(fair, "table", table=fair.tables[0])

    shown = client.get(page(fair.event, preview="1", repair=repair.public_id, **chosen))

    text = shown.content.decode()
    assert shown.status_code == 200
    assert repair.what in text
    assert escape(str(meeting)) in text
    assert 'id="outcome"' not in text
    assert "Reopen" not in text
    assert client.post(page(fair.event), chosen).status_code == 403
    assert not Repair.objects.exclude(pk=repair.pk).exists()


def test_the_page_of_another_chamber_is_missing(client, manager):
    strange = Fair()

    assert client.get(page(strange.event)).status_code == 404
    assert client.post(page(strange.event), asked(strange, "table")).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_repairs_takes_the_same_queries_for_any_number(
    client, fair, count, django_assert_num_queries
):
    made.RepairFactory.create_batch(count, event=fair.event, created_by=fair.staff)
    for slot in fair.slots[:count]:
        made.TableClosedFactory(table=fair.tables[0], slot=slot)
    client.get(page(fair.event))

    with django_assert_num_queries(8):
        client.get(page(fair.event))


def test_standby_that_is_filled_at_once_is_shown(client, fair):
    fair.meet(0, 1, slot=0, table=0)
    for at in (1, 2, 3):
        fair.meet(0, 2 if at == 1 else 3, slot=at, table=0)
    waits = fair.meet(0, 3)
    chosen = asked(fair, "withdrawal", registration=fair.people[1].registration, fill="on")

    shown = client.get(page(fair.event, preview="1", **chosen))

    assert "1 that waited gets a time." in shown.content.decode()
    client.post(page(fair.event), sent(shown))
    assert place(waits)[:2] == ("confirmed", 0)
    assert Meeting.objects.filter(status="cancelled").count() == 1

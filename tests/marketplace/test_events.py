"""Events from set-up to cancellation, and times that stay right across zones and clocks."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import override

from chambers.models import Mail
from marketplace.models import Event, Meeting, Slot
from marketplace.services import events, parts
from marketplace.services.slots import add_slots, remove_slots
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused

DAY = dt.timedelta(days=1)
T = dt.time


@pytest.fixture
def event(db):
    return make.EventFactory(
        zone="Europe/Berlin", starts_on=dt.date(2027, 3, 27), ends_on=dt.date(2027, 3, 28)
    )


@pytest.fixture
def manager(event):
    return factories.StaffFactory(chamber=event.chamber).person


@pytest.mark.parametrize(
    ("language", "day"),
    [("en", "27 March 2027"), ("ru", "27 марта 2027"), ("ja", "2027年3月27日")],
)
def test_lists_of_staff_tell_the_first_day_of_an_event_in_words(event, language, day):
    with override(language):
        assert str(event).endswith(f", {day}")


def create(chamber, by, **fields):
    given = {
        "kind": "forum",
        "name": {"en": "Forum"},
        "zone": "Asia/Kolkata",
        "starts_on": dt.date(2027, 5, 3),
        "ends_on": dt.date(2027, 5, 4),
    }
    return events.create_event(chamber, by=by, **{**given, **fields})


def test_a_new_event_is_seen_by_its_staff_alone(event, manager):
    host = factories.ChamberFactory()
    own = create(event.chamber, manager, hosts=[host], request_quota=5)

    assert (own.is_published, own.request_quota) == (False, 5)
    assert Event.objects.visible_to(factories.StaffFactory(chamber=host).person).contains(own)
    assert not Event.objects.visible_to(factories.UserFactory()).contains(own)
    events.publish_event(own, by=manager)
    assert Event.objects.visible_to(factories.UserFactory()).contains(own)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": {"en": " "}}, "name"),
        ({"zone": "Minsk"}, "zone"),
        ({"ends_on": dt.date(2027, 5, 2)}, "__all__"),
        ({"meetings_least": 3, "meetings_most": 2}, "__all__"),
        (
            {
                "requests_open_at": dt.datetime(2027, 4, 2, tzinfo=dt.UTC),
                "requests_close_at": dt.datetime(2027, 4, 1, tzinfo=dt.UTC),
            },
            "__all__",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(event, manager, fields, where):
    with pytest.raises(events.ValidationError) as caught:
        create(event.chamber, manager, **fields)

    assert list(caught.value.error_dict) == [where]


@pytest.mark.parametrize("role", ["viewer", "host", "stranger"])
def test_only_managers_of_the_organiser_change_an_event(event, role):
    if role == "viewer":
        by = factories.StaffFactory(chamber=event.chamber, role="viewer").person
    else:
        staff = factories.StaffFactory()
        if role == "host":
            event.hosts.add(staff.chamber)
        by = staff.person

    for change in (
        lambda: events.change_event(event, by=by, place="Elsewhere"),
        lambda: events.publish_event(event, by=by),
        lambda: events.cancel_event(event, by=by, reason="x"),
        lambda: events.clone_event(event, by=by, starts_on=dt.date(2028, 1, 1)),
        lambda: parts.add_tables(event, 3, by=by),
    ):
        with pytest.raises(PermissionDenied):
            change()


def spans(slots, event):
    return [
        f"{one.starts_at.astimezone(event.clock):%H:%M}–{one.ends_at.astimezone(event.clock):%H:%M}"
        for one in slots
    ]


def test_slots_fill_the_hours_around_the_breaks(event, manager):
    slots = add_slots(
        event, by=manager, day=event.starts_on, starts=T(9), ends=T(11), minutes=20, gap=5,
        breaks=[(T(9, 50), T(10, 10))],
    )  # fmt: skip

    assert spans(slots, event) == [
        "09:00–09:20", "09:25–09:45", "10:10–10:30", "10:35–10:55",
    ]  # fmt: skip


def test_slots_of_another_length_lie_over_them_and_the_same_are_not_made_twice(event, manager):
    hours = {"by": manager, "day": event.starts_on, "starts": T(9), "ends": T(10)}
    add_slots(event, minutes=20, **hours)

    assert add_slots(event, minutes=20, **hours) == []
    assert len(add_slots(event, minutes=30, **hours)) == 2
    assert Slot.objects.count() == 5
    refused("too_short", add_slots, event, minutes=61, **hours)
    refused("no_length", add_slots, event, minutes=0, **hours)
    refused("outside", add_slots, event, minutes=20, **{**hours, "day": dt.date(2027, 4, 1)})


def test_on_the_day_the_clocks_change_slots_keep_their_length(event, manager):
    slots = add_slots(event, by=manager, day=event.ends_on, starts=T(1), ends=T(4), minutes=30)

    assert len(slots) == 4  # from one to four are two hours that night
    assert {one.minutes for one in slots} == {30}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "hour", "goes_on"),
    [
        ("America/Sao_Paulo", 26, True),  # eleven in the evening there
        ("America/Sao_Paulo", 28, False),
        ("Asia/Tokyo", 14, True),
        ("Asia/Tokyo", 16, False),  # one o'clock of the next day there
        ("UTC", 23, True),
    ],
)
def test_the_last_day_of_an_event_ends_by_the_clock_of_its_place(zone, hour, goes_on):
    day = dt.date(2026, 6, 26)
    event = make.EventFactory(zone=zone, starts_on=day, ends_on=day)
    make.EventFactory(zone="Europe/Minsk", starts_on=day, ends_on=day)
    now = dt.datetime(2026, 6, 26, tzinfo=dt.UTC) + dt.timedelta(hours=hour)

    rows = Event.objects.filter(zone=zone)
    assert list(rows.ahead(now)) == list(rows.not_over(now)) == ([event] if goes_on else [])
    assert list(rows.over(now)) == ([] if goes_on else [event])
    event.cancelled_at = now
    event.save()
    assert not rows.ahead(now)


def test_a_clone_keeps_the_hours_of_the_place_across_a_change_of_the_clock(event, manager):
    hall = parts.add_hall(event, "A", by=manager)
    parts.add_tables(event, 2, hall=hall, has_screen=True, by=manager)
    buyers, sellers = (parts.add_group(event, {"en": n}, by=manager) for n in "BS")
    parts.let_meet(event, [(buyers, sellers), (sellers, buyers)], by=manager)
    add_slots(event, by=manager, day=event.starts_on, starts=T(9), ends=T(10), minutes=20)
    booth = event.tables.first()
    parts.give_booth(booth, make.RegistrationFactory(event=event), by=manager)
    event.final_at = dt.datetime(2027, 3, 20, 12, tzinfo=event.clock)
    event.save()

    clone = events.clone_event(event, by=manager, starts_on=dt.date(2027, 6, 1))

    assert (clone.is_published, clone.ends_on) == (False, dt.date(2027, 6, 2))
    assert spans(clone.slots.all(), clone) == spans(event.slots.all(), event)
    assert clone.final_at.astimezone(clone.clock).hour == 12
    assert clone.tables.filter(owner=None, has_screen=True, hall__event=clone).count() == 2
    rule = clone.group_rules.get()
    assert {rule.first.event, rule.second.event} == {clone}
    assert not clone.registrations.exists()


def test_tables_are_numbered_on(event, manager):
    parts.add_tables(event, 2, by=manager)
    more = parts.add_tables(event, 2, by=manager)

    assert [one.number for one in more] == [3, 4]
    refused("no_count", parts.add_tables, event, 0, by=manager)
    refused("hall_exists", lambda: [parts.add_hall(event, "A", by=manager) for _ in range(2)])


def test_the_zone_and_the_walk_stay_once_meetings_have_times(event, manager):
    events.change_event(event, by=manager, walking_minutes=5)
    make.MeetingFactory(event=event, placed=True)

    refused("has_meetings", events.change_event, event, by=manager, walking_minutes=10)
    refused("has_meetings", events.change_event, event, by=manager, zone="Asia/Tokyo")

    assert events.change_event(event, by=manager, place="Hall 3").place == "Hall 3"


def test_slots_with_meetings_are_not_taken_away(event, manager):
    free, busy = make.SlotFactory.create_batch(2, event=event)
    make.MeetingFactory(event=event, slot=busy, placed=True)

    refused("has_meetings", remove_slots, [free, busy], event=event, by=manager)

    assert remove_slots([free], event=event, by=manager) == 1


def test_an_interpreter_is_not_away_while_they_interpret(event, manager):
    interpreter = make.InterpreterFactory(event=event)
    busy = make.MeetingFactory(event=event, interpreter=interpreter, placed=True)
    free = make.SlotFactory(event=event)

    refused("has_meeting", parts.set_interpreter_away, interpreter, [free, busy.slot], by=manager)
    assert not interpreter.away.exists()

    parts.set_interpreter_away(interpreter, [free], by=manager)
    assert interpreter.away.get().slot == free


def test_a_cancelled_event_cancels_everything_and_tells_each_person_once(event, manager):
    person = make.ParticipantFactory(registration__event=event, speaking=True)
    for slot in make.SlotFactory.create_batch(2, event=event):
        make.MeetingFactory(event=event, host=person, slot=slot, placed=True)
    make.MeetingRequestFactory(event=event)
    refused("no_reason", events.cancel_event, event, by=manager, reason="")
    at = event.begins_at - DAY

    events.cancel_event(event, by=manager, reason="Storm", at=at)

    assert set(Meeting.objects.values_list("status", flat=True)) == {"cancelled"}
    mails = Mail.objects.filter(to=person.person.email)
    assert mails.get().calendar.count("STATUS:CANCELLED") == 2
    assert not event.requests.open().exists()
    refused("cancelled", events.publish_event, event, by=manager)


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (-100, "set_up"),
        (-50, "registration"),
        (-30, "requests"),
        (-10, "provisional"),
        (-3, "final"),
        (0.5, "event"),
        (2.5, "feedback"),
    ],
)
@pytest.mark.django_db
def test_the_process_line_says_where_the_event_is(days, stage):
    event = make.EventFactory()
    for name, ahead in [
        ("registration_opens_at", 60), ("requests_open_at", 40), ("provisional_at", 14),
        ("final_at", 7),
    ]:  # fmt: skip
        setattr(event, name, event.begins_at - ahead * DAY)

    assert event.stage_at(event.begins_at + days * DAY) == stage
    assert event.awaits_timetable(event.begins_at - 20 * DAY)
    assert not event.awaits_timetable(timezone.now() + 365 * DAY)

"""What people read of their company's registration, and what stands in their calendars."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from chambers.models import Delivery, Mail, Topic
from chambers.services.topics import choose_delivery
from marketplace.models import Event
from marketplace.selectors.times import days_between
from marketplace.services import events, meetings, registrations
from tests import event_factories as make
from tests import factories

DAY = dt.timedelta(days=1)


@pytest.fixture
def event(db):
    now = timezone.now()
    return make.EventFactory(
        name={"en": "Forum", "ru": "Форум", "ja": "フォーラム"},
        requests_open_at=now + 3 * DAY,
        requests_close_at=now + 9 * DAY,
        final_at=now + 12 * DAY,
    )


def register(event, company, by, **fields):
    return registrations.register_company(event, company, by=by, **fields)


def mailed(kind, to):
    return Mail.objects.get(kind=f"registration_{kind}", to=to.email)


def entries_in(content):
    """The entries of a calendar file as {name with its parameters: value}; its METHOD."""
    lines = content.replace("\r\n ", "").splitlines()
    method = next(line.partition(":")[2] for line in lines if line.startswith("METHOD:"))
    entries = "\n".join(lines).split("BEGIN:VEVENT\n")[1:]
    return [
        dict(line.split(":", 1) for line in one.splitlines() if ":" in line) for one in entries
    ], method


def days_in(content):
    """The one entry of a calendar file; its METHOD."""
    (entry,), method = entries_in(content)
    return entry, method


def span(entry):
    """From when until when, as its file says it by the clock of Minsk."""
    zone = ZoneInfo("Europe/Minsk")
    written = (entry[f"{name};TZID=Europe/Minsk"] for name in ("DTSTART", "DTEND"))
    return [dt.datetime.strptime(one, "%Y%m%dT%H%M%S").replace(tzinfo=zone) for one in written]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["is registered for Forum", "What comes next:", "Requests for meetings", "Final"]),
        ("ru", ["Форум", "Что дальше:", "Окончательное расписание"]),
        ("ja", ["フォーラム", "確定タイムテーブル"]),
    ],
)
def test_who_registers_reads_in_their_language_what_comes_next(
    event, company, owner, language, words
):
    owner.language = language
    owner.save()

    register(event, company, owner)

    mail = mailed("received", owner)
    assert [one for one in words if one not in mail.subject + mail.text] == []
    assert f"/{language}/events/{event.public_id}/registration/" in mail.text


def test_each_person_who_comes_or_decides_reads_it_once(event, company, owner):
    colleague = factories.RepresentativeFactory(company=company, role="viewer").person
    factories.RepresentativeFactory(company=company, role="viewer")  # comes not
    people = [
        {"name": "Olga", "person": owner},
        {"name": "Carl", "person": colleague},
        {"name": "Without an account"},
    ]

    register(event, company, owner, people=people)

    assert sorted(Mail.objects.values_list("to", flat=True)) == sorted(
        [owner.email, colleague.email]
    )


def test_who_is_named_later_reads_it_once_too(event, company, owner, manager):
    registration = register(event, company, owner)
    registrations.admit_registration(registration, by=manager)
    colleague = factories.RepresentativeFactory(company=company, role="viewer").person
    registration.participants.filter(person=owner).delete()
    before = Mail.objects.filter(to=owner.email).count()

    for person in (colleague, owner):
        registrations.add_participant(registration, by=owner, name="Named later", person=person)
    registrations.add_participant(registration, by=owner, name="Without an account")

    entry, _method = days_in(Mail.objects.get(to=colleague.email).calendar)
    assert entry["STATUS"] == "CONFIRMED"
    assert Mail.objects.get(to=colleague.email).kind == "registration_admitted"
    assert Mail.objects.filter(to=owner.email).count() == before


def test_the_days_of_the_event_come_by_the_clock_of_its_place_and_leave_other_entries_free(
    event, company, owner
):
    make.SlotFactory(event=event, starts_at=make.clock_time(event, 10))
    make.SlotFactory(event=event, starts_at=make.clock_time(event, 16, day=1))

    registration = register(event, company, owner)

    entry, method = days_in(mailed("received", owner).calendar)
    assert (method, entry["STATUS"], entry["TRANSP"]) == ("REQUEST", "TENTATIVE", "TRANSPARENT")
    assert span(entry) == [make.clock_time(event, 10), make.clock_time(event, 16, 20, day=1)]
    assert entry["UID"].startswith(str(registration.public_id))


def test_without_a_programme_the_days_are_whole(event, company, owner):
    register(event, company, owner)

    entry, _method = days_in(mailed("received", owner).calendar)
    assert span(entry) == [event.begins_at, event.over_at]


def test_the_same_entry_becomes_certain_and_goes_with_the_withdrawal(
    event, company, owner, manager
):
    registration = register(event, company, owner)
    admitted = registrations.admit_registration(registration, by=manager)
    person = admitted.participants.get()
    make.MeetingFactory(event=event, host=person, slot=make.SlotFactory(event=event), placed=True)

    registrations.withdraw_registration(admitted, by=owner)

    first, _method = days_in(mailed("received", owner).calendar)
    second, _method = days_in(mailed("admitted", owner).calendar)
    last, method = entries_in(mailed("withdrawn", owner).calendar)
    assert (method, [one["STATUS"] for one in last]) == ("CANCEL", ["CANCELLED"] * 2)
    third = next(one for one in last if one["UID"] == first["UID"])
    assert first["UID"] == second["UID"]
    assert [one["STATUS"] for one in (first, second, third)] == [
        "TENTATIVE", "CONFIRMED", "CANCELLED",
    ]  # fmt: skip
    numbers = [int(one["SEQUENCE"]) for one in (first, second, third)]
    assert numbers == sorted(set(numbers))


def test_a_refusal_and_an_event_that_is_called_off_take_the_days_back(
    event, company, owner, manager
):
    other = factories.CompanyFactory(member=True)
    boss = factories.RepresentativeFactory(company=other).person
    refused = register(event, company, owner)
    register(event, other, boss)

    registrations.refuse_registration(refused, by=manager, reason="Full")
    events.cancel_event(event, by=manager, reason="Flood")

    for mail in (mailed("refused", owner), Mail.objects.get(kind="event_cancelled")):
        entry, method = days_in(mail.calendar)
        assert (method, entry["STATUS"]) == ("CANCEL", "CANCELLED")
    assert Mail.objects.get(kind="event_cancelled").to == boss.email


@pytest.mark.parametrize(("delivery", "state"), [(Delivery.DAILY, "held"), (Delivery.OFF, "off")])
def test_who_wants_no_mails_of_events_at_once_gets_none_and_no_file(
    event, company, owner, manager, delivery, state
):
    choose_delivery(owner, Topic.EVENTS, delivery)

    registration = register(event, company, owner)
    registrations.admit_registration(registration, by=manager)
    registrations.withdraw_registration(registration, by=owner)

    assert set(Mail.objects.values_list("kind", "state", "calendar")) == {
        ("registration_received", state, ""),
        ("registration_admitted", state, ""),
    }


def test_who_has_the_days_is_told_that_they_are_off_whatever_they_want_by_then(
    event, company, owner
):
    registration = register(event, company, owner)
    choose_delivery(owner, Topic.EVENTS, Delivery.OFF)

    registrations.withdraw_registration(registration, by=owner)

    assert mailed("withdrawn", owner).state == Mail.State.QUEUED


@pytest.mark.parametrize(
    ("opens", "closes", "told", "untold"),
    [
        (-1, 9, ["ask for meetings now", "Requests close on"], ["Requests for meetings open on"]),
        (3, 9, ["Requests for meetings open on"], ["now", "are closed"]),
        (-9, -1, ["Requests for meetings are closed"], ["now", "Requests close on"]),
        (None, None, ["ask for meetings now", "Requests close on"], ["open on"]),
    ],
)
def test_the_admission_says_whether_requests_are_open(
    event, company, owner, manager, opens, closes, told, untold
):
    now = timezone.now()
    Event.objects.filter(pk=event.pk).update(
        requests_open_at=now + opens * DAY if opens else None,
        requests_close_at=now + closes * DAY if closes else None,
    )
    registration = register(event, company, owner)

    assert ("Requests close on" in mailed("received", owner).text) == ("Requests close on" in told)
    registrations.admit_registration(registration, by=manager)

    text = mailed("admitted", owner).text
    assert [one for one in told if one not in text] == []
    assert [one for one in untold if one in text] == []


def test_who_speaks_for_two_companies_loses_the_days_of_both(event, company, owner, manager):
    second = factories.CompanyFactory(member=True)
    factories.RepresentativeFactory(company=second, person=owner)
    both = {str(register(event, one, owner).public_id) for one in (company, second)}

    events.cancel_event(event, by=manager, reason="Flood")

    entries, method = entries_in(Mail.objects.get(kind="event_cancelled").calendar)
    assert {one["UID"].partition("@")[0] for one in entries} == both
    assert (method, {one["STATUS"] for one in entries}) == ("CANCEL", {"CANCELLED"})


def test_a_withdrawal_takes_meetings_also_from_who_never_had_the_days(
    event, company, owner, manager
):
    choose_delivery(owner, Topic.EVENTS, Delivery.DAILY)
    registration = registrations.admit_registration(register(event, company, owner), by=manager)
    person = registration.participants.get()
    partner = make.ParticipantFactory(registration__event=event, speaking=True)
    first, second = make.SlotFactory.create_batch(2, event=event)
    make.TableFactory(event=event)
    told = meetings.arrange_meeting(person, partner, slot=first, by=manager)
    untold = make.MeetingFactory(event=event, host=person, slot=second, placed=True)

    registrations.withdraw_registration(registration, by=owner)

    mail = mailed("withdrawn", owner)
    entry, method = days_in(mail.calendar)
    assert (method, entry["STATUS"], mail.state) == ("CANCEL", "CANCELLED", Mail.State.QUEUED)
    assert entry["UID"].startswith(str(told.uid))
    assert str(untold.uid) not in mail.calendar


def test_who_comes_is_told_of_other_days_and_of_another_place(event, manager, company, owner):
    registration = register(event, company, owner)
    registrations.admit_registration(registration, by=manager)
    ((before,), _method) = entries_in(mailed("admitted", owner).calendar)
    was = days_between(event.starts_on, event.ends_on)

    events.change_event(
        event,
        by=manager,
        starts_on=event.starts_on + 7 * DAY,
        ends_on=event.ends_on + 7 * DAY,
        place="Hall of the city",
        place_names={},
    )

    mail = Mail.objects.get(kind="event_changed")
    event.refresh_from_db()
    now = days_between(event.starts_on, event.ends_on)
    assert mail.to == owner.email
    assert f"Days: {now} (before: {was})" in mail.text
    assert "Place: Hall of the city" in mail.text
    ((after,), method) = entries_in(mail.calendar)
    assert method == "REQUEST"
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) >= int(before["SEQUENCE"])
    assert [name for name in after if name.startswith("DTSTART")] == [
        name for name in before if name.startswith("DTSTART")
    ]
    assert after != before


@pytest.mark.parametrize("gone", ["withdrawn", "unpublished", "same days"])
def test_nobody_else_is_told_of_other_days(event, manager, company, owner, gone):
    registration = register(event, company, owner)
    days = 7 * DAY
    if gone == "withdrawn":
        registrations.withdraw_registration(registration, by=owner)
    elif gone == "unpublished":
        Event.objects.filter(pk=event.pk).update(is_published=False)
    else:
        days = 0 * DAY

    events.change_event(
        event,
        by=manager,
        starts_on=event.starts_on + days,
        ends_on=event.ends_on + days,
        fairness=2,
    )

    assert not Mail.objects.filter(kind="event_changed").exists()


@pytest.mark.parametrize(("language", "words"), [("ru", "Дни: "), ("ja", "日：")])
def test_other_days_are_told_in_the_language_of_the_reader(
    event, manager, company, owner, language, words
):
    owner.language = language
    owner.save()
    register(event, company, owner)

    events.change_event(event, by=manager, ends_on=event.ends_on + DAY)

    assert words in Mail.objects.get(kind="event_changed").text

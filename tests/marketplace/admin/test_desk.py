"""The desk in the administration: found, checked in, marked, answered, opened; and who may."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from chambers.models import Mail, Staff
from marketplace.models import Event, Meeting, StandbyOffer
from marketplace.services import desk
from tests import event_factories as made
from tests import factories


def page(name, *args):
    return reverse(f"admin:marketplace_event_{name}", args=args)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def meeting(event, slot, host, guest, **fields):
    number = event.tables.count() + 1
    table = made.TableFactory(event=event, number=number)
    return made.MeetingFactory(
        event=event, slot=slot, host=host, guest=guest, table=table, placed=True, **fields
    )


def where_it_is_noon():
    """A zone in which the day is neither young nor about to end, whenever the tests run."""
    hours = 12 - timezone.now().hour
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def slot_in(event, minutes, long=20):
    starts = timezone.now() + dt.timedelta(minutes=minutes)
    return made.SlotFactory(
        event=event, starts_at=starts, ends_at=starts + dt.timedelta(minutes=long)
    )


@pytest.fixture
def day(chamber):
    """An event that goes on: a meeting begun five minutes ago, one in half an hour."""
    event = made.EventFactory(
        chamber=chamber,
        zone=where_it_is_noon(),
        starts_on=timezone.now().date() - dt.timedelta(days=1),
        ends_on=timezone.now().date() + dt.timedelta(days=1),
    )
    names = ("ООО «Ромашка Сенсор»", "株式会社アサヒ計装", "Minsk Instruments")
    people = [
        made.ParticipantFactory(
            registration__event=event,
            registration__company__legal_name=name,
            registration__company__indexed=True,
            speaking=True,
            name=person,
        )
        for name, person in zip(names, ("Анна Иванова", "佐藤 健", "Ján Kováč"), strict=True)
    ]
    now, later = slot_in(event, -5), slot_in(event, 30)
    return SimpleNamespace(
        event=event,
        people=people,
        slots=[now, later],
        running=meeting(event, now, people[0], people[1]),
        coming=meeting(event, later, people[0], people[2]),
    )


@pytest.mark.parametrize(
    ("asked", "company"),
    [
        ("romashka", "ООО «Ромашка Сенсор»"),
        ("ромашка", "ООО «Ромашка Сенсор»"),
        ("アサヒ", "株式会社アサヒ計装"),
        ("Ivanova", "ООО «Ромашка Сенсор»"),
        ("佐藤", "株式会社アサヒ計装"),
        ("kovac", "Minsk Instruments"),
        ("instrum", "Minsk Instruments"),
    ],
)
def test_a_company_is_found_by_its_name_or_a_persons_in_any_script(
    client, viewer, day, asked, company
):
    shown = client.get(page("desk", day.event.pk), {"q": asked})

    assert [str(one.registration.company) for one in shown.context["found"]] == [company]


def test_the_desk_tells_where_somebody_is_and_goes_next(client, manager, day):
    shown = client.get(page("desk", day.event.pk), {"q": "ромашка"})

    (person,) = shown.context["found"][0].people
    assert (person.now.meeting, person.next.meeting) == (day.running, day.coming)
    assert (person.partner_now, person.partner_next) == ("株式会社アサヒ計装", "Minsk Instruments")
    assert person.left == 1
    for said in ("table 1", "table 2", "not checked in"):
        assert said in text_of(shown)


def test_a_large_company_shows_first_who_is_meant_and_says_how_many_more_there_are(
    client, manager, day
):
    side = day.people[2].registration
    made.ParticipantFactory.create_batch(8, registration=side, name="Colleague")
    last = made.ParticipantFactory(registration=side, name="Zita Last")

    shown = client.get(page("desk", day.event.pk), {"q": "zita"})

    (found,) = shown.context["found"]
    assert found.people[0].participant == last
    assert (len(found.people), found.more) == (8, 2)
    assert "and 2 more: look for the name" in text_of(shown)


def test_somebody_of_another_event_is_not_found(client, manager, day):
    stranger = made.ParticipantFactory(
        name="Zenobia Elsewhere", registration__company__legal_name="Elsewhere Works"
    )

    for asked in ("zenobia", "elsewhere", stranger.badge_code):
        shown = client.get(page("desk", day.event.pk), {"q": asked})

        assert shown.context["found"] == []
        assert "Nobody here is called so" in text_of(shown)
        assert "Zenobia" not in text_of(shown)


def test_who_is_not_checked_in_when_their_meeting_has_begun_is_late(client, manager, day):
    desk.check_in(day.people[1], by=manager)

    seen = client.get(page("desk", day.event.pk)).context["seen"]

    assert [side.person for one in seen.late for side in one.late] == [day.people[0]]
    assert seen.waiting == []
    assert (seen.here, seen.expected) == (1, 3)
    assert [one.meeting for one in seen.now] == [day.running]
    assert [one.meeting for one in seen.next] == [day.coming]


def test_the_desk_counts_the_people_it_lists_and_not_their_meetings(client, manager, day):
    shown = client.get(page("desk", day.event.pk))

    seen = shown.context["seen"]
    assert (len(seen.late), seen.late_count) == (1, 2)
    assert 'Late <span class="count">2</span>' in shown.content.decode()


def test_a_third_company_is_late_until_it_is_checked_in(client, manager, day):
    third = made.ParticipantFactory(registration__event=day.event, name="Third Person")
    remote = made.ParticipantFactory(registration__event=day.event, presence="remote")
    day.running.others.set([third, remote])
    for person in day.people:
        desk.check_in(person, by=manager)

    before = client.get(page("desk", day.event.pk))
    desk.check_in(third, by=manager)
    after = client.get(page("desk", day.event.pk))

    late = [side.person for one in before.context["seen"].late for side in one.late]
    assert late == [third]
    assert 'Third Person</span> <span class="why">not checked in' in text_of(before)
    assert after.context["seen"].late == []
    assert 'Third Person</span> <span class="why">checked in' in text_of(after)


def test_each_of_those_who_join_is_marked_apart_and_the_mark_taken_back(client, manager, day):
    thirds = made.ParticipantFactory.create_batch(2, registration__event=day.event)
    day.running.others.set(thirds)
    stranger = made.ParticipantFactory(registration__event=day.event)
    sent = {"meeting": day.running.pk, "side": "other", "attendance": "no_show"}

    client.post(page("mark", day.event.pk), {**sent, "person": thirds[0].pk})
    client.post(page("mark", day.event.pk), {**sent, "person": stranger.pk})
    client.post(page("mark", day.event.pk), sent)

    seen = client.get(page("desk", day.event.pk)).context["seen"]
    (running,) = seen.now
    assert [(one.attendance, one.late) for one in running.others] == [
        ("no_show", False),
        ("unknown", True),
    ]
    day.running.refresh_from_db()
    assert (day.running.status, day.running.host_attendance) == ("confirmed", "unknown")
    undo = {**sent, "person": thirds[0].pk, "attendance": "unknown"}
    client.post(page("mark", day.event.pk), undo)
    assert not day.running.further_marks.exists()


def test_one_side_that_came_alone_waits_and_the_other_is_late(client, manager, day):
    for person in day.people:
        desk.check_in(person, by=manager)

    client.post(
        page("mark", day.event.pk),
        {"meeting": day.running.pk, "side": "guest", "attendance": "came"},
    )

    seen = client.get(page("desk", day.event.pk)).context["seen"]
    assert [side.person for one in seen.waiting for side in one.waiting] == [day.people[1]]
    assert [side.person for one in seen.late for side in one.late] == [day.people[0]]


def test_both_sides_are_marked_apart_and_a_mark_is_taken_back(client, manager, day):
    def mark(side, attendance):
        sent = client.post(
            page("mark", day.event.pk),
            {"meeting": day.running.pk, "side": side, "attendance": attendance},
        )
        assert sent.status_code == 302
        day.running.refresh_from_db()
        return day.running.status

    assert mark("host", "late") == Meeting.Status.CONFIRMED
    assert mark("guest", "no_show") == Meeting.Status.NO_SHOW
    assert mark("guest", "unknown") == Meeting.Status.CONFIRMED
    assert mark("guest", "came") == Meeting.Status.HELD
    assert (day.running.host_attendance, day.running.guest_attendance) == ("late", "came")


def test_a_mark_before_the_meeting_or_of_another_event_is_refused(client, manager, day):
    foreign = made.MeetingFactory(placed=True)

    early = client.post(
        page("mark", day.event.pk),
        {"meeting": day.coming.pk, "side": "host", "attendance": "came"},
    )
    strange = client.post(
        page("mark", day.event.pk), {"meeting": foreign.pk, "side": "host", "attendance": "came"}
    )

    assert (early.status_code, strange.status_code) == (422, 422)
    assert "This meeting has not begun yet." in text_of(early)
    assert "out of date" in text_of(strange)


def test_a_meeting_that_is_over_unmarked_is_asked_for_until_it_is_marked(client, manager, day):
    past = meeting(day.event, slot_in(day.event, -60), day.people[1], day.people[2])

    seen = client.get(page("desk", day.event.pk)).context["seen"]
    assert ([one.meeting for one in seen.missing], seen.missing_count) == ([past], 1)

    for side in ("host", "guest"):
        client.post(
            page("mark", day.event.pk),
            {"meeting": past.pk, "side": side, "attendance": "came"},
        )
    assert client.get(page("desk", day.event.pk)).context["seen"].missing_count == 0


@pytest.mark.parametrize("spoken", ["{}", "{} ", "badge/{}", "lower", "dashes"])
def test_a_badge_is_checked_in_by_its_code_however_it_is_given(client, manager, day, spoken):
    code = day.people[0].badge_code
    typed = {
        "lower": code.lower(),
        "dashes": f"{code[:5]}-{code[5:]}",
        "badge/{}": f"http://testserver{page('badge', code)}",
    }.get(spoken, spoken.format(code))

    sent = client.post(page("desk", day.event.pk), {"badge": typed}, follow=True)

    day.people[0].refresh_from_db()
    assert day.people[0].checked_in_by == manager
    assert "Анна Иванова (ООО «Ромашка Сенсор») is checked in." in text_of(sent)
    assert sent.context["found"][0].people[0].participant == day.people[0]


def test_a_full_name_checks_in_and_a_part_of_it_offers_whom_it_means(client, manager, day):
    client.post(page("desk", day.event.pk), {"badge": "jan kovac"})
    part = client.post(page("desk", day.event.pk), {"badge": "Ivan"}, follow=True)

    assert [bool(type(one).objects.get(pk=one.pk).checked_in_at) for one in day.people] == [
        False,
        False,
        True,
    ]
    assert "Choose who has come." in text_of(part)
    assert [one.people[0].participant for one in part.context["found"]] == [day.people[0]]


def test_an_unknown_badge_keeps_what_was_typed(client, manager, day):
    sent = client.post(page("desk", day.event.pk), {"badge": "Nobody of us"})

    assert sent.status_code == 422
    assert 'value="Nobody of us"' in sent.content.decode()
    assert "try a part of it" in text_of(sent)


def test_a_second_check_in_names_when_and_by_whom(client, manager, day):
    colleague = factories.StaffFactory(chamber=day.event.chamber, person__name="Pavel").person
    at = made.clock_time(day.event, 9, 12)
    desk.check_in(day.people[0], by=colleague, at=at)

    sent = client.post(page("badge", day.people[0].badge_code), follow=True)

    assert "is checked in already, at 09:12 by Pavel." in text_of(sent)
    day.people[0].refresh_from_db()
    assert day.people[0].checked_in_at == at


def test_a_qr_code_leads_to_whose_badge_it_is_and_only_a_sending_checks_in(client, manager, day):
    address = page("badge", day.people[0].badge_code)

    shown = client.get(address)
    day.people[0].refresh_from_db()
    assert day.people[0].checked_in_at is None
    for said in ("Анна Иванова", "ООО «Ромашка Сенсор»", "table 1", "Minsk Instruments"):
        assert said in text_of(shown)

    client.post(address)
    day.people[0].refresh_from_db()
    assert day.people[0].checked_in_at is not None

    client.post(address, {"undo": "1"})
    day.people[0].refresh_from_db()
    assert day.people[0].checked_in_at is None


def test_a_badge_of_an_event_one_does_not_look_after_is_missing(client, manager, day):
    member = factories.CompanyFactory(member=True, membership__chamber=day.event.chamber)
    abroad = made.ParticipantFactory(registration__company=member, name="Abroad Person")

    shown = client.get(page("badge", abroad.badge_code))

    assert shown.status_code == 404
    assert client.get(page("badge", "0" * 10)).status_code == 404


def test_a_company_away_today_is_told_of_with_what_will_be_cancelled(client, manager, day):
    address = page("absent", day.event.pk) + f"?registration={day.people[0].registration.pk}"

    shown = client.get(address)
    assert shown.context["coming"] == [day.coming]
    empty = client.post(address, {"reason": ""})
    assert empty.status_code == 422
    assert not Mail.objects.exists()

    sent = client.post(address, {"reason": "Ill"}, follow=True)
    assert "1 meeting cancelled, partners told" in text_of(sent)
    day.coming.refresh_from_db()
    assert (day.coming.status, day.coming.reason) == ("cancelled", "Ill")
    assert {one.span for one in sent.context["seen"].freed} != set()


def test_the_page_of_an_absence_says_what_goes_on_without_the_company(client, manager, day):
    third = made.ParticipantFactory(registration__event=day.event, speaking=True)
    day.coming.others.add(third)
    address = page("absent", day.event.pk) + f"?registration={third.registration.pk}"

    shown = client.get(address)
    client.post(address, {"reason": "Ill"})

    assert (shown.context["coming"], shown.context["left"]) == ([], [day.coming])
    assert "These go on between the others" in text_of(shown)
    day.coming.refresh_from_db()
    assert (day.coming.status, list(day.coming.others.all())) == ("confirmed", [])


def test_the_way_to_repair_an_absence_is_about_somebody_who_comes(client, manager, day):
    left, company = day.people[0], day.people[0].registration
    type(left).objects.filter(pk=left.pk).update(left_at=timezone.now())
    colleague = made.ParticipantFactory(registration=company)
    nobody = made.RegistrationFactory(event=day.event)

    def shown(registration):
        answer = client.get(page("absent", day.event.pk), {"registration": registration.pk})
        return answer.content.decode()

    assert str(colleague.public_id) in shown(company)
    assert str(left.public_id) not in shown(company)
    assert page("repair", day.event.pk) not in shown(nobody)


@pytest.mark.parametrize("key", ["", "x", "²", "9" * 30, "999999999"])
def test_what_names_no_company_of_the_event_is_missing(client, manager, day, key):
    address = page("absent", day.event.pk)

    assert client.get(f"{address}?registration={key}").status_code == 404
    foreign = made.RegistrationFactory()
    assert client.get(f"{address}?registration={foreign.pk}").status_code == 404


def test_a_standby_offer_is_answered_for_both_at_the_desk(client, manager, day):
    waiting = made.MeetingFactory(event=day.event, host=day.people[1], guest=day.people[2])
    made.TableFactory.create_batch(2, event=day.event)
    free = slot_in(day.event, 60)
    offers = [
        made.StandbyOfferFactory(meeting=waiting, slot=free),
        made.StandbyOfferFactory(meeting=waiting, slot=slot_in(day.event, 90)),
    ]
    shown = client.get(page("desk", day.event.pk))
    assert [one.offer for freed in shown.context["seen"].freed for one in freed.offers] == offers

    client.post(page("offer", day.event.pk), {"offer": offers[1].pk, "answer": "decline"})
    client.post(page("offer", day.event.pk), {"offer": offers[0].pk, "answer": "accept"})
    again = client.post(page("offer", day.event.pk), {"offer": offers[0].pk, "answer": "accept"})

    waiting.refresh_from_db()
    assert (waiting.slot, waiting.status) == (free, "confirmed")
    assert set(StandbyOffer.objects.values_list("status", flat=True)) == {"accepted", "declined"}
    assert again.status_code == 422
    assert "no longer open" in text_of(again)


def test_before_the_day_the_desk_counts_down_and_says_what_is_left(client, manager, event):
    made.RegistrationFactory(event=event, applied=True)
    made.MeetingFactory(event=event)
    today = timezone.localdate(timezone=event.clock)  # there it may be tomorrow already
    Event.objects.filter(pk=event.pk).update(
        starts_on=today + dt.timedelta(days=30), ends_on=today + dt.timedelta(days=31)
    )

    shown = client.get(page("desk", event.pk))

    assert shown.context["seen"].days_until == 30
    left = {task.key: task.left for task, *_rest in shown.context["tasks"]}
    assert left == {
        "registrations": 1,
        "requests": 0,
        "companies": 0,
        "times": 1,
        "timetable": 1,
        "display": 1,
    }
    assert "30 days to go" in text_of(shown)
    for _task, _words, where in shown.context["tasks"]:
        assert client.get(where).status_code == 200


def test_the_desk_asks_for_no_timetable_where_companies_agree_on_times_themselves(
    client, manager, chamber
):
    event = made.EventFactory(chamber=chamber)
    made.MeetingFactory(event=event, placed=True)

    found = []
    for _ in range(2):
        tasks = client.get(page("desk", event.pk)).context["tasks"]
        found += [task.left for task, *_rest in tasks if task.key == "timetable"]
        made.MeetingFactory(event=event)  # waits for a time

    assert found == [0, 1]


def test_after_the_day_the_desk_asks_for_the_marks_that_are_missing(client, manager, day):
    yesterday = timezone.now().astimezone(day.event.clock).date() - dt.timedelta(days=1)
    type(day.event).objects.filter(pk=day.event.pk).update(
        starts_on=yesterday - dt.timedelta(days=1), ends_on=yesterday
    )
    for slot in day.slots:
        slot.starts_at -= dt.timedelta(days=1)
        slot.ends_at -= dt.timedelta(days=1)
        slot.save()

    shown = client.get(page("desk", day.event.pk))

    assert shown.context["seen"].missing_count == 2
    assert "The event is over. Note who came" in text_of(shown)


def test_a_viewer_reads_the_desk_and_finds_no_button_on_it(client, viewer, day):
    shown = client.get(page("desk", day.event.pk), {"q": "ромашка"})

    forms = shown.content.decode().count('method="post"')
    assert forms == client.get(page("coverage", day.event.pk)).content.decode().count(
        'method="post"'
    )  # signing out and the theme
    for name, data in (
        ("desk", {"badge": day.people[0].badge_code}),
        ("mark", {"meeting": day.running.pk, "side": "host", "attendance": "came"}),
        ("display", {"open": "1"}),
    ):
        assert client.post(page(name, day.event.pk), data).status_code == 403
    assert client.post(page("badge", day.people[0].badge_code)).status_code == 403
    day.people[0].refresh_from_db()
    assert day.people[0].checked_in_at is None


def test_the_desk_of_a_foreign_event_is_missing(client, manager):
    foreign = made.EventFactory()

    for name in ("desk", "mark", "offer", "absent", "display"):
        assert client.get(page(name, foreign.pk)).status_code == 404


def test_the_desk_refreshes_itself_in_the_clock_of_the_place(client, manager, day):
    type(day.event).objects.filter(pk=day.event.pk).update(zone="Asia/Tokyo")
    day.running.slot.refresh_from_db()

    shown = client.get(page("desk", day.event.pk), {"q": "ромашка"})

    assert 'hx-trigger="every 20s"' in shown.content.decode()
    assert "Tokyo (UTC+9)" in text_of(shown)
    starts = day.slots[0].starts_at + dt.timedelta(hours=9)
    assert shown.context["seen"].now[0].span.startswith(f"{starts:%H:%M}")


@pytest.mark.parametrize("count", [1, 3])
def test_the_desk_takes_the_same_queries_for_any_number_of_meetings(
    client, chamber, count, django_assert_num_queries
):
    person = factories.StaffFactory(chamber=chamber, role=Staff.Role.MANAGER).person
    client.force_login(person)
    event = made.EventFactory(
        chamber=chamber, zone=where_it_is_noon(), starts_on=timezone.now().date()
    )
    now, later, past, free = (slot_in(event, minutes) for minutes in (-5, 30, -60, 90))
    for number in range(count):
        people = [
            made.ParticipantFactory(
                registration__event=event,
                name=f"Same name {number} {side}",
                checked_in_at=timezone.now(),
                checked_in_by=person,
            )
            for side in range(2)
        ]
        for slot in (now, later, past):
            meeting(event, slot, *people)
        waiting = made.MeetingFactory(event=event, host=people[0], guest=people[1])
        made.StandbyOfferFactory(meeting=waiting, slot=free, rank=number + 1)
    client.get(page("desk", event.pk), {"q": "same name"})  # what a process keeps for all

    with django_assert_num_queries(26):
        shown = client.get(page("desk", event.pk), {"q": "same name"})

    seen = shown.context["seen"]
    assert [len(seen.now), len(seen.next), seen.missing_count] == [count] * 3
    assert len(shown.context["found"]) == 2 * count
    assert len(seen.freed[0].offers) == count

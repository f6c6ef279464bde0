"""A company's timetable, its calendar file, all tables, and what becomes of a meeting."""

import datetime as dt
import io
import sys
from importlib import import_module
from types import ModuleType
from urllib.parse import unquote

import icalendar  # noqa: TID251 - reads back what the gate wrote
import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from chambers.models import Mail
from marketplace.models import Meeting, StandbyOffer, TimeProposal
from marketplace.selectors.times import shown_time
from marketplace.services.meetings import arrange_meeting, cancel_meeting
from marketplace.services.moves import propose_move
from marketplace.services.participants import change_participant
from marketplace.services.registrations import withdraw_registration
from tests.event_factories import (
    EventFactory,
    HallFactory,
    MeetingFactory,
    MeetingRequestFactory,
    ParticipantFactory,
    RegistrationFactory,
    SessionFactory,
    SlotFactory,
    TableFactory,
    TimetableFactory,
    clock_time,
)
from tests.factories import RepresentativeFactory, UserFactory

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


@pytest.fixture
def event():
    """In the summer of a year to come, so that days can be named."""
    return EventFactory(starts_on=dt.date(2031, 6, 26), freeze_minutes=0)


@pytest.fixture
def slots(event):
    hall = HallFactory(event=event, name="Hall B")
    for number in (1, 2, 3):
        TableFactory(event=event, number=number, hall=hall)
    return [SlotFactory(event=event, number=number) for number in range(5)]


def side(event, name, **fields):
    """A company that takes part with one person; ``speaker`` signs in for it."""
    registration = RegistrationFactory(event=event, company__legal_name=name, **fields)
    registration.speaker = RepresentativeFactory(
        company=registration.company, person__time_zone="Asia/Tokyo"
    ).person
    registration.person = ParticipantFactory(
        registration=registration, person=registration.speaker, name=f"{name} person"
    )
    return registration


@pytest.fixture
def ours(event, client):
    registration = side(event, "Ours")
    client.force_login(registration.speaker)
    return registration


@pytest.fixture
def theirs(event):
    return side(event, "Theirs")


def meet(one, other, slot=None, **fields):
    organiser = UserFactory(superuser=True)
    return arrange_meeting(one.person, other.person, by=organiser, slot=slot, **fields)


def page_of(client, event, name="timetable", **query):
    return client.get(reverse(f"event-{name}", args=[event.public_id]), query)


def at(name, meeting):
    return reverse(f"meeting{name}", args=[meeting.public_id])


# ---------------------------------------------------------------- how a time is told
@pytest.mark.parametrize(
    ("zone", "reader", "told"),
    [
        (
            "Europe/Minsk",
            "Asia/Tokyo",
            "Thu 26 June 2031, 11:20–11:40 Minsk (UTC+3) · 17:20–17:40 your time (Tokyo)",
        ),
        (
            "Europe/Minsk",
            "Asia/Kolkata",
            "Thu 26 June 2031, 11:20–11:40 Minsk (UTC+3) · 13:50–14:10 your time (Kolkata)",
        ),
        (
            "Asia/Kolkata",
            "Europe/Minsk",
            "Thu 26 June 2031, 13:50–14:10 Kolkata (UTC+5:30) · 11:20–11:40 your time (Minsk)",
        ),
        ("Europe/Minsk", "Europe/Moscow", "Thu 26 June 2031, 11:20–11:40 Minsk (UTC+3)"),
        ("Europe/Minsk", None, "Thu 26 June 2031, 11:20–11:40 Minsk (UTC+3)"),
        (
            "America/Sao_Paulo",
            "Pacific/Auckland",
            "Thu 26 June 2031, 05:20–05:40 Sao Paulo (UTC−3) · 20:20–20:40 your time (Auckland)",
        ),
    ],
)
def test_a_time_is_told_at_the_event_and_to_its_reader(zone, reader, told):
    first = dt.datetime(2031, 6, 26, 8, 20, tzinfo=dt.UTC)

    assert (
        str(shown_time(first, first + dt.timedelta(minutes=20), zone=zone, reader=reader)) == told
    )


def test_the_reader_reads_another_day_where_theirs_is_another():
    first = dt.datetime(2031, 6, 26, 18, 0, tzinfo=dt.UTC)

    shown = shown_time(first, zone="Europe/Minsk", reader="Asia/Tokyo")

    assert (shown.day, shown.span) == ("Thu 26 June 2031", "21:00")
    assert shown.own == "Fri 27 June 2031, 03:00 your time (Tokyo)"


def test_times_on_both_sides_of_a_clock_change_bring_their_own_offset():
    day = dt.datetime(2031, 10, 26, tzinfo=dt.UTC)  # clocks of Berlin go back at 01:00 UTC
    before, after = day + dt.timedelta(minutes=30), day + dt.timedelta(minutes=90)

    told = [shown_time(one, zone="Europe/Berlin", reader="Asia/Tokyo") for one in (before, after)]

    assert [(one.span, one.where) for one in told] == [
        ("02:30", "Berlin (UTC+2)"),
        ("02:30", "Berlin (UTC+1)"),
    ]
    assert [one.own for one in told] == ["09:30 your time (Tokyo)", "10:30 your time (Tokyo)"]


# ---------------------------------------------------------------- the timetable
def test_meetings_stand_as_passes_of_the_day_and_as_a_list_of_all_days(
    client, event, ours, theirs, slots
):
    later = SlotFactory(event=event, starts_at=clock_time(event, 10, day=1))
    third = side(event, "Third")
    meet(ours, theirs, slots[0])
    meet(ours, third, later, status="provisional")

    first, second = page_of(client, event), page_of(client, event, day="2031-06-27")

    assert [len(one.entries) for one in first.context["days"]] == [1, 1]
    assert first.context["day"].name == "Thu 26 June 2031"
    assert second.context["day"].name == "Fri 27 June 2031"
    for words in ("Theirs", "Third", "Hall B", "16:00–16:20 your time (Tokyo)", "Provisional"):
        assert words in text(first)
    assert "If one does not suit you, open the meeting and propose another." in text(first)


def test_without_meetings_the_timetable_says_when_it_is_published(client, event, ours):
    assert "Ask a company for a meeting" in text(page_of(client, event))

    type(event).objects.update(provisional_at=timezone.now() + dt.timedelta(days=3))

    assert "The organiser publishes the timetable:" in text(page_of(client, event))


def test_agreed_meetings_without_a_time_stand_apart(client, event, ours, theirs):
    meet(ours, theirs)

    page = page_of(client, event)

    assert (len(page.context["waiting"]), page.context["placed"]) == (1, [])
    assert "Time to be set" in text(page)


def test_the_page_names_the_company_and_the_place_once_for_paper(client, event, ours, slots):
    for slot in slots[:2]:
        meet(ours, side(event, f"Partner {slot.pk}"), slot)

    page = text(client.get(reverse("event-timetable", args=[event.public_id])))

    main = page[page.index('id="main"') :]
    head, listed = main[: main.index('id="mine"')], main[main.index('id="list"') :]
    assert ours.company.legal_name in head
    assert listed.count("Hall B") == 2
    assert event.place not in listed[: listed.index("</section>")]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Theirs does not come."),
        ("ru", "Компания Theirs не участвует."),
        ("ja", "Theirsは参加しません。"),
    ],
)
def test_why_a_withdrawal_cancelled_a_meeting_stands_in_the_readers_language(
    client, event, ours, theirs, slots, language, words
):
    meeting = meet(ours, theirs, slots[0])
    with translation.override("ru" if language == "en" else "en"):
        withdraw_registration(theirs, by=theirs.speaker)

    with translation.override(language):
        page = text(client.get(at("", meeting)))
        read = client.get(
            f"/api/v1/meetings/{meeting.public_id}/", headers={"Accept-Language": language}
        )

    assert words in page
    assert read.json()["reason"] == words


def test_a_reason_written_in_one_language_before_becomes_the_cause(event, ours, theirs, slots):
    keep = import_module("marketplace.migrations.0024_causes_of_cancelled_meetings").keep_the_cause
    past = {}
    for reason in ("Компания Theirs не участвует.", "Theirsは参加しません。", "Ill."):
        past[reason] = meet(ours, theirs, slots[len(past)], status="cancelled")
        Meeting.objects.filter(pk=past[reason].pk).update(reason=reason, cancelled_side=theirs)

    keep(apps, None)

    told = [Meeting.objects.get(pk=one.pk).told_reason for one in past.values()]
    assert told == ["Theirs does not come.", "Theirs does not come.", "Ill."]


def test_meetings_of_others_and_cancelled_ones_are_not_in_the_timetable(
    client, event, ours, theirs, slots
):
    third = side(event, "Third")
    meet(theirs, third, slots[0])
    gone = meet(ours, theirs, slots[1])
    cancel_meeting(gone, by=theirs.speaker, reason="Ill")

    page = page_of(client, event)

    assert (page.context["placed"], page.context["waiting"]) == ([], [])


@pytest.mark.parametrize("count", [1, 3])
def test_the_timetable_takes_the_same_queries_for_any_number_of_meetings(
    client, event, ours, slots, count, django_assert_num_queries
):
    for number in range(count):
        meet(ours, side(event, f"Partner {number}"), slots[number])

    with django_assert_num_queries(8):
        page = page_of(client, event)

    assert len(page.context["placed"]) == count


# ---------------------------------------------------------------- the calendar file
def test_the_calendar_file_holds_every_meeting_with_its_state_and_zone(
    client, event, ours, theirs, slots, settings
):
    settings.BASE_URL = "https://market.example"
    third, fourth = side(event, "Third"), side(event, "Fourth")
    sure = meet(ours, theirs, slots[0])
    open_one = meet(ours, third, slots[1], status="provisional")
    gone = meet(ours, fourth, slots[2])
    cancel_meeting(gone, by=fourth.speaker, reason="Ill")
    meet(theirs, third, slots[3])

    answer = page_of(client, event, "calendar")

    assert answer["Content-Type"].startswith("text/calendar")
    found = {
        str(one["uid"]): one for one in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    }
    for meeting, status in ((sure, "CONFIRMED"), (open_one, "TENTATIVE"), (gone, "CANCELLED")):
        meeting.refresh_from_db()
        entry = found.pop(f"{meeting.uid}@market.example")
        assert (entry["status"], entry["sequence"]) == (status, meeting.sequence)
        assert entry["dtstart"].params["TZID"] == "Europe/Minsk"
        assert entry["dtstart"].dt == meeting.slot.starts_at
    assert found == {}


# ---------------------------------------------------------------- all tables
def cells(grid):
    return {
        row.time: [(cell.kind, *map(str, cell.companies)) for cell in row.cells]
        for row in grid
        if not row.pause
    }


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Provisional"), ("ja", "暫定"), ("ru", "Предв")]
)
def test_the_timetable_comes_as_a_pdf_of_the_same_meetings(
    client, event, ours, theirs, slots, language, word
):
    third, gone = side(event, "株式会社アサヒ計装"), side(event, "Отменённая встреча")
    meet(ours, theirs, slots[0])
    meet(ours, third, slots[1], status="provisional")
    meet(ours, gone, slots[2], status="cancelled")
    meet(theirs, gone, slots[3])

    with translation.override(language):
        answer = client.get(reverse("event-pdf", args=[event.public_id]))

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].endswith('.pdf"')
    read = PdfReader(io.BytesIO(answer.content))
    told = "".join("".join(page.extract_text() for page in read.pages).split())
    for words in ("Ours", "Theirs", "アサヒ計装", "10:00–10:20", "HallB", word):
        assert words in told
    assert told.count("".join(event.place.split())) == 1  # above, not beside each meeting
    assert "Отмен" not in told
    assert len(read.pages) == 1
    assert read.root_object["/Lang"].startswith(language)


def test_without_the_library_that_sets_text_the_page_says_how_to_print(
    client, event, ours, monkeypatch
):
    class NoPango(ModuleType):
        """As weasyprint fails where Pango is not installed."""

        def __getattr__(self, name):
            raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setitem(sys.modules, "weasyprint", NoPango("weasyprint"))

    led = client.get(reverse("event-pdf", args=[event.public_id]), follow=True)

    assert led.redirect_chain[-1][0] == reverse("event-timetable", args=[event.public_id])
    assert "Print this page in your browser instead." in text(led)


def test_the_grid_names_only_who_agreed_and_says_of_others_that_a_table_is_occupied(
    client, event, ours, theirs, slots
):
    third, unseen = side(event, "Third"), side(event, "Unseen", consent="not_listed")
    meet(ours, unseen, slots[0])
    meet(theirs, third, slots[1])
    meet(theirs, unseen, slots[2])
    meet(theirs, third, slots[3], status="provisional")
    SessionFactory(
        event=event, kind="break", title={"en": "Coffee"},
        starts_at=slots[3].ends_at, ends_at=slots[4].starts_at + dt.timedelta(minutes=5),
    )  # fmt: skip

    HallFactory(event=event, name="Hall of speeches")  # no tables, so no plan of it

    page = page_of(client, event, "tables")

    assert "Hall of speeches" not in text(page)
    shown = cells(page.context["grid"])
    assert shown["10:00"][0] == ("mine", "Unseen")
    assert shown["10:20"][0] == ("agreed", "Theirs", "Third")
    assert shown["10:40"][0] == ("taken",)
    assert shown["11:00"][0] == ("hold", "Theirs", "Third")
    assert shown["11:20"] == [("free",)] * 3
    assert text(page).count("Unseen") == 1


def test_a_long_meeting_spans_the_rows_that_it_covers(client, event, ours, theirs, slots):
    long = SlotFactory(event=event, starts_at=slots[0].starts_at, ends_at=slots[1].ends_at)
    meet(ours, theirs, long)

    grid = page_of(client, event, "tables").context["grid"]

    first = grid[0].cells[0]
    assert (first.kind, first.rows) == ("mine", 2)
    assert [len(row.cells) for row in grid[:3]] == [3, 2, 3]


def test_a_break_stands_over_all_tables(client, event, ours, slots):
    SessionFactory(
        event=event, kind="break", title={"en": "Lunch"},
        starts_at=slots[-1].ends_at, ends_at=slots[-1].ends_at + dt.timedelta(hours=1),
    )  # fmt: skip

    assert page_of(client, event, "tables").context["grid"][-1].pause == "11:40–12:40 · Lunch"


def test_only_who_is_admitted_reads_the_grid(client, event, speaks_for, slots):
    own = RegistrationFactory(event=event, status="applied")
    speaks_for(own.company)

    assert page_of(client, event, "tables").status_code == 302


@pytest.mark.parametrize("count", [1, 3])
def test_the_grid_takes_the_same_queries_for_any_number_of_meetings(
    client, event, ours, slots, count, django_assert_num_queries
):
    for number in range(count):
        meet(side(event, f"One {number}"), side(event, f"Other {number}"), slots[number])

    with django_assert_num_queries(14):
        page = page_of(client, event, "tables")

    kinds = [cell.kind for row in page.context["grid"] for cell in row.cells]
    assert kinds.count("agreed") == count


# ---------------------------------------------------------------- one meeting
def test_a_meeting_tells_who_meets_where_and_how_to_reach_them(client, event, ours, theirs, slots):
    meeting = meet(ours, theirs, slots[0])

    page = text(client.get(at("", meeting)))

    for words in ("Theirs person", "table 1, Hall B", theirs.speaker.email, "Confirmed"):
        assert words in page


def test_people_are_named_once_both_agreed_or_it_is_certain(client, event, ours, theirs, slots):
    meeting = meet(ours, theirs, slots[0])
    Meeting.objects.filter(pk=meeting.pk).update(status="provisional")

    page = text(client.get(at("", meeting)))

    assert "Theirs" in page
    assert "Theirs person" not in page
    assert theirs.speaker.email not in page
    request = MeetingRequestFactory(event=event, requester=ours, partner=theirs, status="accepted")
    Meeting.objects.filter(pk=meeting.pk).update(request=request)
    page = text(client.get(at("", meeting)))
    assert "Theirs person" in page
    assert theirs.speaker.email in page


def test_a_meeting_nobody_is_told_of_is_not_there(client, event, ours, theirs):
    hidden = meet(ours, theirs)
    Meeting.objects.filter(pk=hidden.pk).update(is_told=False)

    assert client.get(at("", hidden)).status_code == 404
    assert page_of(client, event).context["waiting"] == []


def test_a_meeting_of_others_is_not_there(client, event, ours):
    strange = MeetingFactory(event=event)

    for name in ("", "-cancel", "-move"):
        assert client.get(at(name, strange)).status_code == 404
    for name in ("-moved", "-standby"):
        assert client.post(at(name, strange), {}).status_code == 404


def test_a_meeting_is_cancelled_with_a_reason_that_must_be_given(
    client, event, ours, theirs, slots
):
    meeting = meet(ours, theirs, slots[0])
    assert client.post(at("-cancel", meeting), {"reason": ""}).status_code == 422

    client.post(at("-cancel", meeting), {"reason": "Flight is late"})

    meeting.refresh_from_db()
    assert (meeting.status, meeting.reason) == ("cancelled", "Flight is late")
    assert meeting.cancelled_side == ours
    assert not meeting.bookings.exists()
    page = text(client.get(at("", meeting)))
    assert "Flight is late" in page
    assert theirs.speaker.email not in page


def test_another_time_is_proposed_and_the_old_one_stays(client, event, ours, theirs, slots):
    meeting = meet(ours, theirs, slots[0])

    client.post(at("-move", meeting), {"slots": [str(slots[2].public_id)], "message": "Later?"})

    proposal = TimeProposal.objects.get()
    meeting.refresh_from_db()
    assert (list(proposal.slots.all()), meeting.slot) == ([slots[2]], slots[0])
    assert "The old one stays until they agree." in text(client.get(at("", meeting)))


@pytest.mark.parametrize(("answer", "place"), [("accept", 2), ("decline", 0)])
def test_a_proposed_time_is_accepted_or_the_old_one_kept(
    client, event, ours, theirs, slots, answer, place
):
    meeting = meet(ours, theirs, slots[0])
    propose_move(meeting, [slots[2]], by=theirs.speaker)
    assert "They propose another time" in text(client.get(at("", meeting)))

    client.post(at("-moved", meeting), {"answer": answer, "slot": str(slots[2].public_id)})

    meeting.refresh_from_db()
    assert meeting.slot == slots[place]
    assert not TimeProposal.objects.open().exists()


@pytest.fixture
def offered(ours, theirs, slots):
    """A freed time, offered to a meeting of both."""
    return StandbyOffer.objects.create(
        meeting=meet(ours, theirs), slot=slots[1], rank=1, reason="agreed", status="offered",
        answer_by=timezone.now() + dt.timedelta(hours=2),
    )  # fmt: skip


def test_a_freed_time_waits_for_both_sides(client, offered, theirs):
    page = at("", offered.meeting)
    assert "A time has become free:" in text(client.get(page))
    assert "Both sides have to accept it." in text(client.get(page))

    done = client.post(at("-standby", offered.meeting), {"answer": "accept"}, follow=True)
    assert "Accepted. The meeting has this time once the other side accepts it too." in text(done)
    assert "You have accepted it." in text(done)
    assert 'value="accept"' not in text(done)

    client.force_login(theirs.speaker)
    assert "The other side has accepted it." in text(client.get(page))
    done = client.post(at("-standby", offered.meeting), {"answer": "accept"}, follow=True)
    assert "Taken. Both sides read the time." in text(done)
    assert Meeting.objects.get().status == "confirmed"


def test_a_freed_time_is_left_to_the_next(client, offered):
    client.post(at("-standby", offered.meeting), {"answer": "decline"})

    offered.refresh_from_db()
    assert (offered.status, Meeting.objects.get().status) == ("declined", "unscheduled")


def test_a_meeting_is_handed_to_a_colleague_on_a_page_that_says_who_can_go(
    client, event, ours, theirs, slots
):
    meeting = meet(ours, theirs, slots[0])
    assert f'href="{at("-colleague", meeting)}"' in text(client.get(at("", meeting)))
    alone = text(client.get(at("-colleague", meeting)))
    assert "Nobody else comes for your company" in alone
    assert f'href="{reverse("event-registration", args=[event.public_id])}"' in alone
    busy, free = (ParticipantFactory(registration=ours) for _person in range(2))
    MeetingFactory(event=event, host=busy, placed=True, slot=slots[0])
    assert "Instead of Ours person." in text(client.get(at("-colleague", meeting)))

    refused = client.post(at("-colleague", meeting), {"participant": busy.public_id})
    sent = client.post(at("-colleague", meeting), {"participant": free.public_id})

    assert (refused.status_code, "has another meeting then" in text(refused)) == (422, True)
    assert sent["Location"] == at("", meeting)
    meeting.refresh_from_db()
    assert meeting.host == free


def test_a_reader_of_the_company_changes_no_meeting(client, event, ours, theirs, slots, speaks_for):
    meeting = meet(ours, theirs, slots[0])
    speaks_for(ours.company, role="viewer")

    assert client.get(at("", meeting)).status_code == 200
    for name in ("-cancel", "-move", "-moved", "-standby", "-colleague"):
        assert client.post(at(name, meeting), {"reason": "x"}).status_code == 403
    meeting.refresh_from_db()
    assert meeting.status == "confirmed"


def test_the_calendar_file_is_named_after_the_event_and_its_timetable(
    client, event, ours, theirs, slots
):
    meet(ours, theirs, slots[0])
    event.name = {"en": "Forum “Форум”: 2026"}
    event.save()

    before = page_of(client, event, "calendar")["Content-Disposition"]
    TimetableFactory(event=event, number=3, final=True)
    after = page_of(client, event, "calendar")["Content-Disposition"]

    assert unquote(before) == "attachment; filename*=utf-8''forum-форум-2026.ics"
    assert unquote(after) == "attachment; filename*=utf-8''forum-форум-2026-3.ics"


# ---------------------------------------------------------------- online
@pytest.fixture
def apart(event, ours, slots):
    """A meeting of two who do not come to the place, so without a table."""
    theirs = side(event, "Theirs")
    for one in (ours, theirs):
        one.person.presence = "remote"
        one.person.save()
    meeting = arrange_meeting(ours.person, theirs.person, by=None, slot=slots[0])
    assert meeting.table is None
    return meeting


def test_a_meeting_of_people_who_are_all_remote_is_online_and_has_a_link_once_given(
    client, event, ours, apart
):
    page = reverse("meeting", args=[apart.public_id])
    Mail.objects.all().delete()

    before = text(client.get(page))
    listed = text(client.get(reverse("event-timetable", args=[event.public_id])))
    wrong = client.post(reverse("meeting-link", args=[apart.public_id]), {"link": "nowhere at all"})
    client.post(reverse("meeting-link", args=[apart.public_id]), {"link": "meet.example/7"})
    after = text(client.get(page))

    assert "<dd>Online</dd>" in before
    assert event.place not in before.split("<dl")[1].split("</dl>")[0]
    assert "not given yet" in before
    assert "online</small>" in listed
    assert wrong.status_code == 422
    assert 'href="https://meet.example/7"' in after
    assert Mail.objects.filter(text__contains="https://meet.example/7").count() == 2
    assert {"URL:https://meet.example/7" in one.calendar for one in Mail.objects.all()} == {True}

    table = TableFactory(event=event, has_screen=True)
    change_participant(ours.person, by=ours.speaker, presence="on_site")
    seated = text(client.get(page))
    assert str(table) in seated
    assert "Before: Online" in seated


def test_a_meeting_at_a_table_says_nothing_of_links(client, event, ours, slots):
    meeting = arrange_meeting(ours.person, side(event, "T").person, by=None, slot=slots[0])

    page = text(client.get(reverse("meeting", args=[meeting.public_id])))

    assert "not given yet" not in page
    assert reverse("meeting-link", args=[meeting.public_id]) not in page


def test_of_many_times_asked_for_three_stand_open_and_the_rest_behind(client, event, slots):
    own = RegistrationFactory(event=event, people=1)
    reader = RepresentativeFactory(company=own.company).person
    MeetingRequestFactory(event=event, partner=own, slots=slots)
    client.force_login(reader)

    shown = text(client.get(reverse("meetings")))

    before, _summary, behind = shown.partition("<summary>2 more times</summary>")
    behind = behind.partition("</details>")[0]
    assert (before.count("<li>Thu 26 June"), behind.count("<li>Thu 26 June")) == (3, 2)

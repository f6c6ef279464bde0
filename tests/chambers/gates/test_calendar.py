import datetime as dt
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chambers.gates.calendar import Appointment, Entry, Method, Standing, calendar

CHANGED = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def entry(**fields):
    plain = {"uid": "bo-1@market.example", "title": "Offer closes", "day": dt.date(2026, 5, 31)}
    return Entry(**{**plain, "changed_at": CHANGED, **fields})


def test_a_closing_day_is_a_whole_day_that_stays_free():
    written = calendar([entry(text="Датчики, 9026", url="https://market.example/o/1")])

    assert written.decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Business Market//EN",
        "BEGIN:VEVENT",
        "SUMMARY:Offer closes",
        "DTSTART;VALUE=DATE:20260531",
        "DTEND;VALUE=DATE:20260601",
        "DTSTAMP:20260301T120000Z",
        "UID:bo-1@market.example",
        "DESCRIPTION:Датчики\\, 9026",
        "TRANSP:TRANSPARENT",
        "URL:https://market.example/o/1",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_the_same_entry_gives_the_same_file():
    assert calendar([entry()]) == calendar([entry()])


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_text_adds_a_property_or_an_event(title, text, url):
    hostile = "\r\nATTACH:http://example.org\nEND:VEVENT\r\nBEGIN:VEVENT\r\n"

    written = calendar(
        [entry(title=title + hostile, text=hostile + text, url="https://x" + hostile + url)]
    )

    lines = written.decode().replace("\r\n ", "").split("\r\n")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
    assert not [line for line in lines if line.startswith("ATTACH")]
    (event,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert set(event) <= {
        *("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "TRANSP", "DESCRIPTION", "URL"),
    }


def appointment(zone="Europe/Minsk", starts=(2026, 6, 26, 11, 20), minutes=20, **fields):
    starts_at = dt.datetime(*starts, tzinfo=ZoneInfo(zone))
    plain = {"uid": "m-1@market.example", "title": "Asahi", "changed_at": CHANGED}
    ends_at = (starts_at.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)).astimezone(
        ZoneInfo(zone)
    )
    return Appointment(**{**plain, "starts_at": starts_at, "ends_at": ends_at, **fields})


def test_an_appointment_stands_in_the_zone_of_its_place_with_the_rules_of_that_zone():
    written = calendar([appointment(place="Hall B, table 4", sequence=2)], method=Method.PUBLISH)

    read = icalendar.Calendar.from_ical(written)
    (event,) = read.walk("VEVENT")
    assert [str(zone["TZID"]) for zone in read.walk("VTIMEZONE")] == ["Europe/Minsk"]
    assert event["DTSTART"].params["TZID"] == "Europe/Minsk"
    assert event["DTSTART"].dt.astimezone(dt.UTC) == dt.datetime(2026, 6, 26, 8, 20, tzinfo=dt.UTC)
    assert (event["SEQUENCE"], event["STATUS"]) == (2, "CONFIRMED")
    assert (event["LOCATION"], read["METHOD"]) == ("Hall B, table 4", "PUBLISH")


def test_a_cancellation_names_the_same_appointment_and_frees_the_time():
    written = calendar(
        [
            appointment(
                standing=Standing.CANCELLED,
                sequence=3,
                organiser="desk@market.example",
                attendee="k@example.org",
            )
        ],
        method=Method.CANCEL,
    )

    (event,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert (event["UID"], event["STATUS"], event["TRANSP"]) == (
        "m-1@market.example",
        "CANCELLED",
        "TRANSPARENT",
    )
    assert b"METHOD:CANCEL" in written
    assert (event["ORGANIZER"], event["ATTENDEE"]) == (
        "mailto:desk@market.example",
        "mailto:k@example.org",
    )


@pytest.mark.parametrize(
    ("zone", "starts", "in_utc"),
    [
        ("Asia/Kolkata", (2026, 6, 26, 9, 0), (2026, 6, 26, 3, 30)),  # half an hour apart
        ("Europe/Berlin", (2026, 3, 29, 3, 10), (2026, 3, 29, 1, 10)),  # clocks went forward
        ("Europe/Berlin", (2026, 10, 25, 3, 10), (2026, 10, 25, 2, 10)),  # clocks went back
        ("America/Sao_Paulo", (2026, 6, 26, 23, 50), (2026, 6, 27, 2, 50)),  # across midnight
    ],
)
def test_an_appointment_is_read_at_its_instant(zone, starts, in_utc):
    written = calendar([appointment(zone, starts)])

    (event,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
    began = event["DTSTART"].dt.astimezone(dt.UTC)
    assert began == dt.datetime(*in_utc, tzinfo=dt.UTC)
    assert event["DTEND"].dt.astimezone(dt.UTC) - began == dt.timedelta(minutes=20)


def test_what_is_published_names_who_publishes_and_invites_nobody():
    entry = appointment(organiser="desk@market.example", attendee="k@example.org")

    published = icalendar.Calendar.from_ical(calendar([entry], method=Method.PUBLISH))
    invited = icalendar.Calendar.from_ical(calendar([entry], method=Method.REQUEST))

    assert [event.get("ATTENDEE") for event in published.walk("VEVENT")] == [None]
    assert [event["ORGANIZER"] for event in published.walk("VEVENT")] == [
        "mailto:desk@market.example"
    ]
    assert [event["ATTENDEE"] for event in invited.walk("VEVENT")] == ["mailto:k@example.org"]

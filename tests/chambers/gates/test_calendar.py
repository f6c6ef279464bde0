import datetime as dt

import icalendar
from hypothesis import given
from hypothesis import strategies as st

from chambers.gates.calendar import Entry, calendar

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

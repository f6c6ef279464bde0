"""Our calendar files as two programs read them: by the names of zones, and by the rules inside.

``icalendar`` knows zones by their names; ``vobject`` goes only by the VTIMEZONE of the file.
"""

import datetime as dt
import warnings
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from chambers.gates.calendar import Appointment, Method, Standing, calendar

CHANGED = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
ZONES = [
    "Europe/Minsk",
    "Europe/Berlin",
    "Europe/Dublin",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "UTC",
]


def appointment(zone, begins, minutes=30, **fields):
    """``begins`` is in UTC."""
    clock = ZoneInfo(zone)
    plain = {"uid": "m-1@market.example", "title": "Meeting: Asahi", "changed_at": CHANGED}
    return Appointment(
        **{
            **plain,
            "starts_at": begins.astimezone(clock),
            "ends_at": (begins + dt.timedelta(minutes=minutes)).astimezone(clock),
            **fields,
        }
    )


def by_name(written):
    found = icalendar.Calendar.from_ical(written).walk("VEVENT")
    return [tuple(one[key].dt.astimezone(dt.UTC) for key in ("DTSTART", "DTEND")) for one in found]


def by_rules(written):
    # It keeps the zones of earlier files by their names; each file has to do by itself.
    vars(vobject.icalendar)["__tzidMap"].clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that it reads with
        found = vobject.readOne(written.decode()).vevent_list
        return [
            tuple(one.contents[key][0].value.astimezone(dt.UTC) for key in ("dtstart", "dtend"))
            for one in found
        ]


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Europe/Berlin", utc(2026, 3, 29, 0, 45)),  # over the hour that is left out
        ("Europe/Berlin", utc(2026, 10, 25, 0, 30)),  # the hour that comes twice, first
        ("Europe/Berlin", utc(2026, 10, 25, 0, 45)),  # from the first into the second
        ("Europe/Berlin", utc(2026, 10, 25, 1, 15)),  # the second
        ("America/New_York", utc(2026, 11, 1, 6, 10)),  # likewise
        ("America/St_Johns", utc(2026, 11, 1, 4, 0)),  # half an hour beside the others
        ("Australia/Lord_Howe", utc(2026, 10, 3, 15, 20)),  # by half an hour
        ("Asia/Kolkata", utc(2026, 6, 26, 3, 30)),
        ("Asia/Kathmandu", utc(2026, 6, 26, 3, 15)),  # by three quarters
        ("America/Sao_Paulo", utc(2026, 6, 27, 2, 50)),  # across midnight
        ("Asia/Tokyo", utc(2026, 12, 31, 14, 45)),  # into another year
    ],
)
def test_two_readers_find_the_instants_that_were_meant(zone, begins):
    written = calendar([appointment(zone, begins)], method=Method.REQUEST)

    meant = [(begins, begins + dt.timedelta(minutes=30))]
    assert by_name(written) == meant
    assert by_rules(written) == meant


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ZONES),
            st.integers(0, 6 * 365 * 24 * 12).map(
                lambda steps: utc(2025, 1, 1) + dt.timedelta(minutes=5 * steps)
            ),
            st.integers(5, 480),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_they_agree_on_any_appointments_in_one_file(rows):
    written = calendar(
        [
            appointment(zone, begins, minutes, uid=f"m-{number}@market.example")
            for number, (zone, begins, minutes) in enumerate(rows)
        ],
        method=Method.PUBLISH,
    )

    meant = [(begins, begins + dt.timedelta(minutes=minutes)) for _zone, begins, minutes in rows]
    assert by_name(written) == meant
    assert by_rules(written) == meant


def test_the_life_of_a_meeting_is_one_entry_for_both():
    """Asked, moved, called off: one UID, a SEQUENCE that rises, and the last says CANCELLED."""
    life = [
        (Method.REQUEST, 1, Standing.CONFIRMED, utc(2026, 10, 25, 0, 30)),
        (Method.REQUEST, 2, Standing.CONFIRMED, utc(2026, 10, 25, 1, 30)),
        (Method.CANCEL, 3, Standing.CANCELLED, utc(2026, 10, 25, 1, 30)),
    ]
    files = [
        calendar(
            [appointment("Europe/Berlin", begins, sequence=number, standing=standing)],
            method=method,
        )
        for method, number, standing, begins in life
    ]

    for written, (method, number, standing, begins) in zip(files, life, strict=True):
        one = vobject.readOne(written.decode())
        (other,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
        assert one.method.value == method.value
        assert one.vevent.uid.value == other["UID"] == "m-1@market.example"
        assert int(one.vevent.sequence.value) == other["SEQUENCE"] == number
        assert one.vevent.status.value == other["STATUS"] == standing.value
        assert by_rules(written)[0][0] == begins

"""One meeting by page, mail, paper, calendar and API: the same instant in every one (R-10)."""

import datetime as dt
import io
import warnings
from types import SimpleNamespace

import icalendar  # noqa: TID251 - reads back what the gate wrote
import pytest
import vobject
from django.urls import reverse
from pypdf import PdfReader

from chambers.models import Mail
from marketplace.services.feeds import open_feed
from marketplace.services.meetings import arrange_meeting
from tests.event_factories import (
    EventFactory,
    ParticipantFactory,
    RegistrationFactory,
    SlotFactory,
    TableFactory,
)
from tests.factories import RepresentativeFactory, UserFactory, token_for

pytestmark = pytest.mark.django_db
TWENTY = dt.timedelta(minutes=20)


def build(zone, day, instants):
    """Meetings of Anna, who reads in Tokyo, at an event on a day; the slots begin at instants."""
    event = EventFactory(zone=zone, starts_on=day)
    TableFactory(event=event)
    ours = RegistrationFactory(event=event, company__legal_name="Romashka")
    anna = RepresentativeFactory(company=ours.company, person__time_zone="Asia/Tokyo").person
    own = ParticipantFactory(registration=ours, person=anna, name="Anna")
    meetings = [
        arrange_meeting(
            own,
            ParticipantFactory(registration=RegistrationFactory(event=event), speaking=True),
            slot=SlotFactory(event=event, starts_at=at, ends_at=at + TWENTY),
            by=UserFactory(superuser=True),
        )
        for at in instants
    ]
    return SimpleNamespace(event=event, anna=anna, meetings=meetings)


def by_name(written):
    """As a program has it that knows zones by their names: {UID: (first, last)}, in UTC."""
    return {
        str(one["UID"]): tuple(one[key].dt.astimezone(dt.UTC) for key in ("DTSTART", "DTEND"))
        for one in icalendar.Calendar.from_ical(written).walk("VEVENT")
    }


def by_rules(written):
    """As a program has it that goes only by the VTIMEZONE of the file."""
    # It keeps the zones of earlier files by their names; each file has to do by itself.
    vars(vobject.icalendar)["__tzidMap"].clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that it reads with
        return {
            one.uid.value: tuple(
                one.contents[key][0].value.astimezone(dt.UTC) for key in ("dtstart", "dtend")
            )
            for one in vobject.readOne(written).vevent_list
        }


def bare(text):
    """Without spaces and line ends, which a reader of PDF files and a mail's lines set anew."""
    return "".join(text.split())


@pytest.mark.parametrize(
    ("zone", "day", "instants", "told"),
    [
        (
            "Asia/Kolkata",
            dt.date(2031, 6, 26),
            [dt.datetime(2031, 6, 26, 3, 40, tzinfo=dt.UTC)],
            [("09:10–09:30", "Kolkata (UTC+5:30)", "12:40–13:00 your time (Tokyo)")],
        ),
        (  # clocks go back at 01:00 UTC: 02:30 comes twice
            "Europe/Berlin",
            dt.date(2031, 10, 26),
            [dt.datetime(2031, 10, 26, hour, 30, tzinfo=dt.UTC) for hour in (0, 1)],
            [
                ("02:30–02:50", "Berlin (UTC+2)", "09:30–09:50 your time (Tokyo)"),
                ("02:30–02:50", "Berlin (UTC+1)", "10:30–10:50 your time (Tokyo)"),
            ],
        ),
    ],
)
def test_a_meeting_is_told_alike_by_page_mail_paper_calendar_and_program(
    client, settings, zone, day, instants, told
):
    settings.BASE_URL = "https://market.example"
    world = build(zone, day, instants)
    client.force_login(world.anna)
    _feed, secret = open_feed(world.anna, name="Phone")
    event = [world.event.public_id]

    listed = client.get(reverse("event-timetable", args=event)).content.decode()
    paper = PdfReader(io.BytesIO(client.get(reverse("event-pdf", args=event)).content))
    printed = bare("".join(page.extract_text() for page in paper.pages))
    files = [
        client.get(reverse("event-calendar", args=event)).content.decode(),
        client.get(reverse("calendar-feed", args=[secret])).content.decode(),
    ]

    meant = {
        f"{one.uid}@market.example": (at, at + TWENTY)
        for one, at in zip(world.meetings, instants, strict=True)
    }
    assert [by_name(one) for one in files] == [by_rules(one) for one in files] == [meant, meant]
    for meeting, at, (span, where, own) in zip(world.meetings, instants, told, strict=True):
        page = client.get(reverse("meeting", args=[meeting.public_id])).content.decode()
        mail = Mail.objects.get(to=world.anna.email, calendar__contains=meeting.uid)
        for text in (page, listed, mail.text):
            for words in (span, where, own):
                assert words in text
        for words in (span, where, own):
            assert bare(words) in printed
        mailed = {f"{meeting.uid}@market.example": (at, at + TWENTY)}
        assert by_name(mail.calendar) == by_rules(mail.calendar) == mailed
        answer = client.get(
            reverse("api-meeting-detail", args=[meeting.public_id]),
            headers={"Authorization": f"Bearer {token_for(world.anna)}"},
        ).json()
        assert dt.datetime.fromisoformat(answer["slot"]["starts_at"]) == at
        assert dt.datetime.fromisoformat(answer["slot"]["ends_at"]) == at + TWENTY

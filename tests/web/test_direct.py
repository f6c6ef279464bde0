"""Meetings outside events on pages: asked, answered, moved; all meetings in one place."""

import datetime as dt
import re
import zoneinfo

import pytest
from django.urls import reverse

from marketplace.models import Meeting, MeetingRequest, TimeProposal
from marketplace.selectors.times import shown_time
from marketplace.services import direct
from tests import event_factories as make
from tests.factories import OpportunityFactory
from tests.marketplace.direct_world import colleague, side, soon

pytestmark = pytest.mark.django_db
TOKYO = zoneinfo.ZoneInfo("Asia/Tokyo")
MINSK = zoneinfo.ZoneInfo("Europe/Minsk")


class World:
    def __init__(self, client):
        self.client = client
        self.anna = side("Romashka", "Europe/Minsk", "BY", name="Anna")
        self.keiko = side("Asahi", "Asia/Tokyo", "JP", name="Keiko")

    def get(self, reader, page, *args, status=200, **query):
        self.client.force_login(reader)
        answer = self.client.get(reverse(page, args=args), query)
        assert answer.status_code == status, answer.content[:2000]
        return answer

    def post(self, reader, page, *args, status=302, **data):
        self.client.force_login(reader)
        answer = self.client.post(reverse(page, args=args), data)
        assert answer.status_code == status, answer.content.decode()[:6000]
        return answer

    def ask(self, *starts, **fields):
        fields.setdefault("message", "Our valves and your gauges")
        return direct.ask_directly(
            self.anna.company,
            self.keiko.company,
            by=self.anna.person,
            times=[(start, 30) for start in starts],
            **fields,
        )

    def agree(self, start=None):
        request = self.ask(start or soon())
        return direct.accept(request, by=self.keiko.person, slot=request.slots.get())


@pytest.fixture
def world(client):
    return World(client)


def typed(moment, zone):
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def asking(world, **data):
    return {
        "message": "Sensors?",
        "opportunity": "",
        "person": str(world.anna.person.public_id),
        "minutes": "30",
        "times_0": "",
        "times_1": "",
        "times_2": "",
        "link": "",
        "place": "",
        **data,
    }


def test_a_company_is_asked_from_its_page_by_the_clock_of_who_asks(world):
    to = world.keiko.company.public_id
    page = world.get(world.anna.person, "company", to)
    assert reverse("direct-ask", args=[to]) in page.content.decode()
    shown = world.get(world.anna.person, "direct-ask", to).content.decode()
    assert "By the clock of Minsk." in shown
    assert shown.count('type="datetime-local"') == direct.MOST_TIMES
    assert "You have 10 of 10 open requests left." in shown

    world.post(
        world.anna.person,
        "direct-ask",
        to,
        **asking(
            world,
            times_0=typed(soon(), MINSK),
            times_4=typed(soon() + dt.timedelta(hours=3), MINSK),
            link="meet.example/1",
            wants_interpreter="on",
        ),
    )

    request = MeetingRequest.objects.get()
    later = soon() + dt.timedelta(hours=3)
    assert sorted(slot.starts_at for slot in request.slots.all()) == [soon(), later]
    assert (request.link, request.wants_interpreter) == ("https://meet.example/1", True)


def test_what_was_typed_stays_when_it_is_refused(world):
    past = typed(soon(days=-1), MINSK)

    answer = world.post(
        world.anna.person,
        "direct-ask",
        world.keiko.company.public_id,
        status=422,
        **asking(world, times_1=past),
    )

    text = answer.content.decode()
    assert f'value="{past}"' in text
    assert "This time is over: choose a later one." in text
    assert "Sensors?" in text


def test_an_hour_that_the_clock_leaves_out_is_refused(world):
    berlin = side("Berlin Pumps", "Europe/Berlin", "DE")
    spring = next(
        day
        for day in (dt.date.today() + dt.timedelta(days=number) for number in range(366))
        if day.month == 3 and day.weekday() == 6 and day.day > 24
    )
    data = asking(world, times_0=f"{spring}T02:30", person=str(berlin.person.public_id))

    answer = world.post(
        berlin.person, "direct-ask", world.keiko.company.public_id, status=422, **data
    )

    assert "Europe/Berlin" in answer.content.decode()
    assert not MeetingRequest.objects.exists()


def test_the_partner_reads_it_in_its_own_time_and_accepts(world):
    request = world.ask(soon(), soon(2), place="Minsk, Pobediteley 1")
    page = world.get(world.keiko.person, "request", request.public_id).content.decode()
    assert "your time (Tokyo)" in page
    assert "Minsk, Pobediteley 1" in page
    form = world.get(world.keiko.person, "request-accept", request.public_id).content.decode()
    assert form.count('type="radio"') == 2

    world.post(
        world.keiko.person,
        "request-accept",
        request.public_id,
        slot=str(request.slots.last().public_id),
        person=str(world.keiko.person.public_id),
    )

    meeting = Meeting.objects.get()
    assert meeting.slot.starts_at == soon(2)
    shown = world.get(world.keiko.person, "meeting", meeting.public_id).content.decode()
    assert world.anna.person.email in shown
    assert "/events/" not in shown.split("<main")[1].split("</main>")[0]


def test_where_any_time_would_do_it_is_typed_on_accepting(world):
    request = world.ask()
    form = world.get(world.keiko.person, "request-accept", request.public_id).content.decode()
    assert "By the clock of Tokyo." in form
    assert "these would do for both" in form

    world.post(
        world.keiko.person,
        "request-accept",
        request.public_id,
        starts_at=typed(soon(1), TOKYO),
        minutes="45",
        person=str(world.keiko.person.public_id),
    )

    slot = Meeting.objects.get().slot
    assert (slot.starts_at, slot.minutes) == (soon(1), 45)


def pressed_in(page):
    """What the buttons of suggested times send, in order."""
    return re.findall(r'name="at" value="([^"]+)"', page)


def test_a_suggested_time_is_agreed_to_by_its_button(world):
    request = world.ask()
    page = world.get(world.keiko.person, "request-accept", request.public_id).content.decode()
    first, second, _third = pressed_in(page)
    # Enter in a field presses the first button of a form: that is never a time.
    assert page.index(">Accept</button>") < page.index('name="at"')

    world.post(
        world.keiko.person,
        "request-accept",
        request.public_id,
        at=second,
        starts_at=typed(soon(1), TOKYO),
        minutes="30",
        person=str(world.keiko.person.public_id),
    )

    slot = Meeting.objects.get().slot
    assert slot.starts_at == dt.datetime.fromisoformat(second) != dt.datetime.fromisoformat(first)


def test_a_suggested_time_is_proposed_alone_with_what_was_typed_beside(world):
    request = world.ask(soon())
    page = world.get(world.keiko.person, "request-propose", request.public_id).content.decode()
    at = pressed_in(page)[0]

    world.post(
        world.keiko.person,
        "request-propose",
        request.public_id,
        at=at,
        times_0=typed(soon(3), TOKYO),
        minutes="30",
        message="We are in a fair",
    )

    assert [slot.starts_at.isoformat() for slot in request.slots.all()] == [at]
    place = world.get(world.anna.person, "meetings").content.decode()
    assert "We are in a fair" in place


@pytest.mark.parametrize("at", ["", "tomorrow", "2026-02-31T10:00:00+00:00", "2026-06-01T10:00"])
def test_a_button_that_sends_no_time_is_told_that_a_time_is_missing(world, at):
    request = world.ask()
    data = {"at": at, "minutes": "30", "person": str(world.keiko.person.public_id)}

    answer = world.post(world.keiko.person, "request-accept", request.public_id, status=422, **data)

    assert "This field is required." in answer.content.decode()


def test_who_is_busy_then_reads_three_times_that_are_free(world):
    world.agree(soon())
    third = side("Third", "Europe/Minsk", "BY")
    request = direct.ask_directly(
        third.company,
        world.keiko.company,
        by=third.person,
        times=[(soon(), 30)],
    )

    said = {"person": str(world.keiko.person.public_id)}
    key = request.public_id
    shown = world.get(world.keiko.person, "request-accept", key).content.decode()
    unsaid = world.post(world.keiko.person, "request-accept", key, status=422, **said)
    answer = world.post(
        world.keiko.person,
        "request-accept",
        key,
        status=422,
        slot=str(request.slots.get().public_id),
        **said,
    )

    none = "None of the times that they gave is free for both sides any more"
    told = "This time is taken. Still free:"
    for page, alert, other in (
        (shown, none, told),
        (unsaid.content.decode(), none, "This field is required."),
        (answer.content.decode(), told, none),
    ):
        # Beside it the one of every page, hidden until the server does not answer.
        assert (page.count('role="alert"'), alert in page, other in page) == (2, True, False)
        assert ">Accept</button>" not in page
        assert f'href="{reverse("request-propose", args=[key])}"' in page


def test_times_are_typed_by_the_clock_that_is_shown(world):
    moscow, minsk = side("Step", "Europe/Moscow", "RU"), side("Gomel", "Europe/Minsk", "BY")
    times = [(soon(), 30)]
    asked = direct.ask_directly(moscow.company, minsk.company, by=moscow.person, times=times)

    page = world.get(minsk.person, "request-propose", asked.public_id).content.decode()

    assert "Moscow (UTC+3)" in page
    assert "By the clock of Moscow." in page
    assert "Minsk" not in page.partition("<form")[2]
    there = world.ask(soon())
    told = world.get(world.keiko.person, "request-propose", there.public_id).content.decode()
    assert "By the clock of Tokyo." in told


def test_overlapping_times_and_an_empty_request_are_refused_beside_their_fields(world):
    asked = world.ask(soon())
    close = soon(3) + dt.timedelta(minutes=15)
    data = {"times_0": typed(soon(3), TOKYO), "times_1": typed(close, TOKYO), "minutes": "30"}

    answer = world.post(
        world.keiko.person, "request-propose", asked.public_id, status=422, times_2="", **data
    )
    assert "Two of these times overlap" in str(answer.context["form"].errors["times"])
    assert typed(close, TOKYO) in answer.content.decode()

    other = side("Third")
    empty = asking(world, message="", place="Minsk")
    bare = world.post(world.anna.person, "direct-ask", other.company.public_id, status=422, **empty)
    assert "write a message" in str(bare.context["form"].errors["message"])
    assert 'value="Minsk"' in bare.content.decode()


def test_other_times_are_proposed_and_one_is_accepted(world):
    request = world.ask(soon())

    world.post(
        world.keiko.person,
        "request-propose",
        request.public_id,
        times_0=typed(soon(3), TOKYO),
        times_1="",
        times_2="",
        minutes="30",
        message="We are in a fair",
    )
    place = world.get(world.anna.person, "meetings").content.decode()
    assert "We are in a fair" in place
    world.post(
        world.anna.person,
        "request-accept",
        request.public_id,
        slot=str(request.slots.get().public_id),
        person=str(world.anna.person.public_id),
    )

    assert Meeting.objects.get().slot.starts_at == soon(3)


def test_a_meeting_moves_when_the_other_side_agrees(world):
    meeting = world.agree()

    world.post(
        world.anna.person,
        "meeting-move",
        meeting.public_id,
        times_0=typed(soon(5), MINSK),
        times_1="",
        times_2="",
        minutes="30",
        message="",
    )
    slot = TimeProposal.objects.get().slots.get()
    world.post(
        world.keiko.person,
        "meeting-moved",
        meeting.public_id,
        answer="accept",
        slot=str(slot.public_id),
    )

    moved = Meeting.objects.get()
    assert moved.slot.starts_at == soon(5)
    page = world.get(world.anna.person, "meeting", meeting.public_id).content.decode()
    was = shown_time(
        meeting.slot.starts_at, meeting.slot.ends_at, zone=moved.event.zone, reader="Europe/Minsk"
    )
    assert f"Before: {was}" in page


def test_link_place_and_people_are_changed_on_the_meeting(world):
    second = colleague(world.keiko, name="Sato")
    meeting = world.agree()

    world.post(
        world.keiko.person, "meeting-where", meeting.public_id, link="meet.example/2", place=""
    )
    world.post(
        world.keiko.person, "meeting-colleague", meeting.public_id, person=str(second.public_id)
    )

    meeting.refresh_from_db()
    assert (meeting.link, meeting.host.person) == ("https://meet.example/2", second)
    shown = world.get(world.anna.person, "meeting", meeting.public_id).content.decode()
    assert "Sato" in shown
    assert "Before: https://" not in shown
    world.post(
        world.keiko.person, "meeting-where", meeting.public_id, link="", place="Our office, Nagoya"
    )
    shown = world.get(world.anna.person, "meeting", meeting.public_id).content.decode()
    assert "<dd>none<br>" in shown
    assert "Before: Online<" in shown
    assert "Before: https://meet.example/2" in shown
    world.post(world.keiko.person, "meeting-where", meeting.public_id, link="", place="")
    warned = world.get(world.keiko.person, "meeting", meeting.public_id).content.decode()
    assert "There is neither a place nor a link now" in warned
    assert "neither place nor link is given yet" in warned
    shown = world.get(world.anna.person, "meeting", meeting.public_id).content.decode()
    assert "Before: https://meet.example/2" in shown
    assert "Before: Our office, Nagoya" in shown
    world.post(
        world.keiko.person, "meeting-where", meeting.public_id, link="meet.example/3", place="Hotel"
    )
    shown = world.get(world.anna.person, "meeting", meeting.public_id).content.decode()
    assert "Online, Hotel<br>" in shown
    assert "Before: https://meet.example/2" in shown
    assert "Before: Our office, Nagoya" in shown


def test_a_third_company_is_asked_to_come_and_leaves_again(world):
    meeting = world.agree()
    third = side("Minsk Pumps", "Europe/Minsk", "BY")
    to = third.company.public_id
    form = world.get(world.anna.person, "direct-join", to).content.decode()
    assert "Asahi" in form

    world.post(world.anna.person, "direct-join", to, meeting=str(meeting.public_id), message="")
    request = MeetingRequest.objects.get(joins=meeting)
    page = world.get(third.person, "request", request.public_id).content.decode()
    assert "To come to a meeting that others have agreed on" in page
    assert reverse("request-propose", args=[request.public_id]) not in page
    world.post(
        third.person, "request-accept", request.public_id, person=str(third.person.public_id)
    )
    assert meeting.others.get().person == third.person
    shown = world.get(third.person, "meeting", meeting.public_id).content.decode()
    assert "Leave the meeting" in shown
    world.post(third.person, "meeting-cancel", meeting.public_id, reason="Ill")

    meeting.refresh_from_db()
    assert (meeting.status, meeting.others.count()) == ("confirmed", 0)


def test_strangers_and_staff_find_nothing(world):
    from tests.factories import StaffFactory

    meeting = world.agree()
    stranger = side("Stranger").person
    staff = StaffFactory(chamber=meeting.event.chamber).person
    request = meeting.request.public_id

    for person in (stranger, staff):
        world.get(person, "meeting", meeting.public_id, status=404)
        world.get(person, "request", request, status=404)
        world.get(person, "meeting-where", meeting.public_id, status=404)
        world.get(person, "meeting-colleague", meeting.public_id, status=404)
    world.get(world.anna.person, "event", meeting.event.public_id, status=404)


def test_the_names_of_anonymous_items_are_not_offered_to_talk_about(world):
    OpportunityFactory(
        company=world.keiko.company, title={"en": "Secret pumps"}, is_anonymous=True, published=True
    )
    OpportunityFactory(company=world.keiko.company, title={"en": "Open pumps"}, published=True)

    form = world.get(world.anna.person, "direct-ask", world.keiko.company.public_id)

    assert "Open pumps" in form.content.decode()
    assert "Secret pumps" not in form.content.decode()


@pytest.mark.parametrize("tab", ["incoming", "sent", "scheduled", "past"])
@pytest.mark.parametrize("count", [1, 3])
def test_all_meetings_stand_in_one_place_with_constant_queries(
    world, tab, count, django_assert_num_queries
):
    for number in range(count):
        other = side(f"Partner {number}", "Asia/Tokyo", "JP")
        event = make.EventFactory(starts_on=dt.date.today() + dt.timedelta(days=30 + 3 * number))
        own = make.ParticipantFactory(
            registration__event=event,
            registration__company=world.anna.company,
            person=world.anna.person,
        )
        theirs = make.ParticipantFactory(registration__event=event)
        make.MeetingRequestFactory(
            event=event, requester=theirs.registration, partner=own.registration
        )
        make.MeetingFactory(event=event, host=own, placed=True)
        make.MeetingFactory(event=event, host=own, status="cancelled")
        one = direct.ask_directly(
            world.anna.company,
            other.company,
            by=world.anna.person,
            message=f"To {other.company.told}",
        )
        if number:
            direct.accept(one, by=other.person, starts_at=soon(number), minutes=30)
    world.get(world.anna.person, "meetings", tab=tab)

    with django_assert_num_queries(16 if tab == "incoming" else 15):  # why to meet
        page = world.get(world.anna.person, "meetings", tab=tab)

    counts = {"incoming": count, "sent": 1, "scheduled": 2 * count - 1, "past": count}
    assert page.context["place"].counts == counts
    assert len(page.context["place"].rows) == counts[tab]

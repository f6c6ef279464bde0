"""Meetings outside events: two companies give times themselves, by the services of all meetings."""

import datetime as dt
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone, translation

from chambers.models import Mail, Representative
from marketplace.models import Booking, Event, Meeting, MeetingRequest, Registration
from marketplace.selectors.agenda import former_of
from marketplace.selectors.feeds import appointments_of
from marketplace.selectors.times import tell_hours
from marketplace.services import direct, direct_meetings, meetings, moves, requests
from marketplace.services.answer_links import answer_links
from marketplace.services.rules import DIRECT_MOST, direct_quota_left
from tests import event_factories as make
from tests import factories
from tests.marketplace.direct_world import colleague, side, soon
from tests.marketplace.refusals import refused

S = MeetingRequest.Status
HOUR = dt.timedelta(hours=1)


class World:
    def __init__(self):
        self.anna = side("Romashka", "Europe/Minsk", "BY")
        self.keiko = side("Asahi", "Asia/Tokyo", "JP")

    def ask(self, *starts, **fields):
        fields.setdefault("message", "Our valves and your gauges")
        return direct.ask_directly(
            self.anna.company,
            self.keiko.company,
            by=self.anna.person,
            times=[(start, 30) for start in starts],
            **fields,
        )

    def agree(self, *starts, **fields):
        request = self.ask(*(starts or (soon(),)), **fields)
        return direct.accept(request, by=self.keiko.person, slot=request.slots.first())


@pytest.fixture
def world(db):
    return World()


def kinds(person):
    return list(Mail.objects.filter(to=person.email).order_by("pk").values_list("kind", flat=True))


def test_a_company_asks_another_outside_events_at_times_that_suit_it(world):
    request = world.ask(soon(), soon(2), message="Sensors?", place="Minsk, Pobediteley 1")

    assert (request.status, request.partner.company) == (S.PENDING, world.keiko.company)
    assert request.event.zone == "Europe/Minsk"
    assert request.event.place == "Minsk, Pobediteley 1"
    assert [one.starts_at for one in request.slots.all()] == [soon(), soon(2)]
    assert request.participant.person == world.anna.person
    assert kinds(world.keiko.person) == ["request_received"]
    assert not Booking.objects.exists()


def test_it_is_accepted_at_one_of_these_times(world):
    request = world.ask(soon(), soon(2), link="https://meet.example/romashka")

    meeting = direct.accept(request, by=world.keiko.person, slot=request.slots.last())

    assert meeting.slot.starts_at == soon(2)
    assert (meeting.host.person, meeting.guest.person) == (world.keiko.person, world.anna.person)
    assert (meeting.status, meeting.link) == ("confirmed", "https://meet.example/romashka")
    invitation = Mail.objects.get(to=world.anna.person.email, kind="meeting_accepted")
    assert f"UID:{meeting.uid}@" in invitation.calendar
    assert invitation.method == "REQUEST"


def test_who_presses_accept_in_the_mail_is_who_comes(world, client):
    request = world.ask(soon())
    second = colleague(world.keiko, name="Sato")
    address = urlsplit(answer_links(request, second)["accept"])

    assert client.post(f"{address.path}?{address.query}").status_code == 200

    assert Meeting.objects.get().host.person == second


def test_where_any_time_would_do_the_mail_leads_to_the_page_alone(world):
    request = world.ask()

    assert answer_links(request, world.keiko.person) == {}
    text = Mail.objects.get(to=world.keiko.person.email).text
    assert "/links/" not in text.partition("-- ")[0]
    assert f"/requests/{request.public_id}/" in text


def test_where_any_time_would_do_who_accepts_gives_one(world):
    request = world.ask()

    refused("no_times", direct.accept, request, by=world.keiko.person)
    meeting = direct.accept(request, by=world.keiko.person, starts_at=soon(3), minutes=45)

    assert (meeting.slot.starts_at, meeting.slot.minutes) == (soon(3), 45)


def test_a_time_that_was_not_given_is_proposed_not_accepted(world):
    request = world.ask(soon())

    refused("not_offered", direct.accept, request, by=world.keiko.person, starts_at=soon(1))

    assert request.event.slots.count() == 1


def test_other_times_are_proposed_and_who_proposed_them_comes(world):
    second = colleague(world.keiko, name="Sato")
    request = world.ask(soon())

    direct.propose_times(request, [(soon(4), 30), (soon(5), 30)], by=second)
    request.refresh_from_db()
    meeting = direct.accept(
        request, by=world.anna.person, slot=request.slots.order_by("starts_at").last()
    )

    assert meeting.slot.starts_at == soon(5)
    assert {one.person for one in meeting.people()} == {world.anna.person, second}


def test_no_more_than_five_times_are_asked_for_and_three_proposed(world):
    refused("too_many_times", world.ask, *(soon(number) for number in range(6)))
    request = world.ask(soon())

    refused(
        "too_many_times",
        direct.propose_times,
        request,
        [(soon(number), 30) for number in range(4)],
        by=world.keiko.person,
    )

    assert MeetingRequest.objects.get().status == S.PENDING


@pytest.mark.parametrize(
    ("start", "minutes", "code"),
    [
        (dt.timedelta(minutes=-1), 30, "past"),
        (dt.timedelta(days=400), 30, "too_far"),
        (dt.timedelta(days=1), 4, "bad_length"),
        (dt.timedelta(days=1), 481, "bad_length"),
    ],
)
def test_a_time_lies_ahead_and_has_a_usual_length(world, start, minutes, code):
    refused(
        code,
        direct.ask_directly,
        world.anna.company,
        world.keiko.company,
        by=world.anna.person,
        times=[(timezone.now() + start, minutes)],
    )

    assert not Event.objects.exists()


@pytest.mark.parametrize("said", ["", "  \n"])
def test_a_request_says_what_it_is_about_or_when(world, said):
    item = factories.OpportunityFactory(company=world.keiko.company, published=True)

    refused("says_nothing", world.ask, message=said, place="Minsk", link="https://meet.example/1")
    assert direct_quota_left(world.anna.company) == DIRECT_MOST
    assert not Event.objects.exists()

    requests.withdraw_request(world.ask(message=said, opportunity=item), by=world.anna.person)
    assert world.ask(soon(), message=said).status == S.PENDING


def test_times_that_overlap_are_refused_and_those_that_touch_are_not(world):
    quarter, half = dt.timedelta(minutes=15), dt.timedelta(minutes=30)
    meeting = world.agree()
    propose = partial(direct.propose_move, meeting, by=world.keiko.person)

    error = refused("overlap", propose, times=[(soon(3), 30), (soon(3) - quarter, 30)])
    assert "30 minutes" in error.messages[0]
    refused("overlap", world.ask, soon(), soon() + quarter)

    proposal = propose(times=[(soon(3), 30), (soon(3) + half, 30), (soon(3), 30)])
    assert proposal.slots.count() == 2


def test_ten_requests_of_a_company_wait_at_once_and_an_answer_gives_one_back(world):
    asked = []
    for number in range(DIRECT_MOST):
        other = side(f"Partner {number}", "Asia/Tokyo", "JP")
        asked.append(
            direct.ask_directly(
                world.anna.company,
                other.company,
                by=world.anna.person,
                message=f"Valves for partner {chr(65 + number)}",
            )
        )

    assert direct_quota_left(world.anna.company) == 0
    refused("quota", world.ask)
    requests.withdraw_request(asked[0], by=world.anna.person)
    assert direct_quota_left(world.anna.company) == 1
    world.ask()


def test_the_very_same_words_go_to_five_partners_at_most(world):
    for number in range(5):
        other = side(f"Partner {number}", "Asia/Tokyo", "JP")
        direct.ask_directly(
            world.anna.company, other.company, by=world.anna.person, message="Buy now"
        )

    refused("same_text", world.ask, message="Buy now")
    world.ask(message="Your pumps and our valves")


def test_two_companies_have_one_open_request_whoever_asks(world):
    world.ask()

    refused("already_requested", world.ask)
    refused(
        "already_requested",
        direct.ask_directly,
        world.keiko.company,
        world.anna.company,
        by=world.keiko.person,
    )


def test_only_members_ask_and_only_who_could_read_it_is_asked(world):
    stranger = factories.RepresentativeFactory(company__legal_name="No member")
    silent = factories.CompanyFactory(member=True)

    refused(
        "members_only",
        direct.ask_directly,
        stranger.company,
        world.keiko.company,
        by=stranger.person,
    )
    refused(
        "nobody_answers",
        direct.ask_directly,
        world.anna.company,
        silent,
        by=world.anna.person,
    )
    with pytest.raises(PermissionDenied):
        direct.ask_directly(world.keiko.company, silent, by=world.anna.person)


def test_who_is_excluded_is_refused_without_saying_by_whom(world):
    world.keiko.company.excluded_companies.add(world.anna.company)

    error = refused("not_possible", world.ask)

    assert error.message == "A meeting with this company is not possible."


def test_readers_of_a_company_neither_ask_nor_answer(world):
    reader = colleague(world.keiko, name="Reader")
    Representative.objects.filter(person=reader).update(role=Representative.Role.VIEWER)
    request = world.ask(soon())

    with pytest.raises(PermissionDenied):
        direct.accept(request, by=reader, slot=request.slots.get())

    assert not Meeting.objects.exists()


def test_it_expires_when_its_last_time_begins_or_after_ten_days(world):
    before = timezone.now()
    other = side("Other", "Asia/Tokyo", "JP")

    dated = world.ask(soon(days=2), soon(days=3))
    free = direct.ask_directly(
        world.anna.company, other.company, by=world.anna.person, message="Valves?"
    )

    assert dated.expires_at == soon(days=3)
    assert before + dt.timedelta(days=10) <= free.expires_at <= before + dt.timedelta(days=11)
    requests.expire_requests(dated.expires_at)
    assert MeetingRequest.objects.get(pk=dated.pk).status == S.EXPIRED
    assert kinds(world.anna.person) == ["request_expired"]
    assert direct_quota_left(world.anna.company) == DIRECT_MOST - 1


def test_the_old_time_stays_until_the_other_side_agrees_to_a_new_one(world):
    meeting = world.agree()
    (slot,) = direct.add_times(meeting.event, [(soon(6), 30)])

    proposal = moves.propose_move(meeting, [slot], by=world.anna.person)
    assert Meeting.objects.get().slot.starts_at == soon()
    moved = moves.accept_move(proposal, slot=slot, by=world.keiko.person)

    assert (moved.slot.starts_at, moved.sequence) == (soon(6), 2)
    assert kinds(world.keiko.person)[-1] == "meeting_moved"


def test_a_cancelled_meeting_frees_its_people_and_tells_both(world):
    meeting = world.agree()

    meetings.cancel_meeting(meeting, by=world.keiko.person, reason="The plant is closed")

    assert not Booking.objects.exists()
    mail = Mail.objects.get(to=world.anna.person.email, kind="meeting_cancelled")
    assert mail.method == "CANCEL"
    assert "The plant is closed" in mail.text
    assert "/en/meetings/" in mail.text


def test_it_stands_in_the_calendar_that_a_person_subscribes_to(world):
    meeting = world.agree(link="https://meet.example/1")

    (entry,) = appointments_of(world.keiko.person)

    assert entry.uid.startswith(f"{meeting.uid}@")
    assert (entry.url, entry.place) == ("https://meet.example/1", "Online")
    assert "Direct meeting" in entry.text
    assert entry.text.endswith(f"/en/meetings/{meeting.public_id}/")


# ---------------------------------------------------------------- one place at a time
def test_who_meets_elsewhere_then_is_told_what_else_is_free(world):
    world.agree(soon())
    third = side("Third", "Asia/Tokyo", "JP")
    request = direct.ask_directly(
        third.company,
        world.keiko.company,
        by=third.person,
        times=[(soon(), 30), (soon(2), 30)],
    )

    error = refused(
        "taken", direct.accept, request, by=world.keiko.person, slot=request.slots.first()
    )

    assert error.params["free"] == [str(request.slots.last().public_id)]
    assert error.params["times"].count(";") == 2
    assert "Romashka" not in error.params["times"]


def test_a_meeting_at_an_event_keeps_its_people_from_meeting_elsewhere(world):
    event = make.EventFactory(walking_minutes=10)
    slot = make.SlotFactory(event=event)
    coming = make.ParticipantFactory(registration__event=event, person=world.keiko.person)
    make.MeetingFactory(event=event, host=coming, placed=True, slot=slot)
    request = world.ask(slot.ends_at + dt.timedelta(minutes=5))

    refused("taken", direct.accept, request, by=world.keiko.person, slot=request.slots.get())


def test_a_direct_meeting_is_away_for_what_an_event_seats(world):
    from marketplace.selectors.problems import read_event

    event = make.EventFactory()
    slots = make.SlotFactory.create_batch(3, event=event)
    coming = make.ParticipantFactory(registration__event=event, person=world.keiko.person)
    make.MeetingFactory(event=event, host=coming)
    world.agree(slots[1].starts_at + dt.timedelta(minutes=5))

    reading = read_event(event)

    number = reading.calendars.index(f"participant:{coming.public_id}")
    assert reading.problem.forbidden[number] == {1, 2}
    assert reading.problem.domains == ((0,),)


def test_who_comes_for_two_companies_has_one_calendar(world):
    from marketplace.selectors.problems import read_event

    event = make.EventFactory()
    make.SlotFactory.create_batch(2, event=event)
    twice = [
        make.ParticipantFactory(registration__event=event, person=world.keiko.person)
        for _number in range(2)
    ]
    for one in twice:
        make.MeetingFactory(event=event, host=one)

    problem = read_event(event).problem

    first, second = problem.meetings
    assert len(set(first) & set(second)) == 1
    assert problem.participants == 3


# ---------------------------------------------------------------- who reads it
def test_no_list_of_events_shows_it_and_no_staff_sees_it(world):
    meeting = world.agree()
    chamber = meeting.event.chamber
    manager = factories.StaffFactory(chamber=chamber).person
    superuser = factories.UserFactory(is_superuser=True, is_staff=True)

    for reader in (world.anna.person, manager, superuser):
        assert not Event.objects.visible_to(reader).exists()
        assert not Event.objects.served_by(reader).exists()
        assert not Event.objects.managed_by(reader).exists()
        assert not Registration.objects.served_by(reader).exists()
    assert not Meeting.objects.visible_to(manager).exists()
    assert not MeetingRequest.objects.visible_to(manager).exists()
    assert not Registration.objects.visible_to(manager).exists()
    assert Meeting.objects.visible_to(world.anna.person).get() == meeting
    assert set(Mail.objects.values_list("chamber", flat=True)) == {None}


def test_who_has_given_no_name_is_not_known_by_their_address(world):
    nameless = colleague(world.anna, name="", email="private@romashka.example")

    ours = world.ask(soon()).event.registrations.get(company=world.anna.company)

    person = ours.participants.get(person=nameless)
    assert person.name == "A representative of Romashka"
    with translation.override("ru"):
        assert person.name == "Представитель Romashka"


# ---------------------------------------------------------------- a third company
def test_a_third_company_joins_and_all_are_told(world):
    meeting = world.agree(link="https://meet.example/1")
    third = side("Minsk Pumps", "Europe/Minsk", "BY")

    request = direct_meetings.ask_to_join(meeting, third.company, by=world.keiko.person)
    assert "Asahi, Romashka" in Mail.objects.get(to=third.person.email).text
    joined = direct.accept(request, by=third.person)

    assert joined.pk == meeting.pk
    assert [one.person for one in joined.people()] == [
        world.keiko.person,
        world.anna.person,
        third.person,
    ]
    assert Booking.objects.filter(meeting=meeting).count() == 3
    for person in (world.anna.person, world.keiko.person, third.person):
        mail = Mail.objects.get(to=person.email, kind="meeting_joined")
        assert "SEQUENCE:2" in mail.calendar


def test_who_came_along_leaves_and_the_meeting_goes_on(world):
    meeting = world.agree()
    third = side("Minsk Pumps", "Europe/Minsk", "BY")
    direct.accept(
        direct_meetings.ask_to_join(meeting, third.company, by=world.anna.person), by=third.person
    )

    meetings.cancel_meeting(meeting, by=third.person, reason="Ill")

    meeting.refresh_from_db()
    assert meeting.status == "confirmed"
    assert Booking.objects.filter(meeting=meeting).count() == 2
    assert kinds(third.person)[-1] == "people_left"


def test_an_invitation_ends_with_its_meeting(world):
    meeting = world.agree()
    third = side("Minsk Pumps", "Europe/Minsk", "BY")
    request = direct_meetings.ask_to_join(meeting, third.company, by=world.anna.person)

    meetings.cancel_meeting(meeting, by=world.keiko.person, reason="Ill")

    request.refresh_from_db()
    assert request.status == S.EXPIRED
    assert kinds(third.person) == ["request_received", "request_times_gone"]


def test_who_has_another_meeting_then_does_not_join(world):
    meeting = world.agree()
    third = side("Minsk Pumps", "Europe/Minsk", "BY")
    request = direct_meetings.ask_to_join(meeting, third.company, by=world.anna.person)
    other = side("Fourth", "Europe/Minsk", "BY")
    busy = direct.ask_directly(other.company, third.company, by=other.person, times=[(soon(), 30)])
    direct.accept(busy, by=third.person, slot=busy.slots.get())

    refused("taken", direct.accept, request, by=third.person)

    assert meeting.others.count() == 0


# ---------------------------------------------------------------- place and people
def test_where_one_meets_is_told_to_all_with_the_same_entry_of_the_calendar(world):
    meeting = world.agree()

    direct_meetings.set_place(meeting, by=world.keiko.person, link="https://meet.example/asahi")
    direct_meetings.set_place(meeting, by=world.keiko.person, link="https://meet.example/asahi")
    refused(
        "invalid",
        direct_meetings.set_place,
        meeting,
        by=world.keiko.person,
        link="javascript:alert(1)",
    )
    mail = Mail.objects.get(to=world.anna.person.email, kind="meeting_moved")
    by_her_clock = tell_hours(meeting.slot.starts_at, meeting.slot.ends_at, zone="Europe/Minsk")
    assert mail.subject == f"Another place or link: {by_her_clock} Minsk, Asahi"
    assert "keeps its time" in mail.text
    assert "Before:" not in mail.text
    assert "https://meet.example/asahi" in mail.text
    assert f"UID:{meeting.uid}@" in mail.calendar
    assert "SEQUENCE:2" in mail.calendar
    direct_meetings.set_place(meeting, by=world.keiko.person, place="Hotel Okura, lobby")
    text = Mail.objects.filter(to=world.anna.person.email, kind="meeting_moved").latest("pk").text
    before, now = text.partition("Before: ")[2].split("Now: ")
    assert ("Online\n    https://meet.example/asahi" in before, "Hotel Okura" in before) == (
        True,
        False,
    )
    assert ("Hotel Okura, lobby" in now, "meet.example" in now) == (True, False)
    assert former_of(Meeting.objects.get(), None).place == "Online"
    direct_meetings.set_place(
        meeting, by=world.keiko.person, place="Hotel Okura, bar", link="https://meet.example/asahi"
    )
    text = Mail.objects.filter(to=world.anna.person.email, kind="meeting_moved").latest("pk").text
    before, now = text.partition("Before: ")[2].split("Now: ")
    assert ("Hotel Okura, lobby" in before, "Online, Hotel Okura, bar" in now) == (True, True)
    direct_meetings.set_place(meeting, by=world.keiko.person)
    text = Mail.objects.filter(to=world.anna.person.email, kind="meeting_moved").latest("pk").text
    assert "Neither place nor link is given now" in text


def test_a_colleague_goes_instead_and_the_partner_reads_who(world):
    second = colleague(world.keiko, name="Sato")
    meeting = world.agree()

    direct_meetings.send_colleague(meeting, second, by=world.keiko.person)

    meeting.refresh_from_db()
    assert meeting.host.person == second
    assert not Booking.objects.filter(person=world.keiko.person).exists()
    assert Mail.objects.get(kind="people_left", to=world.keiko.person.email).method == "CANCEL"
    assert "Sato" in Mail.objects.get(kind="people_changed", to=world.anna.person.email).text


def test_who_joined_the_company_since_may_go_and_a_stranger_may_not(world):
    meeting = world.agree()
    newcomer = colleague(world.anna, name="Boris")

    refused(
        "not_of_company",
        direct_meetings.send_colleague,
        meeting,
        world.keiko.person,
        by=world.anna.person,
    )
    assert meeting.request.participant.person == world.anna.person
    direct_meetings.send_colleague(meeting, newcomer, by=world.anna.person)
    meeting.request.refresh_from_db()
    assert meeting.request.participant.person == newcomer  # the request names who comes

    meeting.refresh_from_db()
    assert meeting.guest.person == newcomer


def test_strangers_change_nothing(world):
    meeting = world.agree()
    manager = factories.StaffFactory(chamber=meeting.event.chamber).person

    for call in (
        lambda: direct_meetings.set_place(meeting, by=manager, place="Elsewhere"),
        lambda: direct_meetings.send_colleague(meeting, manager, by=manager),
        lambda: direct.propose_move(meeting, [(soon(3), 30)], by=manager),
        lambda: meetings.cancel_meeting(meeting, by=manager, reason="No"),
    ):
        with pytest.raises(PermissionDenied):
            call()

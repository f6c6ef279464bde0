"""A direct meeting that wants an interpreter gets an answer from the chamber of who asked."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from chambers.admin_site import queues_for
from chambers.models import Mail
from marketplace.models import Booking, Interpreter, InterpreterWish, Meeting
from marketplace.selectors.appointments import appointment_of
from marketplace.services import direct, moves
from marketplace.services.interpreting import answer_wish, interpreters_for
from tests import event_factories as make
from tests import factories
from tests.marketplace.direct_world import side, soon
from tests.marketplace.refusals import refused

pytestmark = pytest.mark.django_db
State = InterpreterWish.State


class World:
    """Romashka asked Asahi; the chamber of Romashka has an event with an interpreter."""

    def __init__(self):
        self.anna, self.keiko = side("Romashka"), side("Asahi", "Asia/Tokyo", "JP")
        self.chamber = self.anna.company.memberships.get().chamber
        self.manager = factories.StaffFactory(chamber=self.chamber).person
        self.olga = make.InterpreterFactory(
            event__chamber=self.chamber, name="Olga Petrova", languages=["ja", "ru"]
        )

    def agree(self, hours=0, *, partner=None, wants_interpreter=True):
        partner = partner or self.keiko
        request = direct.ask_directly(
            self.anna.company,
            partner.company,
            by=self.anna.person,
            times=[(soon(hours), 30)],
            message="Our secret price is 7",
            wants_interpreter=wants_interpreter,
        )
        return direct.accept(request, by=partner.person, slot=request.slots.first())

    def wish(self, *args, **fields):
        return self.agree(*args, **fields).interpreter_wish

    def both(self):
        return {self.anna.person.email, self.keiko.person.email}


@pytest.fixture
def world():
    return World()


def waiting(person):
    """What the queue of a member of staff counts."""
    name = "Meetings outside events that want an interpreter"
    return {one.title: one.count for one in queues_for(person)}[name]


def test_the_chamber_of_who_asked_sees_it_and_no_other_and_no_word_of_the_two(client, world):
    wish = world.wish()
    world.agree(4, partner=side("Third"), wants_interpreter=False)
    theirs = factories.StaffFactory(chamber=world.keiko.company.memberships.get().chamber).person
    address = reverse("admin:marketplace_interpreterwish_changelist")

    assert [waiting(world.manager), waiting(theirs)] == [1, 0]
    client.force_login(world.manager)
    page = client.get(address).content.decode()
    row = client.get(reverse("admin:marketplace_interpreterwish_change", args=[wish.pk]))
    answer = client.get(reverse("admin:marketplace_interpreterwish_answer", args=[wish.pk]))
    client.force_login(theirs)
    hidden = client.get(reverse("admin:marketplace_interpreterwish_answer", args=[wish.pk]))

    assert "Romashka" in page
    assert page.index("column-to_do") < page.index("column-time")  # in sight on a phone
    assert "Olga Petrova (Japanese, Russian)" in answer.content.decode()
    assert "secret" not in page + row.content.decode() + answer.content.decode()
    assert hidden.status_code == 404
    assert not Meeting.objects.served_by(world.manager).exists()


def test_a_named_interpreter_is_read_in_mail_calendar_page_and_api(client, world):
    wish = world.wish()
    before = wish.meeting.sequence
    client.force_login(world.manager)
    address = reverse("admin:marketplace_interpreterwish_answer", args=[wish.pk])

    client.post(address, {"interpreter": world.olga.public_id, "note": "We pay."})

    meeting = Meeting.objects.get()
    assert (meeting.interpreter, meeting.sequence) == (world.olga, before + 1)
    mails = Mail.objects.filter(kind="meeting_interpreter")
    assert {one.to for one in mails} == world.both()
    assert all("Olga Petrova" in one.text and "We pay." in one.text for one in mails)
    assert all("Olga Petrova" in one.calendar.replace("\r\n ", "") for one in mails)
    assert all(one.chamber is None for one in mails)
    assert "Olga Petrova" in appointment_of(meeting, reader=meeting.host).text
    assert waiting(world.manager) == 0
    for person in (world.anna.person, world.keiko.person):
        client.force_login(person)
        page = client.get(reverse("meeting", args=[meeting.public_id])).content.decode()
        assert "Olga Petrova" in page
        assert "We pay." in page
        told = client.get(f"/api/v1/meetings/{meeting.public_id}/").json()
        assert (told["interpreter"], told["interpreter_wish"]) == ("Olga Petrova", "named")


def test_that_there_is_none_is_told_too_and_asked_anew_for_another_time(client, world):
    wish = world.wish()
    answer_wish(wish, by=world.manager, interpreter=None, note="All are at the forum")

    meeting = Meeting.objects.get()
    mails = Mail.objects.filter(kind="meeting_interpreter")
    assert {one.to for one in mails} == world.both()
    assert mails[0].subject.startswith("No interpreter: ")
    assert meeting.interpreter_wish.state == State.NONE
    client.force_login(world.keiko.person)
    page = client.get(reverse("meeting", args=[meeting.public_id])).content.decode()
    assert "has none for this time" in page
    assert waiting(world.manager) == 0

    proposal = direct.propose_move(meeting, [(soon(3), 30)], by=world.anna.person)
    moves.accept_move(proposal, by=world.keiko.person, slot=proposal.slots.get())

    assert waiting(world.manager) == 1


def test_no_interpreter_is_in_two_meetings_at_once(world):
    first, second = world.wish(), world.wish(partner=side("Third"), hours=1)
    answer_wish(first, by=world.manager, interpreter=world.olga)
    # Half an hour later the first one is over.
    answer_wish(second, by=world.manager, interpreter=world.olga)
    busy = make.MeetingFactory(event=world.olga.event, interpreter=None)
    during = Booking.objects.get(meeting=second.meeting, interpreter=world.olga).during
    answer_wish(second, by=world.manager, interpreter=None)
    # The same person by another row, at another event of the chamber.
    twin = make.InterpreterFactory(event__chamber=world.chamber, name=" olga  PETROVA")
    Booking.objects.create(meeting=busy, interpreter=twin, during=during)

    refused("interpreter_away", answer_wish, second, by=world.manager, interpreter=world.olga)
    assert interpreters_for(world.manager) == [world.olga]


def test_a_meeting_that_moves_where_the_interpreter_is_busy_waits_again(world):
    first, second = world.wish(), world.wish(partner=side("Third"), hours=3)
    for one in (first, second):
        answer_wish(one, by=world.manager, interpreter=world.olga)
    proposal = direct.propose_move(first.meeting, [(soon(3), 30)], by=world.keiko.person)
    other = Meeting.objects.get(pk=second.meeting_id)
    # Romashka meets the third company then: somebody else of it goes.
    Booking.objects.filter(meeting=other, participant__isnull=False).delete()

    moves.accept_move(proposal, by=world.anna.person, slot=proposal.slots.get())

    first.refresh_from_db()
    assert first.state == State.WAITING
    assert waiting(world.manager) == 1


def test_strangers_and_viewers_name_nobody_and_what_is_over_is_over(world):
    wish = world.wish()
    viewer = factories.StaffFactory(chamber=world.chamber, role="viewer").person
    foreign = make.InterpreterFactory()

    for person in (viewer, world.anna.person, factories.StaffFactory().person):
        with pytest.raises(PermissionDenied):
            answer_wish(wish, by=person, interpreter=None)
    refused("other_event", answer_wish, wish, by=world.manager, interpreter=foreign)
    late = wish.meeting.slot.starts_at + dt.timedelta(minutes=1)
    refused("over", answer_wish, wish, by=world.manager, interpreter=None, at=late)
    assert not Mail.objects.filter(kind="meeting_interpreter").exists()
    assert Interpreter.objects.count() == 2


def test_an_interpreter_with_an_account_is_told_where_to_be_and_when_no_more(world):
    olga = world.olga.person = factories.UserFactory()
    world.olga.save()
    wish = world.wish()

    answer_wish(wish, by=world.manager, interpreter=world.olga)
    answer_wish(wish, by=world.manager, interpreter=None)

    named, gone = Mail.objects.filter(to=olga.email).order_by("pk")
    assert named.subject.startswith("You interpret: ")
    assert "Romashka" in named.text
    assert "/events/" not in named.text
    assert named.calendar
    assert gone.subject.startswith("You no longer interpret: ")
    assert not Mail.objects.served_by(world.manager).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number(
    client, world, count, django_assert_num_queries
):
    for number in range(count):
        world.agree(number, partner=side(f"Partner {number}"))
    client.force_login(world.manager)
    address = reverse("admin:marketplace_interpreterwish_changelist")
    client.get(address)

    with django_assert_num_queries(6):
        client.get(address)

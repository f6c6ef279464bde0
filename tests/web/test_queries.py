"""Pages with lists ask the database as often for three rows as for one."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chambers.models import Membership
from marketplace.services import direct, interests
from marketplace.services.conversations import begin_conversation, write_message
from tests import event_factories as make
from tests import factories
from tests.marketplace import interest_world
from tests.marketplace.direct_world import side, soon
from tests.marketplace.test_outcomes import Signed

pytestmark = pytest.mark.django_db


@dataclass
class Page:
    """A page with a list; ``one_more`` adds a row to it and gives a word by which it is found."""

    address: str
    one_more: Any
    reader: Any = None


def results():
    """Papers that all have confirmed, of other companies each."""

    def one_more():
        signed = Signed()
        signed.confirmed(another=True, publicity="with_amount")
        return signed.ours.legal_name

    return Page(reverse("results"), one_more)


def memberships():
    company = factories.CompanyFactory()

    def one_more():
        row = factories.MembershipFactory(company=company, applied=True)
        factories.MembershipFactory(
            company=company,
            decision=Membership.Decision.REFUSED,
            starts_on=None,
            reason="Not of our region",
        )
        return row.chamber.name_en

    reader = factories.RepresentativeFactory(company=company).person
    return Page(reverse("memberships"), one_more, reader)


def conversation():
    ours, theirs = side("Romashka"), side("Asahi")
    said = iter(
        ("Do you make valves?", "How many a month?", "From which steel?", "At which price?")
    )
    asked = begin_conversation(
        ours.company, theirs.company, by=ours.person, text=next(said)
    ).conversation

    def one_more():
        text = next(said)
        colleague = factories.RepresentativeFactory(company=theirs.company).person
        write_message(asked, company=theirs.company, by=colleague, text=text)
        return text

    return Page(reverse("conversation", args=[asked.public_id]), one_more, ours.person)


def council():
    row = factories.CouncilFactory()

    def one_more():
        chamber = factories.ChamberFactory()
        row.chambers.add(chamber)
        return chamber.name_en

    return Page(reverse("council", args=[row.slug]), one_more)


def paper():
    """The form of a new paper offers everybody whom the company has met."""
    signed = Signed()
    earlier = iter(range(1, 9))

    def one_more():
        ends = signed.meeting.slot.ends_at - dt.timedelta(hours=next(earlier))
        slot = make.SlotFactory(
            event=signed.event, starts_at=ends - dt.timedelta(minutes=20), ends_at=ends
        )
        guest = make.ParticipantFactory(registration__event=signed.event)
        make.MeetingFactory(
            event=signed.event, host=signed.host, guest=guest, slot=slot, status="confirmed"
        )
        return guest.registration.company.legal_name

    return Page(reverse("outcome-new"), one_more, signed.we)


def joining():
    """Meetings outside events to which a third may be asked."""
    ours, third = side("Romashka"), side("Gomel")
    days = iter(range(7, 20))

    def one_more():
        other = side(f"Partner {next(days)}")
        time = soon(days=next(days))
        asked = direct.ask_directly(ours.company, other.company, by=ours.person, times=[(time, 30)])
        direct.accept(asked, by=other.person, slot=asked.slots.get())
        return other.company.legal_name

    return Page(reverse("direct-join", args=[third.company.public_id]), one_more, ours.person)


def interest():
    """What was asked and answered about an interest."""
    world = interest_world.build()
    found = interests.forward_interest(world.express(), by=world.sato)
    found = interests.forward_interest(found, by=world.irina)
    said = iter(("Which range?", "Which thread?", "Which voltage?"))

    def one_more():
        text = next(said)
        interests.ask_question(found, by=world.anna, text=text)
        interests.answer_question(found, by=world.keiko, text=f"To {text}: the usual")
        return text

    return Page(reverse("interest", args=[found.public_id]), one_more, world.keiko)


def plan():
    """The halls of an event with their tables."""
    ours = factories.CompanyFactory()
    event = make.RegistrationFactory(company=ours, status="admitted").event

    def one_more():
        hall = make.HallFactory(event=event)
        make.TableFactory.create_batch(2, event=event, hall=hall)
        return hall.name

    reader = factories.RepresentativeFactory(company=ours).person
    return Page(reverse("event-plan", args=[event.public_id]), one_more, reader)


PAGES = [results, memberships, conversation, council, paper, joining, interest, plan]


@pytest.mark.parametrize("build", PAGES, ids=lambda build: build.__name__)
def test_a_page_takes_the_same_queries_for_any_number_of_rows(client, build):
    page = build()
    if page.reader is not None:
        client.force_login(page.reader)

    def asked():
        client.get(page.address)  # what is remembered from one answer to the next is there
        with CaptureQueriesContext(connection) as made:
            answer = client.get(page.address)
        assert answer.status_code == 200
        return len(made), answer.content.decode()

    words = [page.one_more()]
    few, _shown = asked()
    words += [page.one_more(), page.one_more()]
    many, shown = asked()

    assert [word for word in words if word not in shown] == []
    assert many == few

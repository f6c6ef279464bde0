"""Which pages are measured: those of guests and those of a company that has some of everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from chambers.models import Company, Council, Representative, User
from marketplace.models import (
    Conversation,
    Event,
    Interest,
    Meeting,
    MeetingRequest,
    Opportunity,
    Outcome,
    Registration,
)

_PERSON = "anna@romashka-sensor.example"  # of the demo
_PARTNER = "株式会社アサヒ計装"
_Row = TypeVar("_Row", bound=Any)


@dataclass(frozen=True)
class Page:
    """``reader`` is whose session opens it; None is a guest."""

    name: str
    address: str
    reader: User | None = None


def pages() -> list[Page]:
    """All of them, in English, with rows of the demo world in their addresses."""
    anna = User.objects.get(email=_PERSON)
    with override("en"):
        return [
            *(Page(name, address) for name, address in _of_guests()),
            *(Page(f"own: {name}", address, anna) for name, address in _of_a_company(anna)),
            _of_a_newcomer(),
        ]


def _of_a_newcomer() -> Page:
    """The form of a company that is not registered for an event yet."""
    to_come = Event.objects.visible_to(AnonymousUser()).not_over()
    event = next(one for one in to_come if one.takes_registrations())
    others = Representative.objects.filter(company__in=Company.objects.members(), role="owner")
    one = _first(others.exclude(company__registrations__event=event).order_by("pk"))
    address = reverse("event-register", args=[event.public_id])
    return Page("own: event: register", address, one.person)


def _of_guests() -> Iterator[tuple[str, str]]:
    guest = AnonymousUser()
    partner = Company.objects.visible_to(guest).get(legal_name=_PARTNER)
    offer = _first(Opportunity.objects.visible_to(guest).filter(company=partner))
    yield "home", reverse("home")
    yield "companies", reverse("companies")
    yield "companies, searched", f"{reverse('companies')}?q=sensor"
    yield "company", reverse("company", args=[partner.public_id])
    yield "opportunities", reverse("opportunities")
    yield "opportunities, searched", f"{reverse('opportunities')}?q=sensor"
    yield "opportunity", reverse("opportunity", args=[offer.public_id])
    yield "events", reverse("events")
    yield "event", reverse("event", args=[_first(Event.objects.visible_to(guest)).public_id])
    yield "chambers", reverse("chambers")
    yield "chamber", reverse("chamber", args=["moscow"])
    yield "council", reverse("council", args=[_first(Council.objects.all()).slug])
    yield "trade codes", reverse("codes")
    yield "results", reverse("results")
    yield "how we score", reverse("scoring")
    yield "sign in", reverse("account_login")
    yield "sign up", reverse("account_signup")


def _of_a_company(reader: User) -> Iterator[tuple[str, str]]:
    own = _first(Company.objects.run_by(reader))
    partner = Company.objects.get(legal_name=_PARTNER)
    offer = _first(Opportunity.objects.visible_to(reader).filter(company=partner))
    yield "my work", reverse("home")
    yield "companies", reverse("companies")
    yield "company", reverse("company", args=[partner.public_id])
    yield "opportunity", reverse("opportunity", args=[offer.public_id])
    yield "matches", reverse("matches")
    yield "match", reverse("match", args=[partner.public_id])
    yield "conditions", reverse("conditions")
    yield "exclusions", reverse("exclusions")
    yield "known partners", reverse("known")
    yield "suggested codes", reverse("suggested-codes")
    yield "our opportunities", reverse("own-opportunities")
    yield "write an opportunity", f"{reverse('opportunity-write')}?side=offer&kind=goods"
    yield "interests", reverse("interests")
    interest = _first(Interest.objects.visible_to(reader))
    yield "interest", reverse("interest", args=[interest.public_id])
    yield "searches", reverse("searches")
    yield "profile", reverse("profile")
    yield "profile as others see it", f"{reverse('profile-as')}?as=public"
    yield "people", reverse("people")
    yield "messages", reverse("conversations")
    talk = _first(Conversation.objects.visible_to(reader))
    yield "conversation", reverse("conversation", args=[talk.public_id])
    yield "new message", reverse("company-message", args=[partner.public_id])
    yield "mail choices", reverse("mail-choices")
    yield "new company", reverse("company-new")
    for name in ("join", "memberships", "details", "tokens"):
        yield name, reverse(name)
    yield from _of_meetings(reader, own, partner)


def _of_meetings(reader: User, own: Company, partner: Company) -> Iterator[tuple[str, str]]:
    """At the event where the company has most meetings, and outside events."""
    place = _first(
        Registration.objects.run_by(reader)
        .at_events()
        .alive()
        .annotate(held=Count("event__meetings"))
        .order_by("-held")
    )
    for name, what in (
        ("event", "event"),
        ("event: registration", "event-registration"),
        ("event: who comes", "event-people"),
        ("event: requests", "event-requests"),
        ("event: timetable", "event-timetable"),
        ("event: all tables", "event-tables"),
    ):
        yield name, reverse(what, args=[place.event.public_id])
    other = _first(
        Registration.objects.listed_for(reader).filter(event=place.event).exclude(company=own)
    )
    yield "event: ask to meet", reverse("request-new", args=[other.public_id])
    person = _first(place.participants.all())
    yield "event: availability", reverse("availability", args=[person.public_id])
    yield "ask to meet outside events", reverse("direct-ask", args=[partner.public_id])
    yield "meetings", reverse("meetings")
    asked = _first(MeetingRequest.objects.visible_to(reader).filter(status="pending"))
    yield "request", reverse("request", args=[asked.public_id])
    meeting = _first(Meeting.objects.visible_to(reader).exclude(slot=None))
    yield "meeting", reverse("meeting", args=[meeting.public_id])
    yield "after the meetings", reverse("past-meetings")
    past = _first(Meeting.objects.visible_to(reader).filter(slot__ends_at__lt=timezone.now()))
    yield "feedback", reverse("meeting-feedback", args=[past.public_id])
    yield "contracts", reverse("outcomes")
    yield "report a contract", reverse("outcome-new")
    paper = Outcome.objects.visible_to(reader).first()
    if paper is not None:
        yield "contract", reverse("outcome", args=[paper.public_id])
    yield "calendars", reverse("calendars")
    yield "my data", reverse("own-data")


def _first(rows: QuerySet[_Row]) -> _Row:
    """Of rows that the demo world has; anything else is an error in it."""
    found = rows.first()
    if found is None:
        raise SystemExit(f"The demo world has no {rows.model.__name__} to be measured.")
    return found

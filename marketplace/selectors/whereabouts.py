"""Where somebody of an event is now: found by company or name in any script, or by badge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from chambers import words
from chambers.models import Company
from chambers.selectors.search import says_enough, search_companies
from marketplace.models import Event, Participant, Registration
from marketplace.selectors.badges import read_code
from marketplace.selectors.desk import Standing, running_and_next

LONGEST = 100  # characters of a question
MOST = 12  # companies
MOST_PEOPLE = 8  # of one company


@dataclass(frozen=True)
class Person:
    """Somebody who was looked for: the meeting that goes on, the next, how many are to come."""

    participant: Participant
    now: Standing | None
    next: Standing | None
    left: int

    @property
    def partner_now(self) -> str:
        """With whom the meeting is that goes on."""
        return self.now.partner_of(self.participant) if self.now else ""

    @property
    def partner_next(self) -> str:
        """With whom the next meeting is."""
        return self.next.partner_of(self.participant) if self.next else ""


@dataclass(frozen=True)
class Found:
    """A company that was looked for, with its people; those who are meant come first."""

    registration: Registration
    people: Sequence[Person]
    more: int
    """As many people of it are not shown."""

    @property
    def takes_part(self) -> bool:
        """Whether it is admitted."""
        return self.registration.status == Registration.Status.ADMITTED


def whereabouts(event: Event, asked: str, at: dt.datetime | None = None) -> list[Found]:
    """Companies and people of an event whom ``asked`` means, best first, and where they are.

    ``asked`` is part of a name of a company or person in any script, or a badge code. The same
    few queries for any number of them.
    """
    text = asked.replace("\x00", "").strip()[:LONGEST]
    if not text:
        return []
    now = at or timezone.now()
    order = dict(_ranked(event, text)[:MOST])
    rows = Participant.objects.coming().filter(registration__in=order)
    theirs: dict[int, list[Participant]] = {key: [] for key in order}
    for one in rows.select_related("registration__company__country", "checked_in_by").order_by(
        "pk"
    ):
        theirs[one.registration_id].append(one)
    # Who is meant comes first, and is all that a large delegation shows.
    for key, meant in order.items():
        theirs[key] = sorted(theirs[key], key=lambda one: one.pk not in meant)
    shown = running_and_next([one for some in theirs.values() for one in some[:MOST_PEOPLE]], now)
    return [
        Found(
            some[0].registration,
            [Person(one, *shown[one.pk]) for one in some[:MOST_PEOPLE]],
            len(some[MOST_PEOPLE:]),
        )
        for some in theirs.values()
        if some
    ]


def people_named(event: Event, text: str) -> list[Participant]:
    """Those who come to an event and are called exactly so, in any script."""
    rows = Participant.objects.taking_part().filter(registration__event=event)
    wanted = _plain(text)
    return [one for one in rows.select_related("registration__event") if _plain(one.name) == wanted]


@dataclass(frozen=True, slots=True)
class _Named:
    """What somebody of an event is found by."""

    person: int
    registration: int
    company: int
    names: tuple[str, ...]
    """Their own, the company's, and that in Latin letters."""
    code: str


def _ranked(event: Event, text: str) -> list[tuple[int, set[int]]]:
    """(registration, those of its people who are meant), best first."""
    people = [
        _Named(person, registration, company, tuple(names), code)
        for person, registration, company, code, *names in Participant.objects.coming()
        .filter(registration__event=event)
        .order_by("registration__company__legal_name", "pk")
        .values_list(
            "pk",
            "registration",
            "registration__company",
            "badge_code",
            "name",
            "registration__company__legal_name",
            "registration__company__legal_name_latin",
        )
    ]
    code, wanted = read_code(text), _plain(text)
    badge = [one for one in people if code and one.code == code]
    if badge:
        return [(badge[0].registration, {badge[0].person})]
    named: dict[int, set[int]] = {}
    companies: dict[tuple[str, str], bool] = {}
    for one in people:
        own, *company = one.names
        key = (company[0], company[1])
        if key not in companies:
            companies[key] = any(wanted in _plain(name) for name in key)
        if wanted in _plain(own):
            named.setdefault(one.registration, set()).add(one.person)
        elif companies[key]:
            named.setdefault(one.registration, set())
    if says_enough(text):
        here = {one.company: one.registration for one in people}
        found = search_companies(Company.objects.filter(pk__in=here), text, member=True)
        for pk in found.values_list("pk", flat=True):
            named.setdefault(here[pk], set())
    return list(named.items())


def _plain(name: str) -> str:
    """A name as it compares: one case and width, no accents, Cyrillic in Latin letters."""
    return words.fold(words.transliterate(name)).strip()

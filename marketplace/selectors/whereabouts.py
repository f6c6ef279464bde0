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
    people = list(
        Participant.objects.coming()
        .filter(registration__event=event)
        .select_related("registration__company__country", "checked_in_by")
        .order_by("registration__company__legal_name", "pk")
    )
    order = _ranked(event, people, text)[:MOST]
    theirs = {key: [one for one in people if one.registration_id == key] for key, _meant in order}
    shown = running_and_next([one for some in theirs.values() for one in some], now)
    found = []
    for key, meant in order:
        known = sorted(theirs[key], key=lambda one: one.pk not in meant)
        registration = known[0].registration
        found.append(Found(registration, [Person(one, *shown[one.pk]) for one in known]))
    return found


def people_named(event: Event, text: str) -> list[Participant]:
    """Those who come to an event and are called exactly so, in any script."""
    rows = Participant.objects.taking_part().filter(registration__event=event)
    wanted = _plain(text)
    return [one for one in rows.select_related("registration__event") if _plain(one.name) == wanted]


def _ranked(event: Event, people: list[Participant], text: str) -> list[tuple[int, set[int]]]:
    """(registration, those of its people who are meant), best first."""
    code, wanted = read_code(text), _plain(text)
    badge = [one for one in people if code and one.badge_code == code]
    if badge:
        return [(badge[0].registration_id, {badge[0].pk})]
    named: dict[int, set[int]] = {}
    for one in people:
        company = one.registration.company
        if wanted in _plain(one.name):
            named.setdefault(one.registration_id, set()).add(one.pk)
        elif any(wanted in _plain(name) for name in (company.legal_name, company.legal_name_latin)):
            named.setdefault(one.registration_id, set())
    if says_enough(text):
        here = {one.registration.company_id: one.registration_id for one in people}
        companies = Company.objects.filter(pk__in=here)
        for key in search_companies(companies, text, member=True).values_list("pk", flat=True):
            named.setdefault(here[key], set())
    return list(named.items())


def _plain(name: str) -> str:
    """A name as it compares: one case and width, no accents, Cyrillic in Latin letters."""
    return words.fold(words.transliterate(name)).strip()

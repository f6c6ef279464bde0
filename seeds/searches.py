"""Searches that people of the demo keep, so that the page of saved searches is not empty."""

from __future__ import annotations

from django.utils import translation

from chambers.models import User
from marketplace.services.searches import save_search

_KEPT = (
    ("anna@romashka-sensor.example", "opportunities", "q=датчик давления&country=JP&side=demand"),
    ("anna@romashka-sensor.example", "companies", "q=semiconductor&country=JP"),
    ("keiko@asahi-keiso.example", "opportunities", "goods=90&country=RU&country=BY&side=offer"),
)


def keep() -> None:
    """Save them under what they ask, in the language of their owner."""
    rows = User.objects.filter(email__in=[email for email, *_rest in _KEPT])
    people = {person.email: person for person in rows}
    for email, kind, query in _KEPT:
        if email in people:
            with translation.override(people[email].language):
                save_search(by=people[email], kind=kind, query=query)

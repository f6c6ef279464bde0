"""What the page tests share: readers of every kind, and a client that speaks htmx."""

import pytest
from django.test import Client

from tests.factories import RepresentativeFactory, StaffFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture
def htmx():
    """A guest's client that asks as htmx does."""
    return Client(headers=HTMX)


@pytest.fixture
def speaks_for(client):
    """Signs a person in who speaks for a company; returns the person."""

    def sign_in(company, role="owner"):
        person = RepresentativeFactory(company=company, role=role).person
        client.force_login(person)
        return person

    return sign_in


@pytest.fixture
def serves(client):
    """Signs a person in who works for a chamber; returns the person."""

    def sign_in(chamber):
        person = StaffFactory(chamber=chamber).person
        client.force_login(person)
        return person

    return sign_in

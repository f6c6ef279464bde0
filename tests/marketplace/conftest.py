"""People of an event that a test file describes."""

import pytest

from tests import factories


@pytest.fixture
def manager(event):
    """Who manages the chamber that organises the event."""
    return factories.StaffFactory(chamber=event.chamber).person


@pytest.fixture
def company(db):
    """A member that may register."""
    return factories.CompanyFactory(member=True)


@pytest.fixture
def owner(company):
    """The main contact of the company."""
    return factories.RepresentativeFactory(company=company).person

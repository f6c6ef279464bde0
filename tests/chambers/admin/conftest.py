import pytest

from tests import factories


@pytest.fixture
def chamber(db):
    return factories.ChamberFactory(name_en="Our Chamber")


@pytest.fixture
def manager(client, chamber):
    """A signed-in manager of our chamber."""
    person = factories.StaffFactory(chamber=chamber).person
    client.force_login(person)
    return person


@pytest.fixture
def superuser(client, db):
    """A signed-in superuser."""
    person = factories.UserFactory(superuser=True)
    client.force_login(person)
    return person

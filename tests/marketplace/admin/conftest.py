import pytest

from chambers.models import Staff
from chambers.services import jobs
from marketplace import tasks
from marketplace.services.timetables import start_timetable
from tests import event_factories as made
from tests import factories

assert tasks  # its import registers the jobs


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
def viewer(client, chamber):
    """A signed-in viewer of our chamber."""
    person = factories.StaffFactory(chamber=chamber, role=Staff.Role.VIEWER).person
    client.force_login(person)
    return person


@pytest.fixture
def event(chamber):
    """Four slots and two tables."""
    event = made.EventFactory(chamber=chamber, name={"en": "Forum of ours"}, meetings_least=2)
    for number in range(4):
        made.SlotFactory(event=event, number=number)
    for number in (1, 2):
        made.TableFactory(event=event, number=number)
    return event


@pytest.fixture
def three(event):
    """Meetings of three companies with each other, without a time."""
    people = [
        made.ParticipantFactory(
            registration__event=event, registration__company__legal_name=f"Zavod {number}"
        )
        for number in range(3)
    ]
    pairs = ((0, 1), (1, 2), (0, 2))
    return [
        made.MeetingFactory(event=event, host=people[one], guest=people[other])
        for one, other in pairs
    ]


@pytest.fixture
def timetable(event, three, manager):
    """A finished draft of them."""
    timetable = start_timetable(event, by=manager, seconds=30)
    jobs.work_off()
    timetable.refresh_from_db()
    assert timetable.plan
    return timetable

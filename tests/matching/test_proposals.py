"""The organiser proposes meetings among the companies of an event."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.models import GroupRule, Meeting, Registration
from marketplace.services.proposals import propose_meetings
from tests.event_factories import (
    EventFactory,
    GroupFactory,
    MeetingFactory,
    MeetingRequestFactory,
    ParticipantFactory,
    SlotFactory,
    TableFactory,
)
from tests.factories import RepresentativeFactory, StaffFactory, UserFactory
from tests.matching.world import CHIPS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    made = EventFactory(meetings_least=1)
    for number in range(3):
        SlotFactory(event=made, number=number)
    TableFactory(event=made)
    return made


@pytest.fixture
def staff(event):
    return StaffFactory(chamber=event.chamber, role="manager").person


@pytest.fixture
def sides(event):
    """Two who offer sensors and seek chips, two the other way round."""
    found = []
    for country, offered, sought in (
        ("RU", SENSORS, CHIPS),
        ("BY", SENSORS, CHIPS),
        ("JP", CHIPS, SENSORS),
        ("CN", CHIPS, SENSORS),
    ):
        one = company(country, f"Of {country}")
        offers(one, offered)
        seeks(one, sought)
        found.append(ParticipantFactory(registration__event=event, registration__company=one))
    match()
    return found


def pairs():
    return [
        {
            meeting.host.registration.company.legal_name,
            meeting.guest.registration.company.legal_name,
        }
        for meeting in Meeting.objects.alive()
    ]


def test_those_who_fit_are_proposed_as_far_as_tables_reach(event, staff, sides):
    proposal = propose_meetings(event, by=staff)

    assert (proposal.meetings, proposal.companies, proposal.too_few) == (3, 4, 0)
    assert proposal.is_proved
    assert Meeting.objects.filter(status="unscheduled", request=None).count() == 3


def test_what_is_agreed_counts_and_nothing_is_proposed_twice(event, staff, sides):
    MeetingFactory(event=event, host=sides[0], guest=sides[2])

    propose_meetings(event, by=staff)

    assert len(pairs()) == 3
    assert pairs().count({"Of RU", "Of JP"}) == 1


def test_a_meeting_that_was_cancelled_is_not_proposed_again(event, staff, sides):
    propose_meetings(event, by=staff)
    Meeting.objects.update(status="cancelled", slot=None)
    propose_meetings(event, by=staff)
    Meeting.objects.update(status="cancelled", slot=None)

    with pytest.raises(ValidationError) as refused:
        propose_meetings(event, by=staff)

    assert refused.value.code == "nobody_fits"


def test_who_declined_is_not_proposed(event, staff, sides):
    MeetingRequestFactory(
        event=event,
        requester=sides[0].registration,
        partner=sides[2].registration,
        status="declined",
    )

    propose_meetings(event, by=staff)

    assert {"Of RU", "Of JP"} not in pairs()


def test_groups_that_may_not_meet_are_not_proposed(event, staff, sides):
    buyers, sellers = GroupFactory(event=event), GroupFactory(event=event)
    GroupRule.objects.create(event=event, first=buyers, second=sellers)
    for at, side in enumerate(sides):
        side.registration.group = sellers if at == 0 else buyers
        side.registration.save()

    propose_meetings(event, by=staff)

    assert pairs()
    assert all("Of RU" in pair for pair in pairs())


def test_quotas_hold(event, staff, sides):
    for side in sides:
        side.registration.meetings_most = 1
        side.registration.save()

    assert propose_meetings(event, by=staff).meetings == 2


def test_only_the_organiser_proposes(event, sides):
    with pytest.raises(PermissionDenied):
        propose_meetings(event, by=StaffFactory(role="manager").person)


def seen_by(side):
    person = RepresentativeFactory(company=side.registration.company).person
    return Meeting.objects.visible_to(person)


def test_nobody_sees_a_proposal_before_it_has_a_time_but_the_staff_of_the_event(
    event, staff, sides
):
    propose_meetings(event, by=staff)

    assert [seen_by(side).count() for side in sides] == [0, 0, 0, 0]
    assert Meeting.objects.visible_to(staff).count() == 3
    meeting = Meeting.objects.first()
    Meeting.objects.filter(pk=meeting.pk).update(
        status="provisional", slot=event.slots.first(), sequence=1
    )
    assert seen_by(meeting.host).get() == meeting


def test_a_person_who_comes_sees_no_proposal_either(event, staff, sides):
    sides[0].person = UserFactory()
    sides[0].save()

    propose_meetings(event, by=staff)

    assert not Meeting.objects.visible_to(sides[0].person).exists()


def test_who_is_not_listed_is_not_proposed(event, staff, sides):
    sides[0].registration.consent = Registration.Consent.NOT_LISTED
    sides[0].registration.save()

    propose_meetings(event, by=staff)

    assert pairs()
    assert not any("Of RU" in pair for pair in pairs())


def test_more_companies_ask_the_database_no_more(event, staff, sides):
    rest = Registration.objects.filter(pk__in=[sides[1].registration_id, sides[3].registration_id])
    rest.update(consent=Registration.Consent.NOT_LISTED)
    with CaptureQueriesContext(connection) as few:
        assert propose_meetings(event, by=staff).companies == 2
    Meeting.objects.all().delete()
    rest.update(consent=Registration.Consent.LISTED)
    with CaptureQueriesContext(connection) as many:
        assert propose_meetings(event, by=staff).companies == 4

    assert len(many) == len(few)

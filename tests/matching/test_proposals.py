"""The organiser proposes meetings among the companies of an event."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chambers.services import jobs
from marketplace import tasks
from marketplace.models import GroupRule, Meeting, Registration, TableClosed
from marketplace.selectors.openings import Openings
from marketplace.selectors.proposals import last_proposing, proposals_of
from marketplace.services.proposals import (
    start_proposing,
    stop_proposing,
    take_proposals_back,
)
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
from tests.marketplace.refusals import refused
from tests.matching.world import CHIPS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db
__all__ = ["tasks"]  # its import registers the job


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


def propose(event, staff):
    """What the worker says once it is done."""
    job = start_proposing(event, by=staff)
    jobs.work_off()
    job.refresh_from_db()
    assert job.state == "done", job.error
    return job.result


def pairs():
    return [
        {
            meeting.host.registration.company.legal_name,
            meeting.guest.registration.company.legal_name,
        }
        for meeting in Meeting.objects.alive()
    ]


def test_those_who_fit_are_proposed_as_far_as_tables_reach(event, staff, sides):
    result = propose(event, staff)

    assert (result["meetings"], result["companies"], result["too_few"]) == (3, 4, 0)
    assert (result["is_proved"], result["gap"], result["changed"]) == (True, 0, 0)
    assert Meeting.objects.proposed().count() == 3
    assert last_proposing(event).told() == "3 meetings added. No choice of meetings fits better."


def test_what_is_agreed_counts_and_nothing_is_proposed_twice(event, staff, sides):
    MeetingFactory(event=event, host=sides[0], guest=sides[2])

    propose(event, staff)

    assert len(pairs()) == 3
    assert pairs().count({"Of RU", "Of JP"}) == 1


def test_a_meeting_that_was_cancelled_is_not_proposed_again(event, staff, sides):
    propose(event, staff)
    Meeting.objects.update(status="cancelled", slot=None)
    propose(event, staff)
    Meeting.objects.update(status="cancelled", slot=None)

    assert propose(event, staff)["meetings"] == 0
    assert "No two companies" in last_proposing(event).told()


def test_who_declined_is_not_proposed(event, staff, sides):
    MeetingRequestFactory(
        event=event,
        requester=sides[0].registration,
        partner=sides[2].registration,
        status="declined",
    )

    propose(event, staff)

    assert {"Of RU", "Of JP"} not in pairs()


def test_groups_that_may_not_meet_are_not_proposed(event, staff, sides):
    buyers, sellers = GroupFactory(event=event), GroupFactory(event=event)
    GroupRule.objects.create(event=event, first=buyers, second=sellers)
    for at, side in enumerate(sides):
        side.registration.group = sellers if at == 0 else buyers
        side.registration.save()

    propose(event, staff)

    assert pairs()
    assert all("Of RU" in pair for pair in pairs())


def test_quotas_hold(event, staff, sides):
    for side in sides:
        side.registration.meetings_most = 1
        side.registration.save()

    assert propose(event, staff)["meetings"] == 2


def test_only_the_organiser_proposes(event, sides):
    with pytest.raises(PermissionDenied):
        start_proposing(event, by=StaffFactory(role="manager").person)


def seen_by(side):
    person = RepresentativeFactory(company=side.registration.company).person
    return Meeting.objects.visible_to(person)


def test_nobody_sees_a_proposal_before_it_has_a_time_but_the_staff_of_the_event(
    event, staff, sides
):
    propose(event, staff)

    assert [seen_by(side).count() for side in sides] == [0, 0, 0, 0]
    assert Meeting.objects.visible_to(staff).count() == 3
    meeting = Meeting.objects.first()
    Meeting.objects.filter(pk=meeting.pk).update(
        status="provisional", slot=event.slots.first(), is_told=True
    )
    assert seen_by(meeting.host).get() == meeting


def test_a_person_who_comes_sees_no_proposal_either(event, staff, sides):
    sides[0].person = UserFactory()
    sides[0].save()

    propose(event, staff)

    assert not Meeting.objects.visible_to(sides[0].person).exists()


def test_who_is_not_listed_is_not_proposed(event, staff, sides):
    sides[0].registration.consent = Registration.Consent.NOT_LISTED
    sides[0].registration.save()

    propose(event, staff)

    assert pairs()
    assert not any("Of RU" in pair for pair in pairs())


def test_more_companies_ask_the_database_no_more(event, staff, sides):
    rest = Registration.objects.filter(pk__in=[sides[1].registration_id, sides[3].registration_id])
    rest.update(consent=Registration.Consent.NOT_LISTED)
    with CaptureQueriesContext(connection) as few:
        assert propose(event, staff)["companies"] == 2
    Meeting.objects.all().delete()
    rest.update(consent=Registration.Consent.LISTED)
    with CaptureQueriesContext(connection) as many:
        assert propose(event, staff)["companies"] == 4

    assert len(many) == len(few)


def test_one_choice_at_a_time(event, staff, sides):
    start_proposing(event, by=staff)

    refused("being_proposed", start_proposing, event, by=staff)


def test_nothing_is_proposed_at_a_cancelled_event(event, staff, sides):
    job = start_proposing(event, by=staff)
    event.cancelled_at = timezone.now()
    event.save()

    jobs.work_off()

    job.refresh_from_db()
    assert (job.state, job.result["meetings"]) == ("done", 0)
    refused("cancelled", start_proposing, event, by=staff)


def test_who_stops_it_in_the_middle_gets_no_meetings(event, staff, sides):
    job = start_proposing(event, by=staff)
    lease = jobs.claim(pk=job.pk)

    stop_proposing(event, job, by=staff)
    jobs.do(lease)

    assert not Meeting.objects.exists()
    assert last_proposing(event).told() == "Stopped: no meeting was added."
    refused("over", stop_proposing, event, job, by=staff)
    assert propose(event, staff)["meetings"] == 3


def test_only_a_choice_of_the_event_itself_is_stopped(event, staff):
    elsewhere = EventFactory(chamber=event.chamber)
    job = start_proposing(elsewhere, by=staff)
    computing = jobs.enqueue("other", {}, key=str(event.pk), by=staff, chamber=event.chamber)

    for other in (job, computing):
        refused("other_event", stop_proposing, event, other, by=staff)

        other.refresh_from_db()
        assert other.state == "queued"


def test_proposals_are_taken_back_as_long_as_nobody_was_told(event, staff, sides):
    propose(event, staff)
    told = Meeting.objects.proposed().first()
    Meeting.objects.filter(pk=told.pk).update(is_told=True)
    assert proposals_of(event).count() == 2

    assert take_proposals_back(event, by=staff) == 2

    assert Meeting.objects.get() == told
    assert take_proposals_back(event, by=staff) == 0
    assert propose(event, staff)["meetings"] == 2
    with pytest.raises(PermissionDenied):
        take_proposals_back(event, by=StaffFactory(role="manager").person)


def test_companies_that_exclude_each_other_or_are_on_hold_are_not_proposed(event, staff, sides):
    companies = [side.registration.company for side in sides]
    companies[0].excluded_companies.add(companies[2])
    companies[1].held_on, companies[1].held_reason = event.starts_on, "Sanctions"
    companies[1].save()

    propose(event, staff)

    assert pairs() == [{"Of RU", "Of CN"}]


def test_room_is_the_most_slots_that_follow_each_other_and_are_still_to_come(event, staff, sides):
    begins = event.slots.first().starts_at
    minute = dt.timedelta(minutes=1)
    event.slots.all().delete()
    for start, minutes in ((0, 20), (10, 20), (0, 60), (20, 20)):  # 0-20 and 20-40 fit together
        SlotFactory(
            event=event,
            starts_at=begins + start * minute,
            ends_at=begins + (start + minutes) * minute,
        )
    past = timezone.now() - 60 * minute
    SlotFactory(event=event, starts_at=past, ends_at=past + 20 * minute)

    assert propose(event, staff)["meetings"] == 2


def test_a_closed_or_taken_table_leaves_no_room(event, staff, sides):
    first, second, _third = event.slots.all()
    TableClosed.objects.create(table=event.tables.get(), slot=first)
    MeetingFactory(event=event, slot=second, table=event.tables.get(), placed=True)
    MeetingFactory(event=event)  # agreed, and will need a table

    assert Openings.of(event).capacity == 1 - 1
    assert propose(event, staff)["meetings"] == 0


def test_where_there_are_booths_alone_only_their_companies_are_proposed_and_as_far_as_these_reach(
    event, staff, sides
):
    slots = list(event.slots.all())
    booth = event.tables.get()
    booth.owner = sides[0].registration
    booth.save()
    TableClosed.objects.create(table=booth, slot=slots[0])
    MeetingFactory(event=event, slot=slots[1], table=booth, placed=True)

    openings = Openings.of(event)

    keys = [side.registration_id for side in sides]
    assert (openings.shared, openings.free[keys[0]], openings.free[keys[1]]) == (0, 1, 3)
    assert not openings.allows(keys[1], keys[2])
    assert propose(event, staff)["meetings"] == 1
    (pair,) = [one for one in pairs() if "Of RU" in one]
    assert pair < {"Of RU", "Of JP", "Of CN"}


def test_meetings_at_booths_leave_the_shared_table_to_the_others(event, staff, sides):
    event.slots.exclude(pk=event.slots.first().pk).delete()
    TableFactory(event=event, owner=sides[0].registration)

    result = propose(event, staff)

    assert (result["meetings"], result["changed"]) == (2, 0)


def test_more_than_the_shared_tables_hold_is_left_out_before_anything_is_claimed(
    event, staff, sides
):
    event.slots.exclude(pk=event.slots.first().pk).delete()
    event.tables.update(owner=ParticipantFactory(registration__event=event).registration)
    Registration.objects.filter(pk=sides[0].registration_id).update(consent="not_listed")
    TableFactory(event=event)
    stranger = event.tables.get(owner__isnull=False).owner
    assert Openings.of(event).shared == 1

    result = propose(event, staff)

    assert (result["meetings"], result["changed"]) == (1, 0)
    assert stranger.company.legal_name not in {name for pair in pairs() for name in pair}


def test_who_is_remote_needs_no_table_with_another_who_is(event, staff, sides):
    event.tables.all().delete()
    TableFactory(event=event, owner=ParticipantFactory(registration__event=event).registration)
    for side in sides:
        type(side).objects.filter(pk=side.pk).update(presence="remote")

    assert propose(event, staff)["meetings"] == 4


def test_somebody_has_room_only_while_there_free_and_with_time_to_walk(event, sides):
    slots = list(event.slots.all())
    TableFactory.create_batch(5, event=event)
    assert set(Openings.of(event).free.values()) == {3}
    sides[0].away.create(slot=slots[0])
    MeetingFactory(event=event, host=sides[1], guest=sides[2], slot=slots[1], placed=True)
    MeetingFactory(event=event, host=sides[2], guest=sides[3])

    free = Openings.of(event).free

    assert [free[side.registration_id] for side in sides] == [2, 2, 1, 2]
    event.walking_minutes = 30  # slots lie 20 minutes apart
    event.save()
    assert Openings.of(event).free[sides[0].registration_id] < 2

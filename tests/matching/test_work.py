"""My work: what waits for a company, in the order in which it is due."""

import datetime as dt

import pytest
from django.utils import timezone

from chambers.models import today
from marketplace.models import Review
from matching.selectors.work import work_of
from tests import event_factories as made
from tests.factories import (
    CompanyFactory,
    JoinRequestFactory,
    OpportunityFactory,
    RepresentativeFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours():
    return CompanyFactory(member=True)


@pytest.fixture
def anna(ours):
    return RepresentativeFactory(company=ours, role="owner").person


def whats(work):
    return [task.what for task in work.tasks]


def test_nothing_waits_for_a_new_company(ours, anna):
    work = work_of(ours, anna)

    assert (work.tasks, work.more, work.results) == ([], 0, [])
    assert (work.meetings, work.stages) == ([], [])


def test_what_is_due_first_stands_first_and_what_has_no_end_last(ours, anna):
    JoinRequestFactory(company=ours)
    OpportunityFactory(company=ours, published=True, expires_on=today() + dt.timedelta(days=9))
    made.MeetingRequestFactory(
        partner__company=ours, expires_at=timezone.now() + dt.timedelta(days=2)
    )
    OpportunityFactory(company=ours, published=True, expires_on=today() + dt.timedelta(days=60))

    assert whats(work_of(ours, anna)) == [
        "Request for a meeting",
        "Expires soon: renew it",
        "Somebody asks to join your company",
    ]


def test_what_others_have_to_answer_is_not_ones_own_work(ours, anna):
    made.MeetingRequestFactory(requester__company=ours)
    meeting = made.MeetingFactory(placed=True, host__registration__company=ours)
    made.TimeProposalFactory(meeting=meeting)  # by the host

    assert work_of(ours, anna).tasks == []


def test_a_move_that_the_other_side_proposes_waits_for_an_answer(ours, anna):
    meeting = made.MeetingFactory(placed=True, guest__registration__company=ours)
    made.TimeProposalFactory(meeting=meeting)

    assert whats(work_of(ours, anna)) == ["A meeting is to be moved"]


def test_a_free_time_waits_until_this_side_has_accepted_it(ours, anna):
    offer = made.StandbyOfferFactory(meeting__guest__registration__company=ours)
    assert whats(work_of(ours, anna)) == ["A free time is offered"]

    offer.accepted_by.add(offer.meeting.guest.registration)

    assert work_of(ours, anna).tasks == []


def test_only_the_main_contact_is_told_who_asks_to_join(ours, anna):
    JoinRequestFactory(company=ours)
    boris = RepresentativeFactory(company=ours, role="editor").person

    assert whats(work_of(ours, anna)) == ["Somebody asks to join your company"]
    assert work_of(ours, boris).tasks == []


def test_the_next_meetings_stand_in_the_order_of_the_clock(ours, anna):
    event = made.EventFactory()
    own = made.ParticipantFactory(registration__event=event, registration__company=ours)
    slots = [made.SlotFactory(event=event) for _number in range(2)]
    for slot in reversed(slots):
        made.MeetingFactory(event=event, host=own, placed=True, slot=slot)
    made.MeetingFactory(event=event, host=own)  # without a time

    work = work_of(ours, anna)

    assert [entry.meeting.slot for entry in work.meetings] == slots
    assert [stage.event for stage in work.stages] == [event]


def test_more_than_twelve_things_are_counted(ours, anna):
    for _number in range(14):
        made.MeetingRequestFactory(partner__company=ours)

    work = work_of(ours, anna)

    assert (len(work.tasks), work.more) == (12, 2)


def test_what_the_chamber_found_stands_there_for_a_month_and_for_ones_own_company_only(ours, anna):
    for company, days in ((ours, 1), (ours, 40), (CompanyFactory(member=True), 1)):
        item = OpportunityFactory(company=company, in_review=True)
        review = Review.objects.create(
            opportunity=item, clarity=2, substance=2, partner=1, value=2, verdict="hold"
        )
        Review.objects.filter(pk=review.pk).update(
            created_at=timezone.now() - dt.timedelta(days=days)
        )

    (result,) = work_of(ours, anna).results

    assert (result.told, result.tone, result.of_change) == ("On hold", "wait", False)


@pytest.mark.parametrize("count", [1, 3])
def test_my_work_takes_the_same_queries_for_any_number_of_things(
    ours, anna, count, django_assert_num_queries
):
    event = made.EventFactory()
    own = made.ParticipantFactory(registration__event=event, registration__company=ours)
    for _number in range(count):
        made.MeetingRequestFactory(event=event, partner=own.registration)
        meeting = made.MeetingFactory(event=event, guest=own, placed=True)
        made.TimeProposalFactory(meeting=meeting)
        made.StandbyOfferFactory(meeting__event=event, meeting__guest=own)
        JoinRequestFactory(company=ours)
        OpportunityFactory(company=ours, published=True, expires_on=today())

    with django_assert_num_queries(14):
        work_of(ours, anna)

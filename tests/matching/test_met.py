"""Who met at a meeting is lower in each other's list, and shown on request."""

import datetime as dt

import pytest
from django.utils import timezone

from chambers.models import Company, Job
from chambers.services import jobs
from chambers.services.companies import PROFILE_JOB
from marketplace.services.feedback import say_what_happened
from marketplace.services.meetings import mark_further, record_attendance
from matching.engine import Weights
from matching.models import SuggestionList
from matching.selectors import suggestions_for
from tests.event_factories import EventFactory, MeetingFactory, ParticipantFactory, SlotFactory
from tests.factories import PairHistoryFactory, RepresentativeFactory, StaffFactory
from tests.matching.world import CHIPS, SENSORS, company, lists, match, offers, seeks

pytestmark = pytest.mark.django_db


def table_of(host, guest, *others, **fields):
    """A meeting of two hours ago, of which nobody has said yet how it went."""
    begins = timezone.now() - dt.timedelta(hours=2)
    event = EventFactory(starts_on=begins.date() - dt.timedelta(days=1), ends_on=begins.date())
    slot = SlotFactory(event=event, starts_at=begins, ends_at=begins + dt.timedelta(minutes=20))
    people = [
        ParticipantFactory(registration__event=event, registration__company=one, speaking=True)
        for one in (host, guest, *others)
    ]
    return MeetingFactory(
        event=event,
        slot=slot,
        placed=True,
        host=people[0],
        guest=people[1],
        others=people[2:],
        **fields,
    )


def it_took_place(meeting):
    say_what_happened(meeting, "held", own=meeting.host.registration, by=meeting.host.person)
    jobs.work_off()


@pytest.fixture
def pair():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    for one, offered, sought in ((ours, SENSORS, CHIPS), (theirs, CHIPS, SENSORS)):
        offers(one, offered)
        seeks(one, sought)
    match()
    return ours, theirs


def test_a_held_meeting_lowers_the_score_of_both_until_the_organiser_says_otherwise(pair):
    ours, theirs = pair
    meeting = table_of(ours, theirs)
    usual = lists()

    it_took_place(meeting)

    lowered = lists()
    for one, other in (pair, pair[::-1]):
        assert lowered[one.pk][0] == [other.pk]
        fresh, met = usual[one.pk][1], lowered[one.pk][1]
        assert met == pytest.approx([(1 - Weights().met_before) * fresh[0]], abs=1e-5)
        person = RepresentativeFactory(company=one).person
        found = suggestions_for(one, person)
        assert (found.shown, found.met) == ([], 1)
        (shown,) = suggestions_for(one, person, with_met=True).shown
        assert "met_before" in shown.against_codes
    match()
    assert lists() == lowered
    organiser = StaffFactory(chamber=meeting.event.chamber, role="manager").person
    record_attendance(meeting, by=organiser, guest="no_show")
    jobs.work_off()
    assert lists() == usual


def test_a_second_word_or_one_that_they_did_not_meet_has_nobody_matched_anew(pair):
    meeting = table_of(*pair)
    it_took_place(meeting)
    missed = table_of(*pair)

    guest = meeting.guest
    say_what_happened(meeting, "held", own=guest.registration, by=guest.person)
    say_what_happened(missed, "we_missed", own=missed.host.registration, by=missed.host.person)

    assert not Job.objects.filter(kind=PROFILE_JOB).open().exists()


def test_a_meeting_that_nobody_was_told_of_is_none(pair):
    table_of(*pair, status="held", is_told=False)
    usual = lists()

    match()

    assert lists() == usual


@pytest.fixture
def crowd():
    """One that seeks chips, and more that make them than its list and its reserve hold."""
    ours = company("RU", "Ours")
    seeks(ours, CHIPS)
    for number in range(34):
        offers(company("JP", f"Maker {number}"), CHIPS)
    match()
    return ours


def test_all_whom_one_met_are_shown_on_request_also_those_for_whom_the_list_has_no_place(
    crowd, django_assert_num_queries
):
    ours = crowd
    stored = SuggestionList.objects.get(company=ours)
    guest, joins = Company.objects.filter(pk__in=stored.partners[:2])
    idle = company("JP", "Idle")  # shares nothing: met, but nothing speaks for it
    PairHistoryFactory(one=ours, other=idle)
    meeting = table_of(ours, guest, joins)
    it_took_place(meeting)
    anna = RepresentativeFactory(company=ours).person
    assert suggestions_for(ours, anna).met == 1
    organiser = StaffFactory(chamber=meeting.event.chamber, role="manager").person

    mark_further(meeting, meeting.others.get(), "came", by=organiser)
    jobs.work_off()

    stored.refresh_from_db()
    assert not {guest.pk, joins.pk} & {*stored.partners, *stored.reserve}
    with django_assert_num_queries(7):
        short = suggestions_for(ours, anna)
    with django_assert_num_queries(7):
        whole = suggestions_for(ours, anna, with_met=True)
    assert [one.partner.pk for one in short.shown] == stored.partners
    assert [one.partner.pk for one in whole.shown[:-2]] == stored.partners
    assert {one.partner for one in whole.shown[-2:]} == {guest, joins}
    assert (short.met, whole.met) == (2, 2)

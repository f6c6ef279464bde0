"""Who asks to join a company is not left waiting: a reminder, then the chamber."""

import datetime as dt

import pytest

from chambers.models import Mail
from chambers.services import jobs, join_watch, joining
from chambers.services.join_watch import remind_of_join_requests
from tests import factories
from tests.marketplace.refusals import refused

pytestmark = pytest.mark.django_db
FRIDAY = dt.date(2026, 10, 2)
DAY = dt.timedelta(days=1)


@pytest.fixture
def waiting():
    """Asked on a Friday of a company with a main contact and a chamber with a manager."""
    row = factories.JoinRequestFactory(
        company__member=True,
        message="I do sales",
        asked_at=dt.datetime.combine(FRIDAY, dt.time(23, 30), dt.UTC),
    )
    row.owner = factories.RepresentativeFactory(company=row.company, role="owner").person
    factories.RepresentativeFactory(company=row.company, role="editor")
    chamber = row.company.memberships.get().chamber
    row.manager = factories.StaffFactory(chamber=chamber, role="manager").person
    factories.StaffFactory(chamber=chamber, role="viewer")
    return row


def on(number):
    """The mails that a day, counted from the Friday, brings: two looks as at two ticks."""
    moment = dt.datetime.combine(FRIDAY + number * DAY, dt.time(6), dt.UTC)
    before = set(Mail.objects.values_list("pk", flat=True))
    for _look in range(2):
        join_watch.watch_join_requests(moment)
    new = Mail.objects.exclude(pk__in=before)
    Mail.objects.filter(pk__in=new.values("pk")).update(created_at=moment)
    return [(one.kind, one.to) for one in Mail.objects.exclude(pk__in=before)]


def test_after_three_working_days_the_main_contact_and_then_the_chamber(waiting):
    told = {number: on(number) for number in range(16)}

    assert {number: mails for number, mails in told.items() if mails} == {
        5: [("join_waiting", waiting.owner.email)],
        10: [("join_escalated", waiting.manager.email)],
    }
    first, last = Mail.objects.order_by("pk")
    assert "I do sales" in first.text
    assert f"/en/my/people/requests/{waiting.public_id}/" in first.text
    assert "/admin/chambers/joinrequest/" in last.text
    assert last.chamber == waiting.company.memberships.get().chamber


def test_an_answer_ends_it(waiting):
    on(5)
    joining.decline_join_request(waiting, by=waiting.owner)
    Mail.objects.filter(kind="join_declined").delete()

    assert on(10) == []


def test_a_clock_that_stood_still_reminds_before_it_asks_the_chamber(waiting):
    assert [kind for kind, _to in on(40)] == ["join_waiting"]
    assert on(42) == []
    assert [kind for kind, _to in on(47)] == ["join_escalated"]


def test_where_the_chamber_answers_it_is_reminded_once(waiting):
    waiting.company.representatives.filter(role="owner").delete()

    told = [on(number) for number in (5, 10, 15)]

    assert told == [[("join_waiting", waiting.manager.email)], [], []]


def test_a_request_that_nobody_can_answer_ends_with_a_mail_and_may_be_made_again(waiting):
    company = waiting.company
    company.representatives.filter(role="owner").delete()
    membership = company.memberships.get()
    company.memberships.all().delete()

    told = [on(number) for number in (4, 5, 10)]

    assert told == [[], [("join_ended", waiting.person.email)], []]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.answered_by) == ("ended", None)
    mail = Mail.objects.get()
    assert "no chamber of it has a manager here" in mail.text
    # It stands in no directory now: who asked by its number alone reads no name.
    assert company.legal_name not in f"{mail.subject} {mail.text}"
    refused("nobody_answers", joining.ask_to_join, company, by=waiting.person)
    factories.MembershipFactory(company=company, chamber=membership.chamber)
    assert joining.ask_to_join(company, by=waiting.person).state == "pending"


def test_a_request_ends_too_where_the_chamber_has_nobody_left_who_answers(waiting):
    waiting.company.representatives.filter(role="owner").delete()
    waiting.manager.is_active = False
    waiting.manager.save()

    told = [on(number) for number in (4, 5, 10)]

    assert told == [[], [("join_ended", waiting.person.email)], []]
    refused("nobody_answers", joining.ask_to_join, waiting.company, by=waiting.person)


def test_the_clock_looks(waiting, monkeypatch):
    monkeypatch.setattr(jobs, "_looked", {})
    jobs.ask_the_clock(dt.datetime.combine(FRIDAY + 5 * DAY, dt.time(6), dt.UTC))

    assert Mail.objects.filter(kind="join_waiting").count() == 1
    assert remind_of_join_requests(FRIDAY + 5 * DAY) == 0

"""Two weeks before its last day a company is told once, and one press renews."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from chambers.models import Job, Mail, today
from chambers.services import jobs
from marketplace.services import expiring, renew_opportunity
from tests import factories

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def ending(days, **fields):
    row = factories.OpportunityFactory(published=True, expires_on=today() + days * DAY, **fields)
    factories.RepresentativeFactory(company=row.company)
    return row


def mails():
    return list(Mail.objects.filter(kind="opportunity_expiring"))


def test_what_ends_within_two_weeks_is_mailed_once():
    near, _far, _over = ending(14), ending(15), ending(-1)

    assert expiring.remind_of_last_days() == 1
    assert expiring.remind_of_last_days() == 0

    (mail,) = mails()
    assert near.reference in mail.subject


def test_a_reader_of_the_company_is_not_asked_to_renew():
    row = factories.OpportunityFactory(published=True, expires_on=today() + 3 * DAY)
    factories.RepresentativeFactory(company=row.company, role="viewer")

    expiring.remind_of_last_days()

    assert mails() == []


def test_the_link_of_the_mail_renews_without_a_login_once(client):
    row = ending(10)
    expiring.remind_of_last_days()
    url = next(line for line in mails()[0].text.splitlines() if "/links/" in line or "/l/" in line)

    shown = client.get(url.strip())
    row.refresh_from_db()
    before = row.expires_on
    done, again = client.post(url.strip()), client.post(url.strip())

    row.refresh_from_db()
    assert (shown.status_code, done.status_code, again.status_code) == (200, 200, 409)
    assert before == today() + 10 * DAY
    assert row.expires_on == before + dt.timedelta(days=365)


def test_after_a_renewal_the_next_last_day_is_mailed_again():
    row = ending(5)
    expiring.remind_of_last_days()
    person = factories.RepresentativeFactory(company=row.company).person
    renew_opportunity(row, by=person)
    row.refresh_from_db()

    assert expiring.remind_of_last_days(row.expires_on - 3 * DAY) == 1


@pytest.mark.parametrize(
    ("days", "code"), [(31, "too_early"), (30, None), (-90, None), (-91, "too_late")]
)
def test_it_is_renewed_from_a_month_before_to_three_after(days, code):
    row = ending(days)
    person = factories.RepresentativeFactory(company=row.company).person

    if code is None:
        renewed = renew_opportunity(row, by=person)
        assert renewed.expires_on == max(today(), row.expires_on) + dt.timedelta(days=365)
        return
    with pytest.raises(ValidationError) as caught:
        renew_opportunity(row, by=person)
    assert caught.value.code == code


def test_a_stranger_renews_nothing():
    with pytest.raises(PermissionDenied):
        renew_opportunity(ending(3), by=factories.UserFactory())


def test_the_clock_asks_once_a_day():
    now = timezone.now()
    expiring.ask_for_reminders(now)
    expiring.ask_for_reminders(now)
    expiring.ask_for_reminders(now + DAY)

    assert Job.objects.filter(kind=expiring.JOB).count() == 2


def test_the_job_tells(django_capture_on_commit_callbacks):
    ending(3)
    expiring.ask_for_reminders(timezone.now())

    lease = jobs.claim(pk=Job.objects.get(kind=expiring.JOB).pk)
    jobs.do(lease)

    assert len(mails()) == 1

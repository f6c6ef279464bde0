"""A company whose membership runs out is told once what stays, and once what is gone."""

import datetime as dt

import pytest
from django.utils import timezone

from chambers.models import Mail
from chambers.services import jobs
from chambers.services.membership_mail import tell_of_ended_memberships
from tests import factories

pytestmark = pytest.mark.django_db
LAST = dt.date(2026, 6, 30)
DAY = dt.timedelta(days=1)


def ended(**fields):
    """A membership until ``LAST`` with ten days of grace; its company has two kinds of people."""
    row = factories.MembershipFactory(
        starts_on=LAST - 300 * DAY, ends_on=LAST, chamber__grace_days=10, **fields
    )
    owner = factories.RepresentativeFactory(company=row.company, role="owner").person
    factories.RepresentativeFactory(company=row.company, role="viewer")
    return row, owner


def mails():
    return list(Mail.objects.order_by("pk"))


def test_each_stage_is_told_once_to_the_main_contact():
    row, owner = ended()

    counts = [tell_of_ended_memberships(LAST + days * DAY) for days in (0, 1, 2, 10, 11, 12)]

    assert counts == [0, 1, 0, 0, 1, 0]
    grace, expired = mails()
    assert [(one.kind, one.to, one.chamber) for one in mails()] == [
        ("membership_grace", owner.email, row.chamber),
        ("membership_expired", owner.email, row.chamber),
    ]
    assert "10 July 2026" in grace.subject
    assert "can ask nobody" in grace.text
    assert f"/en/chambers/{row.chamber.slug}/" in grace.text
    assert "/en/my/memberships/" in expired.text
    assert expired.html


def test_it_is_told_in_the_language_of_its_reader():
    _row, owner = ended()
    owner.language = "ru"
    owner.save()

    tell_of_ended_memberships(LAST + DAY)

    (mail,) = mails()
    assert mail.language == "ru"
    assert "10 июля 2026" in mail.text


def test_who_has_renewed_or_begun_anew_is_told_nothing_and_who_ends_again_is_told_anew():
    row, _owner = ended()
    anew, _other = ended()
    factories.MembershipFactory(chamber=anew.chamber, company=anew.company, starts_on=LAST + DAY)
    tell_of_ended_memberships(LAST + DAY)
    row.ends_on = LAST + 30 * DAY
    row.save()
    between = tell_of_ended_memberships(LAST + 2 * DAY)

    again = tell_of_ended_memberships(LAST + 31 * DAY)

    assert (between, again) == (0, 1)
    assert {one.to for one in mails()} == {_owner.email}


def test_what_ended_long_ago_or_was_never_in_force_is_not_told():
    ended()
    factories.MembershipFactory(applied=True)

    assert tell_of_ended_memberships(LAST + 60 * DAY) == 0


def test_a_member_of_another_chamber_reads_that_it_stays():
    row, _owner = ended()
    factories.MembershipFactory(company=row.company, starts_on=LAST - 30 * DAY)

    tell_of_ended_memberships(LAST + 11 * DAY)

    assert "stays in the directory" in mails()[0].text
    assert "no longer in the directory" not in mails()[0].text


def test_the_clock_has_it_done_once_a_day():
    now = timezone.now()
    row, _owner = ended()
    row.ends_on = now.date() - DAY
    row.save()

    for _turn in range(2):
        jobs.ask_the_clock(now)
        jobs.work_off()

    assert [one.kind for one in mails()] == ["membership_grace"]

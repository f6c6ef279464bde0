"""The day by which first and last days are judged is one for all readers."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from chambers.admin_site import Queue
from chambers.models import Agreement, Membership, today
from chambers.services import memberships
from marketplace import services
from marketplace.models import Opportunity
from tests import factories


@pytest.fixture
def late(monkeypatch):
    """Half past eleven in the evening in UTC; it is the next morning in Vladivostok."""
    now = timezone.now().replace(hour=23, minute=30, second=0, microsecond=0)
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now.date()


@pytest.fixture
def far_east(db):
    """Reads pages in a zone whose day is another."""
    return factories.UserFactory(time_zone="Asia/Vladivostok")


def _pages(client, api, person, page, endpoint):
    client.force_login(person)
    api.credentials(HTTP_AUTHORIZATION=f"Token {factories.token_for(person)}")
    return client.get(reverse(page)).content.decode(), api.get(endpoint).json()["results"]


def test_an_opportunity_on_its_last_day_is_on_show_for_every_reader(client, api, late, far_east):
    shown = factories.OpportunityFactory(published=True, expires_on=late)

    page, rows = _pages(client, api, far_east, "opportunities", "/api/v1/opportunities/")

    assert shown.title["en"] in page
    assert [row["reference"] for row in rows] == [shown.reference]


def test_a_member_on_its_last_day_with_rights_is_listed_for_every_reader(
    client, api, late, far_east
):
    member = factories.CompanyFactory(
        member=True, membership__ends_on=late, membership__chamber__grace_days=0
    )

    page, rows = _pages(client, api, far_east, "companies", "/api/v1/companies/")

    assert member.legal_name in page
    assert [row["legal_name"] for row in rows] == [member.legal_name]


def test_statuses_and_defaults_go_by_the_day_in_utc_in_any_zone(late, far_east):
    member = factories.MembershipFactory(ends_on=late)
    agreement = factories.AgreementFactory(ends_on=late)
    shown = factories.OpportunityFactory(published=True, expires_on=late)
    waiting = factories.MembershipFactory(applied=True)
    manager = factories.StaffFactory(chamber=waiting.chamber).person

    with timezone.override("Asia/Vladivostok"):
        assert timezone.localdate() == late + dt.timedelta(days=1)
        assert today() == late
        assert member.status == Membership.Status.CURRENT
        assert Membership.objects.with_status().get(pk=member.pk).status_now == member.status
        assert agreement.status == Agreement.Status.ENDING_SOON
        assert shown.status_now == Opportunity.Status.PUBLISHED
        assert Opportunity.objects.with_status().get(pk=shown.pk).status_on_day == shown.status_now
        approved = memberships.approve_membership(waiting, by=manager)
        draft = factories.OpportunityFactory(company=shown.company, whole=True)
        owner = factories.RepresentativeFactory(company=shown.company).person
        numbered = services.submit_opportunity(draft, by=owner)

    assert (waiting.applied_on, approved.starts_on) == (late, late)
    assert f"{late:%Y%m%d}" in numbered.reference


def test_what_came_today_has_waited_no_day_in_any_zone(late):
    with timezone.override("Asia/Vladivostok"):
        assert Queue("Applications", 1, "/", since=late).days == 0
        assert Queue("Applications", 1, "/", since=timezone.now()).days == 0

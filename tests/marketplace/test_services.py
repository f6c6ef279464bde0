"""Opportunities from draft to archive: who may do what, when, and what each gets."""

import datetime as dt
import re
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils import timezone

from chambers.models import Job, Representative, Staff, today
from marketplace import services
from marketplace.models import InvestmentTerms, Opportunity, ReferenceCounter
from tests import factories
from tests.matching.world import hs

DAY = dt.timedelta(days=1)
S = Opportunity.Status
TERMS = {
    "instrument": "equity",
    "region": "Tatarstan",
    "amount_min": "100.00",
    "amount_max": "200.00",
    "currency": "EUR",
}


@pytest.fixture
def company(db):
    return factories.CompanyFactory(member=True, country__code="RU")


@pytest.fixture
def owner(company):
    return factories.RepresentativeFactory(company=company).person


@pytest.fixture
def manager(company):
    """A manager of the company's chamber."""
    return factories.StaffFactory(chamber=company.memberships.get().chamber).person


def draft(company, by, **fields):
    given = {
        "side": "offer",
        "kind": "goods",
        "title": {"en": "Pressure sensors"},
        "text": {"en": "A hundred a month."},
        "codes": hs("902610"),
        **fields,
    }
    return services.draft_opportunity(company, by=by, **given)


def code_of(caught, field=None):
    return caught.value.code if field is None else caught.value.error_dict[field][0].code


@pytest.mark.parametrize(
    ("kind", "side", "prefix"),
    [
        ("goods", "offer", "BO"),
        ("goods", "demand", "BR"),
        ("service", "offer", "BO"),
        ("service", "demand", "BR"),
        ("technology", "offer", "TO"),
        ("technology", "demand", "TR"),
        ("research", "offer", "RO"),
        ("research", "demand", "RR"),
        ("investment", "offer", "IO"),
        ("investment", "demand", "IR"),
    ],
)
def test_a_reference_names_kind_side_country_day_and_number(company, owner, kind, side, prefix):
    said = {"kind": kind, "side": side, "investment": TERMS if kind == "investment" else None}
    numbers = [
        services.submit_opportunity(draft(company, owner, **said), by=owner).reference
        for _ in range(2)
    ]

    series = f"{prefix}-RU-{today():%Y%m%d}"
    assert numbers == [f"{series}-001", f"{series}-002"]
    assert all(re.fullmatch(r"[BTRI][OR]-[A-Z]{2}-\d{8}-\d{3}", one) for one in numbers)


def test_a_reference_is_given_once_for_life(company, owner):
    sent = services.submit_opportunity(draft(company, owner), by=owner)
    Opportunity.objects.filter(pk=sent.pk).update(status=S.ON_HOLD)

    again = services.submit_opportunity(sent, by=owner)

    assert again.reference == sent.reference
    assert ReferenceCounter.objects.get().last == 1


@pytest.mark.django_db(transaction=True)
def test_two_submissions_at_once_get_two_numbers_without_a_gap():
    company = factories.CompanyFactory(member=True, country__code="RU")
    owner = factories.RepresentativeFactory(company=company).person
    drafts = [draft(company, owner) for _ in range(2)]
    start, numbers = threading.Barrier(2), []

    def submit(one):
        start.wait()
        try:
            numbers.append(services.submit_opportunity(one, by=owner).reference)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=(one,)) for one in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(number[-3:] for number in numbers) == ["001", "002"]


def test_a_refused_submission_uses_up_no_number(company, owner):
    done = services.submit_opportunity(draft(company, owner), by=owner)

    with pytest.raises(ValidationError):
        services.submit_opportunity(done, by=owner)

    following = services.submit_opportunity(draft(company, owner), by=owner)
    assert following.reference.endswith("-002")


@pytest.mark.parametrize(
    ("lacks", "fields"),
    [
        ({"text": None}, {"text": "no_text"}),
        ({"text": {"en": "  "}}, {"text": "no_text"}),
        ({"codes": ()}, {"codes": "no_codes"}),
        (
            {"text": None, "codes": (), "kind": "investment"},
            {"text": "no_text", "codes": "no_codes", "investment": "no_terms"},
        ),
    ],
)
def test_a_draft_may_lack_text_and_codes_and_is_not_handed_in_so(company, owner, lacks, fields):
    row = draft(company, owner, **lacks)

    with pytest.raises(ValidationError) as caught:
        services.submit_opportunity(row, by=owner)

    assert {name: code_of(caught, name) for name in caught.value.error_dict} == fields
    row.refresh_from_db()
    assert (row.status, row.reference) == (S.DRAFT, "")


ALLOWED = {
    "submit": {S.DRAFT, S.ON_HOLD},
    "take_back": {S.IN_REVIEW},
    "publish": {S.IN_REVIEW},
    "hold": {S.IN_REVIEW},
    "reject": {S.IN_REVIEW},
    "archive": {S.DRAFT, S.ON_HOLD, S.REJECTED, S.PUBLISHED},
}
BECOMES = {
    "submit": S.IN_REVIEW,
    "take_back": S.DRAFT,
    "hold": S.ON_HOLD,
    "publish": S.PUBLISHED,
    "reject": S.REJECTED,
    "archive": S.ARCHIVED,
}


@pytest.mark.parametrize("status", [one for one in S if one != S.EXPIRED])
@pytest.mark.parametrize("change", ALLOWED)
def test_only_the_next_steps_are_open_and_each_is_a_change(company, owner, manager, change, status):
    shown = {"published": True} if status == S.PUBLISHED else {"numbered": True, "status": status}
    row = factories.OpportunityFactory(company=company, whole=True, **shown)
    before = timezone.now() - 9 * DAY
    Opportunity.objects.filter(pk=row.pk).update(updated_at=before)
    act = getattr(services, f"{change}_opportunity")
    by = owner if change in ("submit", "take_back") else manager

    if status not in ALLOWED[change]:
        with pytest.raises(ValidationError) as caught:
            act(row, by=by)
        assert code_of(caught) == "bad_transition"
        (said,) = caught.value.messages
        assert len(said.split(":")) > 1, "a state without what to do"
    else:
        act(row, by=by)

    row.refresh_from_db()
    moved = status in ALLOWED[change]
    assert row.status == (BECOMES[change] if moved else status)
    assert (row.updated_at > before) == moved


@pytest.mark.parametrize("title", [{}, {"en": ""}, {"en": "  ", "ru": "\n"}])
def test_a_draft_without_a_title_is_refused(company, owner, title):
    with pytest.raises(ValidationError) as caught:
        draft(company, owner, title=title)

    assert code_of(caught, "title") == "no_title"
    assert not Opportunity.objects.exists()


def _persons(company):
    chamber = company.memberships.get().chamber
    role = Representative.Role
    return {
        "owner": lambda: factories.RepresentativeFactory(company=company).person,
        "editor": lambda: factories.RepresentativeFactory(company=company, role=role.EDITOR).person,
        "reader": lambda: factories.RepresentativeFactory(company=company, role=role.VIEWER).person,
        "other owner": lambda: factories.RepresentativeFactory().person,
        "manager": lambda: factories.StaffFactory(chamber=chamber).person,
        "staff viewer": lambda: (
            factories.StaffFactory(chamber=chamber, role=Staff.Role.VIEWER).person
        ),
        "other manager": lambda: factories.StaffFactory().person,
        "nobody": factories.UserFactory,
    }


PERSONS = [
    *("owner", "editor", "reader", "other owner"),
    *("manager", "staff viewer", "other manager", "nobody"),
]
MAY = {
    "draft": {"owner", "editor"},
    "submit": {"owner", "editor"},
    "take_back": {"owner", "editor"},
    "publish": {"manager"},
    "hold": {"manager"},
    "reject": {"manager"},
    "archive": {"owner", "editor", "manager"},
}


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("change", MAY)
def test_each_step_is_for_those_it_is_for_and_nobody_else(company, change, person):
    by = _persons(company)[person]()
    start = {"in_review": True} if change in ("publish", "hold", "reject", "take_back") else {}
    row = factories.OpportunityFactory(company=company, whole=True, **start)

    def act():
        if change == "draft":
            return draft(company, by)
        return getattr(services, f"{change}_opportunity")(row, by=by)

    if person in MAY[change]:
        assert act().pk
        return
    with pytest.raises(PermissionDenied):
        act()
    assert Opportunity.objects.get().status == row.status


def test_publishing_shows_it_for_a_year_finds_it_and_has_the_company_matched(company, manager):
    row = factories.OpportunityFactory(company=company, in_review=True)

    shown = services.publish_opportunity(row, by=manager)

    assert shown.expires_on == today() + services.SHOWN_FOR
    assert Opportunity.objects.on_show().filter(search__isnull=False).get() == row
    assert Job.objects.filter(kind="matching.refresh", key=str(company.pk)).exists()


def test_the_last_day_may_be_today_and_is_never_over(company, manager):
    over, now = (factories.OpportunityFactory(company=company, in_review=True) for _ in range(2))

    with pytest.raises(ValidationError) as caught:
        services.publish_opportunity(over, by=manager, expires_on=today() - DAY)
    services.publish_opportunity(now, by=manager, expires_on=today())

    assert code_of(caught, "expires_on") == "past_day"
    over.refresh_from_db()
    assert over.status == S.IN_REVIEW
    assert Opportunity.objects.on_show().get() == now


def test_investment_terms_are_kept_exactly(company, owner):
    row = draft(company, owner, kind="investment", investment={**TERMS, "amount_max": "200.05"})

    terms = InvestmentTerms.objects.get(opportunity=row)
    assert (str(terms.amount_max), str(terms)) == ("200.05", "100.00–200.05 EUR")


@pytest.mark.parametrize(
    "broken",
    [
        {"amount_min": "0"},
        {"amount_max": "99.99"},
        {"amount_max": "200.005"},
        {"currency": "eur"},
        {"currency": ""},
        {"instrument": "gift"},
    ],
)
def test_broken_investment_terms_leave_no_draft_behind(company, owner, broken):
    with pytest.raises(ValidationError):
        draft(company, owner, kind="investment", investment={**TERMS, **broken})

    assert not Opportunity.objects.exists()

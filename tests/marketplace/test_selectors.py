"""Which opportunities are shown to whom, on which days, and by which words they are found."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import translation

from chambers.models import Company, Membership, today
from marketplace.models import Opportunity
from marketplace.selectors.search import search_opportunities
from tests import factories

DAY = dt.timedelta(days=1)
GUEST = AnonymousUser()
S = Opportunity.Status


@pytest.mark.parametrize(("last", "shown"), [(-1, False), (0, True), (1, True)])
def test_the_last_day_is_the_last_on_which_it_is_on_show(db, last, shown):
    row = factories.OpportunityFactory(published=True, expires_on=today() + last * DAY)

    status = S.PUBLISHED if shown else S.EXPIRED
    assert Opportunity.objects.on_show().exists() == shown
    assert Opportunity.objects.on_show(row.expires_on).exists()
    assert not Opportunity.objects.on_show(row.expires_on + DAY).exists()
    assert row.status_now == status
    assert Opportunity.objects.with_status().get().status_on_day == status


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (0, None, True),
        (1, None, False),
        (-400, 0, True),
        (-400, -10, True),  # the last day of grace
        (-400, -11, False),
    ],
)
def test_it_is_on_show_from_the_first_to_the_last_day_with_rights(db, first, last, shown):
    company = factories.CompanyFactory(
        member=True,
        membership__chamber__grace_days=10,
        membership__starts_on=today() + first * DAY,
        membership__ends_on=last if last is None else today() + last * DAY,
    )
    factories.OpportunityFactory(company=company, published=True)

    assert Opportunity.objects.on_show().exists() == shown
    assert Opportunity.objects.visible_to(GUEST).exists() == shown


@pytest.mark.parametrize("status", [one for one in S if one != S.EXPIRED])
def test_only_what_is_published_is_on_show_and_shown_to_guests(db, status):
    shown = {"published": True} if status == S.PUBLISHED else {"status": status}
    factories.OpportunityFactory(**shown)

    assert Opportunity.objects.on_show().exists() == (status == S.PUBLISHED)
    assert Opportunity.objects.visible_to(GUEST).exists() == (status == S.PUBLISHED)


def test_what_a_company_that_is_not_listed_publishes_is_for_its_own_side_alone(db):
    row = factories.OpportunityFactory(company__is_listed=False, published=True)
    owner = factories.RepresentativeFactory(company=row.company).person
    chamber = row.company.memberships.get().chamber
    here, there = (
        factories.StaffFactory(chamber=one).person for one in (chamber, factories.ChamberFactory())
    )

    assert not Opportunity.objects.on_show().exists()
    for person, sees in ((GUEST, False), (there, False), (owner, True), (here, True)):
        assert Opportunity.objects.visible_to(person).exists() == sees


def test_a_draft_is_read_by_its_company_and_its_present_chamber_alone(db):
    row = factories.OpportunityFactory()
    chamber = row.company.memberships.get().chamber
    asked = factories.MembershipFactory(company=row.company, applied=True).chamber
    owner = factories.RepresentativeFactory(company=row.company).person
    here, there = (factories.StaffFactory(chamber=one).person for one in (chamber, asked))

    assert Opportunity.objects.visible_to(owner).get() == row
    assert Opportunity.objects.visible_to(here).get() == row
    for person in (GUEST, there, factories.RepresentativeFactory().person):
        assert not Opportunity.objects.visible_to(person).exists()
    Membership.objects.filter(chamber=chamber).delete()
    assert not Opportunity.objects.visible_to(here).exists()
    assert Company.objects.run_by(owner).exists()


@pytest.fixture
def sensors(db):
    """An opportunity told in three languages, beside one that must not be found."""
    factories.OpportunityFactory(
        published=True, title={"en": "Combine harvesters"}, text={"ru": "Уборка зерна"}
    )
    return factories.OpportunityFactory(
        published=True,
        reference="BO-RU-20251231-777",
        title={"en": "Pressure sensors", "ru": "Датчики давления", "ja": "圧力センサー"},
        text={"en": "For refineries"},
        codes=[
            factories.TradeCodeFactory(
                code="9026", label_en="Gauges", label_ru="Манометры", label_ja="流量計"
            )
        ],
    )


@pytest.mark.parametrize(
    "asked",
    [
        *("BO-RU-20251231-777", " bo-ru-20251231-777 "),
        *("pressure", "sensor", "refinery", "датчик", "ДАВЛЕНИЯ", "圧力"),
        *("gauge", "манометр", "流量計", "9026"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_it_is_found_by_number_words_and_code_in_any_language(sensors, asked, language):
    with translation.override(language):
        found = list(search_opportunities(Opportunity.objects.on_show(), asked))

    assert found == [sensors]


@pytest.mark.parametrize("asked", ["BO-RU-20251231-77", "helicopter", "вертолёт", "☃", "\x00☃"])
def test_what_nothing_answers_finds_nothing(sensors, asked):
    assert not search_opportunities(Opportunity.objects.on_show(), asked).exists()


@pytest.mark.parametrize("asked", ["", "  ", "\x00"])
def test_without_words_everything_stays(sensors, asked):
    assert search_opportunities(Opportunity.objects.on_show(), asked).count() == 2


def test_a_word_of_the_title_comes_before_a_word_of_the_text(sensors):
    later = factories.OpportunityFactory(
        published=True, title={"en": "Cables"}, text={"en": "for pressure sensors"}
    )

    found = list(search_opportunities(Opportunity.objects.on_show(), "sensors"))

    assert found == [sensors, later]

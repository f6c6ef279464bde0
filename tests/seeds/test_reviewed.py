"""The demo shows every stage of a review."""

import pytest

from chambers.models import today
from marketplace.models import Opportunity, Revision
from seeds.demo import World
from seeds.reviewed import OURS, THEIRS, review_some
from tests import factories

pytestmark = pytest.mark.django_db


def test_anonymous_held_and_changed_ones_are_there():
    companies = {
        OURS: factories.CompanyFactory(member=True, legal_name="ООО «Ромашка Сенсор»"),
        THEIRS: factories.CompanyFactory(member=True, legal_name="株式会社アサヒ計装"),
    }
    contacts = {
        key: factories.RepresentativeFactory(company=one).person for key, one in companies.items()
    }
    operator = factories.UserFactory(superuser=True)

    codes = {("hs", "9026"): factories.TradeCodeFactory(scheme="hs", code="9026")}
    factories.OpportunityFactory(
        company=companies[OURS], published=True, text={"en": "Pumps."}, codes=codes.values()
    )

    review_some(World(today(), operator, companies=companies, contacts=contacts, codes=codes))

    assert Opportunity.objects.on_show().filter(is_anonymous=True).count() == 2
    assert Opportunity.objects.filter(status="on_hold").count() == 1
    assert Revision.objects.waiting().count() == 1

import pytest

from chambers.models import Company
from chambers.selectors.shown import Audience, shown_companies, sight_of_audience
from seeds import profiles, sources
from tests.factories import CompanyFactory

pytestmark = pytest.mark.django_db


def test_the_demo_completes_profiles_with_files_that_pass_every_check():
    rows = sources.document("profiles")["profiles"]
    companies = {row["company"]: CompanyFactory(member=True) for row in rows}

    profiles.complete(companies)

    romashka = companies["romashka-sensor"]
    assert [one.kind for one in romashka.documents.all()] == ["logo", "brochure"]
    assert Company.objects.filter(logo=None).count() == 0
    shown = [
        shown_companies([romashka], None, sight_of_audience(audience, romashka))[0].fields
        for audience in Audience
    ]
    assert ["turnover" in one for one in shown] == [False, False, True, True]
    assert ["email" in one for one in shown] == [False, False, False, True]


def test_every_profile_names_a_company_of_the_demo():
    named = {row["company"] for row in sources.document("profiles")["profiles"]}

    assert named <= {row["key"] for row in sources.companies()}

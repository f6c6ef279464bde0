"""What keeps search in step with the rows, and how words sound."""

import pytest

from chambers import names, words
from chambers.models import Company, SearchWord
from chambers.selectors.indexing import company_index
from chambers.selectors.search import read_question, search_companies
from chambers.services import jobs
from chambers.services.companies import change_company, reindex_company
from chambers.services.memberships import approve_membership
from marketplace import tasks
from marketplace.models import Opportunity
from marketplace.selectors import search_opportunities
from tests.factories import CompanyFactory, MembershipFactory, OpportunityFactory, StaffFactory
from tests.matching.world import hs

__all__ = ["tasks"]  # its import registers the jobs


def test_everything_is_written_anew_by_one_job(db):
    company = CompanyFactory(
        legal_name="Kontakt LLC", codes=hs("902610"), languages=["ru"], member=True
    )
    item = OpportunityFactory(published=True, company__legal_name="Ventil LLC")
    Opportunity.objects.update(search=None, head=None, facets=[])
    SearchWord.objects.all().delete()

    jobs.enqueue("chambers.reindex", key="all")
    jobs.work_off()

    assert search_companies(Company.objects.all(), "kontakt", member=False).get() == company
    assert search_opportunities(Opportunity.objects.all(), "ventil").get() == item
    company.refresh_from_db()
    assert {"goods:90", "goods:9026", "goods:902610", "speaks:ru"} <= set(company.facets)
    assert SearchWord.objects.filter(word="kontakt").exists()


def test_words_of_imported_companies_are_learnt_by_a_job(db):
    CompanyFactory(legal_name="Kontakt LLC", indexed=True, member=True)
    SearchWord.objects.all().delete()

    jobs.enqueue("chambers.words", key="all")
    jobs.work_off()
    jobs.enqueue("chambers.words", key="all")
    jobs.work_off()

    assert SearchWord.objects.get(word="kontakt").sound == "kontakt"


def test_words_of_a_company_are_known_once_it_stands_in_the_directory(db):
    staff = StaffFactory()
    applicant = MembershipFactory(
        company__legal_name="Zirkonit LLC", chamber=staff.chamber, applied=True
    )
    unlisted = CompanyFactory(legal_name="Obsidian LLC", member=True, is_listed=False)

    def known():
        return set(
            SearchWord.objects.filter(word__in=["zirkonit", "obsidian"]).values_list(
                "word", flat=True
            )
        )

    for company in (applicant.company, unlisted):
        reindex_company(company)
    for job in ("chambers.words", "chambers.reindex"):
        jobs.enqueue(job, key="all")
    jobs.work_off()
    assert known() == set()

    approve_membership(applicant, by=staff.person)
    assert known() == {"zirkonit"}
    change_company(unlisted, is_listed=True)
    assert known() == {"zirkonit", "obsidian"}


@pytest.mark.parametrize(
    ("level", "kept"),
    [("public", ["zirconium", "speaks:fi"]), ("members", ["~zirconium", "~speaks:fi"])],
)
def test_what_members_alone_may_find_is_stored_as_another_word(db, level, kept):
    company = CompanyFactory(
        description={"en": "Zirconium"},
        languages=["fi"],
        visibility={"description": level, "languages": level},
    )

    made = company_index(company)

    assert f"'{kept[0]}':" in made.search
    assert kept[1] in made.facets
    assert ("zirconium" in made.spoken) == (level == "public")


@pytest.mark.parametrize(
    ("level", "found_by"),
    [
        ("public", {"guest", "member"}),
        ("members", {"member"}),
        ("partners", set()),
        ("accepted", set()),
    ],
)
@pytest.mark.parametrize("asked", ["7701234567", "77-0123 4567", "７７０１２３４５６７"])
def test_a_registration_number_finds_its_company_for_those_who_may_see_it(
    db, level, found_by, asked
):
    visibility = {"registration_number": level}
    written = "77-0123 4567"
    company = CompanyFactory(registration_number=written, visibility=visibility, indexed=True)
    CompanyFactory(registration_number="7701234568", visibility=visibility, indexed=True)

    for reader in ("guest", "member"):
        rows = search_companies(Company.objects.all(), asked, member=reader == "member")
        assert list(rows) == ([company] if reader in found_by else []), reader


@pytest.mark.parametrize("level", ["partners", "accepted"])
def test_what_partners_alone_may_see_is_not_stored(db, level):
    company = CompanyFactory(description={"en": "Zirconium"}, visibility={"description": level})

    assert "zirconium" not in company_index(company).search


def test_a_common_word_counts_beside_a_rare_one_in_the_order_alone(db, monkeypatch):
    named = CompanyFactory(legal_name="Pump Company", indexed=True)
    other = CompanyFactory(legal_name="Nasos", description={"en": "Pumps"}, indexed=True)
    monkeypatch.setattr("chambers.selectors.search.common_words", lambda model: {"compani"})

    both = search_companies(Company.objects.all(), "pump company", member=False)
    alone = search_companies(Company.objects.all(), "company", member=False)

    assert list(both) == [named, other]
    assert list(alone) == [named]
    assert read_question("company", Company).words[0].is_common


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("nasosy", "насосы"), ("shchit", "щит"), ("novyy", "новый"), ("khleb", "хлеб")],
)
def test_russian_typed_in_latin_letters_is_read(typed, meant):
    assert words.cyrillic(typed) == meant


def test_words_of_one_sound_have_one_key_in_every_script():
    assert names.sound("датчик") == names.sound("datchik") == "datchik"
    assert names.sound("センサ") == "sensa"

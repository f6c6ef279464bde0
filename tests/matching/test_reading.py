"""A provider of text vectors is off by default; where one is named, suggested codes follow it."""

import pytest

from matching import profiles, reading
from tests.matching.world import nomenclature

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


def test_profiles_are_read_anew_once_a_provider_is_plugged_in(settings):
    before = profiles.version()

    settings.TEXT_EMBEDDINGS = PROVIDER

    assert profiles.version() != before
    assert profiles.version().startswith(before)

"""Companies meet across languages by what their words mean, and are told by which words."""

import pytest

from matching.selectors import suggestions_for
from tests.factories import RepresentativeFactory
from tests.matching.world import company, match, offers, partners_of, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def market():
    """Forty others, so that a word that few say counts; none of theirs has a meaning."""
    for number in range(40):
        company("KZ", f"Other {number}", description={"en": f"Qwrt{number} zxcv{number}"})


def suggestion(one):
    (found,) = suggestions_for(one, RepresentativeFactory(company=one).person).shown
    return found


def test_a_russian_offer_and_a_japanese_demand_that_share_no_word_meet_and_say_why():
    romashka, asahi = company("RU", "Ромашка"), company("JP", "アサヒ")
    offers(romashka, title={"ru": "Подшипники для турбин, валы и клапаны"})
    seeks(asahi, title={"ja": "タービン用の軸受、シャフト、弁"})

    match()

    assert (partners_of(romashka), partners_of(asahi)) == (["アサヒ"], ["Ромашка"])
    found = suggestion(romashka)
    words = {(reason.need_word, reason.answer_word) for reason in found.you_cover.reasons}
    assert ("タービン (turbines)", "турбин (turbines)") in words
    assert any(answer.startswith("Подшипники (bearing") for _, answer in words)


def test_a_russian_offer_meets_an_english_demand_in_its_own_words():
    romashka, pump = company("RU", "Ромашка"), company("DE", "Pump House")
    offers(romashka, title={"ru": "Насосы для воды"})
    seeks(pump, title={"en": "Water pumps"})

    match()

    found = suggestion(pump)
    assert {(one.need_word, one.answer_word) for one in found.they_cover.reasons} == {
        ("pumps", "Насосы (pumps)"),
        ("Water", "воды (water)"),
    }


def test_the_words_of_a_company_that_writes_two_languages_are_shown_as_it_wrote_them():
    romashka, pump = company("RU", "Ромашка"), company("DE", "Pump House")
    offers(romashka, title={"ru": "Насосы", "en": "Pumps"})
    seeks(pump, title={"en": "A pump"})

    match()

    [reason] = suggestion(pump).they_cover.reasons
    assert (reason.need_word, reason.answer_word) == ("pump", "Pumps")


def test_texts_that_say_different_things_in_two_languages_do_not_meet():
    romashka, asahi = company("RU", "Ромашка"), company("JP", "アサヒ")
    offers(romashka, title={"ru": "Сухофрукты и варенье"})
    seeks(asahi, title={"ja": "半導体製造装置"})

    match()

    assert (partners_of(romashka), partners_of(asahi)) == ([], [])

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chambers.words import lexemes
from matching.engine import with_english, word_terms
from matching.engine.cognates import Cognates
from matching.engine.lexicon import LEARNT, LEAST, TRANSLATED, Lexicon, Meaning
from seeds.labels import english_texts, parallel_labels

unhurried = settings(deadline=None)  # a busy machine is no failure

LABELS = [
    ("ru", "Датчики давления", "Pressure sensors"),
    ("ru", "Датчики температуры", "Temperature sensors"),
    ("ru", "Насосы и клапаны", "Pumps and valves"),
    ("ru", "Насосы для воды", "Water pumps"),
    ("ru", "Торф", "Peat"),
    ("ja", "圧力センサー", "Pressure sensors"),
    ("ja", "温度センサー", "Temperature sensors"),
    ("ja", "ポンプ・弁", "Pumps, valves"),
    ("ja", "電気", "Electric"),
    ("ja", "電気", "Electric"),
    ("ja", "泳動", "Moving"),
    ("ja", "泳動", "Moving"),
    ("ja", "気泳", "Swimming"),
    ("ja", "プラスチック", "Plastics"),
]


@pytest.fixture(scope="module")
def lexicon():
    return Lexicon.fit(LABELS, ["Compressors and hydraulic cylinders"])


@pytest.fixture(scope="module")
def shipped():
    with LEARNT.open(encoding="utf-8") as lines:
        return Lexicon.read(lines)


def english(lexicon, text, language):
    return set(lexicon.english(lexemes(text, language), language))


def test_words_said_of_the_same_things_mean_each_other(lexicon):
    assert lexicon.translate("датчик")[0][0] == "sensor"
    assert lexicon.translate("センサー")[0][0] == "sensor"
    assert lexicon.translate("давлен")[0][0] == lexicon.translate("圧力")[0][0] == "pressur"


def test_lists_of_equal_length_teach_item_by_item(lexicon):
    assert dict(lexicon.words["клапа"]) == {"valv": pytest.approx(2 / 3, abs=0.01)}


def test_the_same_labels_give_the_same_lexicon_to_the_letter(lexicon):
    again = Lexicon.fit(LABELS, ["Compressors and hydraulic cylinders"])

    assert list(again.lines()) == list(lexicon.lines())
    assert Lexicon.read(lexicon.lines()) == lexicon


def test_what_was_seen_once_is_less_sure_than_what_was_seen_often():
    once = Lexicon.fit([("ru", "Торф", "Peat")])
    often = Lexicon.fit([("ru", "Торф", "Peat")] * 9)

    assert once.translate("торф")[0][1] < often.translate("торф")[0][1] < 1


def test_a_word_of_many_meanings_is_sure_of_none():
    meanings = ["Lamp", "Lake", "Ladder", "Lentil", "Ledger", "Lotion", "Lumber", "Linen"]
    lexicon = Lexicon.fit([("ru", "Вещь", meaning) for meaning in meanings])

    assert max(p for _, p in lexicon.translate("вещ")) < 0.2


def test_an_unknown_word_is_known_by_its_beginning_or_its_sound_but_less_surely(lexicon):
    [(pump, sure), *_] = lexicon.translate("насосн")
    [(compressor, heard), *_] = lexicon.translate("компрессор")

    assert (pump, compressor) == ("pump", "compressor")
    assert sure <= 0.5
    assert heard <= 0.5


def test_a_run_of_katakana_is_read_in_the_words_it_is_made_of(lexicon):
    assert english(lexicon, "プラスチックポンプ", "ja") == {"plastic", "pump"}


def test_the_seam_of_two_words_means_nothing(lexicon):
    assert "swim" in english(lexicon, "気泳", "ja")
    assert "swim" not in english(lexicon, "電気泳動", "ja")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "ru"),
        ("2024 9026.10", "ru"),
        ("Drucksensoren für Pumpen", "de"),
        ("圧力传感器", "zh"),
        ("압력 센서", "ko"),
        ("Ъъъъ щщщщ", "ru"),
    ],
)
def test_nothing_is_translated_where_nothing_was_learnt(lexicon, text, language):
    assert english(lexicon, text, language) == set()


def test_a_lexicon_that_learnt_nothing_translates_nothing():
    assert english(Lexicon(), "Датчики давления", "ru") == set()


def test_a_meaning_counts_once_between_two_texts_of_one_language(lexicon):
    text = lexemes("датчики давления", "ru")

    terms = with_english(word_terms(text), lexicon.english(text, "ru"))

    assert 0 < terms["w:датчик"] < 1
    assert terms["w:датчик"] ** 2 + terms["w:sensor"] ** 2 <= 1


def test_a_word_that_the_text_says_in_english_stays_as_said():
    terms = with_english({"w:датчик": 1.0, "w:sensor": 1.0}, {"sensor": Meaning("датчик", 0.5)})

    assert terms["w:sensor"] == 1.0


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("компрессор", "compressor"),
        ("コンプレッサー", "compressor"),
        ("гидравлическ", "hydraul"),
        ("フィルター", "filter"),
    ],
)
def test_borrowed_words_are_heard_in_both_scripts(word, meaning):
    known = {"compressor": "compressors", "hydraul": "hydraulic", "filter": "filters"}

    assert Cognates(known).find(word)[0][0] == meaning


def test_words_that_only_look_a_little_alike_are_strangers():
    assert Cognates({"velvet": "velvet", "coffe": "coffee"}).find("бархатн") == []
    assert Cognates({"coffe": "coffee"}).find("coffe") == []


def test_what_ships_is_what_the_labels_teach(shipped):
    learnt = Lexicon.fit(parallel_labels(), english_texts())

    assert list(learnt.lines()) == list(shipped.lines()), "run manage.py learn_words and commit"


@pytest.mark.parametrize(
    ("russian", "japanese", "meaning"),
    [("датчики", "センサー", "sensor"), ("насос", "ポンプ", "pump"), ("древесина", "木材", "wood")],
)
def test_a_russian_and_a_japanese_word_meet_in_english(shipped, russian, japanese, meaning):
    both = english(shipped, russian, "ru") & english(shipped, japanese, "ja")

    assert meaning in both


@unhurried
@given(st.text(alphabet="абвгдежзиклмнопрстуイカサンポプ圧力電気泳動abc ー", max_size=60))
def test_every_meaning_has_a_probability_and_comes_from_a_word_of_the_text(shipped, text):
    words = lexemes(text, "ru")

    found = shipped.english(words, "ru")

    assert all(LEAST <= one.probability <= 1 and one.word in words for one in found.values())
    assert all(0 < one.confidence <= TRANSLATED for one in found.values())
    terms = with_english(word_terms(words), found)
    assert all(0 < value <= 1 and math.isfinite(value) for value in terms.values())

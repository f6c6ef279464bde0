import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chambers.words import lexemes
from matching.engine.codes import (
    DIVISIONS,
    INFERRED,
    SHOWN,
    USED,
    CodeReader,
    DivisionReader,
    division_words,
    suggested,
    suggested_terms,
)
from matching.engine.lexicon import Lexicon

unhurried = settings(deadline=None)  # a busy machine is no failure


LABELS = [
    ("84", "en", "Machinery and mechanical appliances"),
    ("8413", "en", "Pumps for liquids"),
    ("8413", "ru", "Насосы для жидкостей"),
    ("8413", "ja", "液体ポンプ"),
    ("902620", "en", "Instruments for measuring pressure"),
    ("9026", "ru", "Датчики давления и расхода"),
    ("9026", "ja", "圧力計・流量計"),
    ("2703", "en", "Peat"),
    ("2703", "ru", "Торф"),
    ("0701", "en", "Potatoes, fresh"),
    ("0702", "en", "Tomatoes, fresh"),
    ("0703", "en", "Onions, fresh"),
    ("0704", "en", "Cabbages, fresh"),
]
SERVICES = [
    ("62", "en", "Software, programming"),
    ("28", "en", "Machinery, pumps"),
    ("28", "ru", "Машины и насосы"),
    ("64", "en", "Banks, loans"),
]


@pytest.fixture(scope="module")
def reader():
    return CodeReader.fit(LABELS)


@pytest.fixture(scope="module")
def divisions():
    return DivisionReader.fit(SERVICES)


@pytest.mark.parametrize(
    ("text", "language", "code"),
    [
        ("Торф", "ru", "2703"),
        ("We make pumps for all kinds of liquids in our own works", "en", "8413"),
        ("Производство и поставка: насосы для различных жидкостей", "ru", "8413"),
        ("当社は液体ポンプを製造しています。", "ja", "8413"),
        ("датчики давления и расхода для котельных", "ru", "9026"),
        ("instruments for the measuring of pressure", "en", "9026"),
    ],
)
def test_a_text_that_says_a_label_gets_its_code_in_any_language(reader, text, language, code):
    [(found, confidence), *_] = reader.read(lexemes(text, language), language)

    assert found == code
    assert 0 < confidence < 1


def test_a_text_in_a_language_without_labels_is_read_by_what_its_words_mean():
    labels = [label for label in LABELS if label[1] == "en"]
    lexicon = Lexicon.fit([("ru", "Насосы", "Pumps"), ("ru", "Жидкости", "Liquids")] * 5)
    text = lexemes("Насосы для жидкостей", "ru")

    assert CodeReader.fit(labels).read(text, "ru") == []
    assert CodeReader.fit(labels, lexicon).read(text, "ru")[0][0] == "8413"


def test_a_text_that_says_a_label_in_other_words_too_is_less_sure(reader):
    [(_, alone), *_] = reader.read(lexemes("pumps for liquids"))
    [(_, among), *_] = reader.read(lexemes("pumps for liquids and quite another matter of trust"))

    assert among < alone


@pytest.mark.parametrize(
    "text", ["", "2703 8413", "Our peat bog tours attract visitors from all over Europe"]
)
def test_a_text_that_says_no_label_gets_no_code(reader, text):
    assert reader.read(lexemes(text, "en")) == []


def test_readers_without_labels_read_nothing():
    assert CodeReader.fit([]).read(["pump"]) == []
    assert DivisionReader.fit([]).read(["pump"]) == []
    assert suggested({"en": ["pump"]}, CodeReader.fit([]), DivisionReader.fit([])) == []


def test_a_company_gets_headings_chapters_and_divisions_from_its_text(reader, divisions):
    found = suggested({"en": lexemes("Pumps for liquids")}, reader, divisions)

    assert {("hs", "8413"), ("hs", "84"), ("nace", "28")} <= {one[:2] for one in found}
    sure = {one[:2]: one[2] for one in found}
    assert sure["hs", "84"] >= sure["hs", "8413"]


def test_what_is_read_as_a_service_gets_no_goods(reader, divisions):
    text = lexemes("Software programming for pumps of liquids, software, programming, software")

    assert reader.read(text) != []
    assert {scheme for scheme, _, _ in suggested({"en": text}, reader, divisions)} == {"nace"}


def test_several_languages_give_the_codes_of_each(reader, divisions):
    texts = {"en": lexemes("Peat"), "ru": lexemes("Насосы для жидкостей", "ru")}

    found = {code for scheme, code, _ in suggested(texts, reader, divisions) if scheme == "hs"}

    assert {"2703", "8413"} <= found


def test_only_codes_that_are_sure_enough_are_matched_by_and_weigh_less_than_stated_ones():
    terms = suggested_terms([("hs", "8413", 0.8), ("hs", "27", USED - 0.01), ("nace", "28", 0.9)])

    assert terms == {
        "hs4:8413": pytest.approx(INFERRED * 0.8),
        "hs2:84": pytest.approx(INFERRED * 0.8),
        "nace:28": pytest.approx(INFERRED * 0.9),
    }


def test_every_division_has_words_that_ship():
    with DIVISIONS.open(encoding="utf-8") as lines:
        labels = list(division_words(lines))

    assert len({code for code, _, _ in labels}) == 88
    assert all(text.strip() for _, _, text in labels)


def test_headings_said_alike_divide_the_confidence_that_their_chapter_has_whole():
    labels = [("0701", "en", "Potatoes, fresh"), ("0710", "en", "Potatoes, frozen")]
    reader = CodeReader.fit([*labels, ("2703", "en", "Peat")])

    sure = dict(reader.read(["potato"]))

    assert sure["0701"] == sure["0710"] < USED
    assert sure["07"] == pytest.approx(sure["0701"] * 2, abs=0.01)


@unhurried
@given(st.lists(st.sampled_from(["pump", "liquid", "насос", "жидкост", "peat", "x", "2703"])))
def test_any_text_gets_few_codes_of_bounded_confidence(reader, divisions, text):
    codes = reader.read(text)
    headings = [one for one in codes if len(one[0]) == 4]
    chapters = [one for one in codes if len(one[0]) == 2]

    for found in (headings, chapters, divisions.read(text)):
        assert len(found) <= SHOWN
        assert all(0 < confidence < 1 for _, confidence in found)
        assert [sure for _, sure in found] == sorted((sure for _, sure in found), reverse=True)
    assert codes == CodeReader.fit(LABELS).read(text)

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chambers.words import lexemes
from matching.engine.codes import INFERRED, CodeReader

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


@pytest.fixture(scope="module")
def reader():
    return CodeReader.fit(LABELS)


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
    [(found, confidence), *_] = reader.read(lexemes(text, language))

    assert found == code
    assert 0 < confidence <= INFERRED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2703 8413",
        "We advise banks, insurers and funds on matters of liquids and law in many countries",
        "Our peat bog tours attract visitors from all over Europe every summer",
        "fresh",
    ],
)
def test_a_text_that_says_no_label_gets_no_code(reader, text):
    assert reader.read(lexemes(text, "en")) == []
    assert reader.terms(lexemes(text, "en")) == {}


def test_codes_become_terms_of_lower_confidence_with_their_parents(reader):
    terms = reader.terms(lexemes("Торф", "ru"))

    assert terms == {"hs4:2703": INFERRED, "hs2:27": INFERRED}


def test_a_reader_without_labels_reads_nothing():
    assert CodeReader.fit([]).read(["pump"]) == []


@unhurried
@given(st.lists(st.sampled_from(["pump", "liquid", "насос", "жидкост", "peat", "x", "2703"])))
def test_any_text_gets_few_codes_of_bounded_confidence(text):
    found = CodeReader.fit(LABELS).read(text)

    assert len(found) <= 3
    assert all(0 < confidence <= INFERRED for _, confidence in found)
    assert [sure for _, sure in found] == sorted((sure for _, sure in found), reverse=True)

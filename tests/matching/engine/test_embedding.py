"""A second opinion on codes by a real provider: letters by threes. The bench has another."""

import zlib

import numpy as np
import pytest

from chambers.words import lexemes
from matching.engine.codes import USED, CodeReader, DivisionReader, joined, suggested
from matching.engine.embedding import EmbeddedLabels, readable, surest
from matching.engine.lexicon import Lexicon

LABELS = [
    ("84", "en", "Machinery"),
    ("8413", "en", "Pumps for liquids"),
    ("841350", "en", "Reciprocating displacement pumps"),
    ("8413", "ru", "Насосы для жидкостей"),
    ("8414", "en", "Compressors and fans"),
    ("2703", "en", "Peat"),
    ("0701", "en", "Potatoes, fresh"),
]


class ByThrees:
    """A text is how often each three letters in a row stand in it."""

    languages = ("en",)

    def encode(self, texts):
        found = np.zeros((len(texts), 512), np.float32)
        for row, text in zip(found, texts, strict=True):
            for at in range(len(text) - 2):
                row[zlib.crc32(text[at : at + 3].lower().encode()) % 512] += 1
        return found


@pytest.fixture(scope="module")
def labels():
    return EmbeddedLabels.fit(LABELS, 4, ByThrees())


def shares(labels, text):
    (vector,) = ByThrees().encode([text])
    return labels.shares(vector)


def test_the_code_with_the_nearest_label_has_most_and_all_together_one(labels):
    found = shares(labels, "Displacement pumps of our own make")

    headings = {code: part for code, part in found.items() if len(code) == 4}
    assert max(headings, key=headings.get) == "8413"
    assert sum(headings.values()) == pytest.approx(1, abs=0.05)
    assert found["84"] == pytest.approx(found["8413"] + headings.get("8414", 0.0), abs=0.02)


def test_labels_of_other_languages_and_of_shorter_codes_are_not_looked_at(labels):
    english = [one for one in LABELS if one[1] == "en" and len(one[0]) > 2]

    assert shares(EmbeddedLabels.fit(english, 4, ByThrees()), "pumps") == shares(labels, "pumps")


@pytest.mark.parametrize("text", ["", "a", "ab"])
def test_a_text_without_a_direction_has_no_opinion(labels, text):
    assert shares(labels, text) == {}


def test_without_labels_there_is_no_opinion():
    assert shares(EmbeddedLabels.fit([], 4, ByThrees()), "pumps") == {}


def test_a_language_that_the_provider_does_not_read_goes_through_the_lexicon():
    lexicon = Lexicon.fit([("ru", "Насосы", "Pumps")] * 5, ["Pumps"])

    assert readable(ByThrees(), lexicon, "en", "Насосы") == "Насосы"
    assert readable(ByThrees(), lexicon, "ru", "Насосы").lower() == "pumps"


def test_of_several_texts_the_highest_share_of_each_code_counts():
    assert surest([{"84": 0.2, "27": 0.5}, {"84": 0.9}]) == {"84": 0.9, "27": 0.5}


def test_what_both_say_is_surer_than_what_one_says():
    found = dict(joined([("8413", 0.6), ("2703", 0.6), ("84", 0.6)], {"8413": 0.9, "8414": 0.05}))

    assert found["8413"] > 0.6 > found["2703"] > found["8414"]
    assert set(found) == {"8413", "2703", "8414", "84"}


def test_vectors_alone_never_make_a_code_sure_enough_to_be_used():
    assert dict(joined([], {"8413": 1.0}))["8413"] < USED


def test_a_second_opinion_brings_a_heading_forward_and_does_not_undo_that_a_text_is_a_service():
    headings = CodeReader.fit(LABELS)
    divisions = DivisionReader.fit(
        [("62", "en", "Software, programming"), ("28", "en", "Machinery, pumps")]
    )
    goods = {"en": lexemes("Machinery for moving liquids", "en")}
    service = {"en": lexemes("Software programming", "en")}
    second = {"hs": {"8413": 0.95, "84": 0.95}, "nace": {}}

    alone = dict(_hs(suggested(goods, headings, divisions)))
    both = dict(_hs(suggested(goods, headings, divisions, second)))

    assert both["8413"] > alone.get("8413", 0.0)
    sure = {"hs": {"8413": 0.95}, "nace": {"62": 1.0}}
    assert _hs(suggested(service, headings, divisions, sure)) == []


def _hs(found):
    return [(code, p) for scheme, code, p in found if scheme == "hs"]

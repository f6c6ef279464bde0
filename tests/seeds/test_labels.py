"""Labels and words that the lexicon and the code readers learn from."""

import re

from seeds import sources
from seeds.labels import division_labels, heading_labels, parallel_labels

CYRILLIC = re.compile("[А-Яа-яЁё]")
JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")


def test_every_plain_word_is_said_in_three_languages():
    for row in sources.table("plain_words"):
        assert row["en"].isascii(), row
        assert all(CYRILLIC.search(word) for word in row["ru"].split(";")), row
        assert all(JAPANESE.search(word) for word in row["ja"].split(";") if word), row


def test_a_plain_word_teaches_what_stands_at_its_place_or_begins_alike():
    taught = {(text, meaning) for language, text, meaning in parallel_labels() if language == "ru"}

    assert {("турбина", "turbine"), ("турбинный", "turbine"), ("винт", "propeller")} <= taught
    assert ("турбинный", "propeller") not in taught


def test_all_headings_and_divisions_have_labels_in_three_languages():
    for labels, digits, count in ((heading_labels(), 4, 1229), (division_labels(), 2, 88)):
        by_language = {}
        for code, language, _ in labels:
            if len(code) == digits:
                by_language.setdefault(language, set()).add(code)
        assert {language: len(codes) for language, codes in by_language.items()} == {
            "en": count,
            "ru": count,
            "ja": count,
        }

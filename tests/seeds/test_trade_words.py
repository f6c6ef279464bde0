"""The parallel trade words: every row can be learnt from."""

import re
from collections import Counter

import pytest

from seeds import sources

LANGUAGES = ("en", "ru", "ja")
LATIN = "[A-Za-z]"
CYRILLIC = "[А-Яа-яЁё]"
JAPANESE = "[\u3041-\u30ff\u3400-\u9fff]"
LONGEST = 60  # characters; a name of a thing, not a sentence about it


@pytest.fixture(scope="module")
def rows():
    return sources.table("trade_words")


def test_every_cell_holds_a_short_name(rows):
    wrong = [
        row
        for row in rows
        if not row["field"]
        or any(
            row[one] != row[one].strip() or not 0 < len(row[one]) <= LONGEST for one in LANGUAGES
        )
    ]

    assert wrong == []


def test_there_are_words_for_every_walk_of_trade(rows):
    fields = Counter(row["field"] for row in rows)

    assert len(rows) >= 2500
    assert len(fields) >= 40


def test_no_row_stands_twice(rows):
    times = Counter(tuple(row[one].casefold() for one in LANGUAGES) for row in rows)

    assert [texts for texts, count in times.items() if count > 1] == []


def test_words_are_in_the_script_of_their_language(rows):
    wrong = [
        row
        for row in rows
        if not re.search(LATIN, row["en"])
        or re.search(f"{CYRILLIC}|{JAPANESE}", row["en"])
        or not re.search(CYRILLIC, row["ru"])
        or re.search(JAPANESE, row["ru"])
        or not re.search(JAPANESE, row["ja"])
        or re.search(CYRILLIC, row["ja"])
    ]

    assert wrong == []


def test_no_russian_word_hides_a_latin_letter(rows):
    wrong = [
        word
        for row in rows
        for word in re.findall(r"\w+", row["ru"])
        if re.search(LATIN, word) and re.search(CYRILLIC, word)
    ]

    assert wrong == []


def test_rows_stand_by_field_and_then_by_english_name(rows):
    keys = [(row["field"], row["en"].casefold(), row["ru"].casefold()) for row in rows]

    assert keys == sorted(keys)

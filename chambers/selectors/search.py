"""How a question is read and asked: across languages, scripts and misspellings.

``chambers.selectors.indexing`` says what is stored. Each word of a question is read in every
language of the site and in other letters (Russian typed in Latin ones, kana as Latin, hiragana as
katakana); a row must hold some reading of each word. Words that sound alike are looked up among
all words that anything public has, and one that nothing has is read as the nearest of them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db import connection
from django.db.models import F, FloatField, Model, Q, QuerySet, Value

from chambers import names, words
from chambers.models import SITE_LANGUAGES, Company, SearchWord, site_language
from chambers.selectors.indexing import FOR_MEMBERS, SPOKEN, quoted

LONGEST_QUESTION = 100  # characters
COMMON = 5_000  # rows that have a word; by one that more have nothing is told apart
NEAREST = 3  # words that a misspelt one may mean
WEIGHTS = [0.1, 0.4, 0.1, 1.0]  # of the labels D, C, B, A in a short vector
_KEPT = 600.0  # seconds for which the common words are kept
_ALIKE = 0.7  # ``names.alike`` of a misspelt word and what it may mean
_SAME_SOUND = 12  # words of one sound that are asked for
_CORRECTED = 3  # words of a question that are looked for among all words
_WORD = re.compile(r"\S+")
_LATIN_WORD = re.compile(r"[a-z]{3,40}")
_KANA_RUN = re.compile(r"[\u30a1-\u30fa\u30fc]{3,}")
_HIRAGANA_WORD = re.compile(r"[\u3041-\u3096\u30fc]{2,}")
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}

Reading = tuple[str, ...]
"""Lexemes that stand for a word together: all of them must be there."""


@dataclass(frozen=True)
class AskedWord:
    """A word of a question with its readings; ``meant`` are the words it was taken for.

    One that ``is_common`` stands in too many texts to tell them apart.
    """

    text: str
    readings: tuple[Reading, ...]
    meant: tuple[str, ...] = ()
    is_common: bool = False


@dataclass(frozen=True)
class Question:
    """What is asked for: some reading of each word."""

    words: tuple[AskedWord, ...]
    is_known: bool = True  # every word is one that something public has

    def where(self, *, member: bool) -> Q:
        """Rows that answer; ``member`` also admits what only members may find.

        Common words count in the order alone; with no others they are looked for in names,
        titles and own codes.
        """
        rare = [word for word in self.words if not word.is_common]
        if rare:
            return Q(search=_raw("&".join(_any(one.readings, member=member) for one in rare)))
        return Q(head=_raw("&".join(_any(one.readings, member=False) for one in self.words)))

    def order(self) -> SearchRank:
        """How much of the question a row's name, title and own codes hold."""
        lexemes = {one for word in self.words for reading in word.readings for one in reading}
        asked = _raw("|".join(map(quoted, sorted(lexemes))))
        return SearchRank(F("head"), asked, weights=WEIGHTS)


def clean(text: str) -> str:
    """A question as it is read: without NUL and blanks around, of bounded length."""
    return text.replace("\x00", "").strip()[:LONGEST_QUESTION]


def says_enough(text: str) -> bool:
    """Whether anybody can be found by a text: a letter of an alphabet or "of" finds nobody."""
    return bool(_asked_words(text)) or len(names.grouping_key(text)) >= 3


def read_question(text: str, model: type[Model], *, narrow: bool = False) -> Question | None:
    """The question in a text, for rows of ``model``; None when nothing searchable is left.

    Among ``narrow`` choices a common word is asked for as any other: few rows are looked at.
    One query, and one more for each word that nothing has, ``_CORRECTED`` of them at the most.
    """
    asked = _asked_words(clean(text))
    if not asked:
        return None
    lexemes = {one for word in asked for reading in word.readings for one in reading}
    sounds = {names.sound(one) for one in lexemes if SPOKEN.fullmatch(one)} - {""}
    known: dict[str, set[str]] = {}
    found = SearchWord.objects.filter(Q(word__in=lexemes) | Q(sound__in=sounds))
    for word, sound in found.values_list("word", "sound"):
        known.setdefault(sound, set()).add(word)
    there = {word for same in known.values() for word in same}
    sounding = [_sounding(word, known) for word in asked]
    unknown = [word for word in sounding if not _is_known(word, there)]
    meant = {word: _meant(word) for word in unknown[:_CORRECTED]}
    common = frozenset() if narrow else common_words(model)
    return Question(
        tuple(_marked(meant.get(word, word), common) for word in sounding),
        all(word in meant and bool(meant[word].meant) for word in unknown),
    )


def search_companies(companies: QuerySet[Company], text: str, *, member: bool) -> QuerySet[Company]:
    """Those that answer ``text``, best first: by words and codes, or by a misspelt name."""
    asked = read_question(text, Company)
    return answering_companies(companies, asked, text, member=member)


def answering_companies(
    companies: QuerySet[Company], asked: Question | None, text: str, *, member: bool
) -> QuerySet[Company]:
    """``search_companies`` for whoever has read the question already."""
    key = names.grouping_key(clean(text)) if clean(text) else ""
    ways = []
    if asked is not None:
        ways.append(asked.where(member=member))
    if len(key) >= 3 and (asked is None or not asked.is_known):
        ways.append(Q(names__trigram_word_similar=key))
    if not ways:
        return companies
    found = companies.filter(reduce(or_, ways))
    if asked is not None:
        found = found.annotate(rank=asked.order())
    else:
        found = found.annotate(rank=TrigramWordSimilarity(key, "names"))
    return found.order_by("-rank", "legal_name", "pk")


_COMMON = """
SELECT common.word FROM pg_stats AS stats
JOIN pg_class AS class ON class.relname = stats.tablename AND class.relkind = 'r'
CROSS JOIN unnest(stats.most_common_elems::text::text[]) WITH ORDINALITY AS common (word, at)
WHERE stats.schemaname = current_schema() AND stats.tablename = %s AND stats.attname = 'search'
    AND stats.most_common_elem_freqs[common.at] * class.reltuples > %s
"""
_common: dict[str, tuple[float, frozenset[str]]] = {}


def common_words(model: type[Model]) -> frozenset[str]:
    """The words that more than ``COMMON`` rows of a table have, as PostgreSQL estimates."""
    table = model._meta.db_table  # noqa: SLF001 - Django's word for it
    kept = _common.get(table)
    if kept is None or time.monotonic() - kept[0] > _KEPT:
        with connection.cursor() as cursor:
            cursor.execute(_COMMON, [table, COMMON])
            kept = time.monotonic(), frozenset(word for (word,) in cursor.fetchall())
        _common[table] = kept
    return kept[1]


def _marked(word: AskedWord, common: Collection[str]) -> AskedWord:
    is_common = any(all(one in common for one in reading) for reading in word.readings)
    return replace(word, is_common=is_common) if is_common else word


def unranked() -> Value:
    """The rank of rows that a single fact finds."""
    return Value(1.0, output_field=FloatField())


def _asked_words(text: str) -> list[AskedWord]:
    """The words of a question with their readings; grammar of one language is not asked for."""
    found = []
    for word in _WORD.findall(text[:LONGEST_QUESTION]):
        readings = readings_of(word)
        if readings:
            found.append(AskedWord(word, tuple(sorted(readings))))
    return found


def readings_of(word: str) -> set[Reading]:
    """What a word may be; nothing for a word that only holds a sentence together."""
    found = {
        tuple(words.lexemes(word, language))
        for language in (site_language(), *SITE_LANGUAGES, "de")
    }
    if () in found:
        return set()
    folded = words.fold(word)
    if _LATIN_WORD.fullmatch(folded):
        found.add(tuple(words.lexemes(words.cyrillic(folded), "ru")))
    latin = words.transliterate(folded)
    if latin != folded:
        found.add(tuple(words.lexemes(latin, "en")))
    if _HIRAGANA_WORD.fullmatch(folded):
        folded = folded.translate(_TO_KATAKANA)
        found.add(tuple(words.lexemes(folded)))
    if _KANA_RUN.fullmatch(folded):
        found.add(tuple(words.lexemes(folded.rstrip("ー"))))
        found.add(tuple(words.lexemes(names.sound(folded), "en")))
    return {_without_runs(reading) for reading in found} - {()}


def _without_runs(reading: Reading) -> Reading:
    """Its lexemes without whole runs of kana: their pairs find them in longer words too."""
    kept = [one for one in reading if not _KANA_RUN.fullmatch(one)]
    return tuple(dict.fromkeys(kept or reading))


def _sounding(word: AskedWord, known: Mapping[str, set[str]]) -> AskedWord:
    """The word with those that anything has and that sound like one of its readings."""
    readings = set(word.readings)
    for reading in word.readings:
        if len(reading) == 1 and SPOKEN.fullmatch(reading[0]):
            same = sorted(known.get(names.sound(reading[0]), ()))[:_SAME_SOUND]
            readings |= {(other,) for other in same}
    return AskedWord(word.text, tuple(sorted(readings)))


def _is_known(word: AskedWord, there: Collection[str]) -> bool:
    """Whether anything has a reading of it; numbers, signs and pairs are as they are."""
    spoken = [one for reading in word.readings for one in reading if SPOKEN.fullmatch(one)]
    return not spoken or any(one in there for one in spoken)


def _meant(word: AskedWord) -> AskedWord:
    """The word with the nearest of those that anything has."""
    meant = tuple(
        _nearest({names.sound(reading[0]) for reading in word.readings if len(reading) == 1})
    )
    readings = {*word.readings, *((one,) for one in meant)}
    return AskedWord(word.text, tuple(sorted(readings)), meant)


def _nearest(sounds: Iterable[str]) -> Sequence[str]:
    """The words nearest to a misspelt one, by any of its sounds; one query."""
    wanted = sorted({sound for sound in sounds if 4 <= len(sound) <= 40}, key=len)[:2]
    if not wanted:
        return ()
    like = reduce(or_, (Q(sound__trigram_similar=sound) for sound in wanted))
    rows = SearchWord.objects.filter(like).values_list("word", "sound")
    scored = sorted(
        (-max(names.alike(sound, other) for sound in wanted), word) for word, other in rows[:500]
    )
    best = -scored[0][0] if scored else 0.0
    return [word for score, word in scored if -score >= max(_ALIKE, best - 0.05)][:NEAREST]


def _any(readings: Iterable[Reading], *, member: bool) -> str:
    marks = ("", FOR_MEMBERS) if member else ("",)
    ways = []
    for reading in readings:
        parts = ("|".join(quoted(mark + one) for mark in marks) for one in reading)
        ways.append("&".join(f"({part})" for part in parts))
    return "(" + "|".join(f"({way})" for way in ways) + ")"


class _Lexemes(SearchQuery):
    """A query of stored lexemes as they are: ``to_tsquery`` would read them as text again."""

    template = "(%(expressions)s)::tsquery"


def _raw(text: str) -> SearchQuery:
    return _Lexemes(text, search_type="raw")

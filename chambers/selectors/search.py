"""How a question is read and asked: across languages, scripts and misspellings.

``chambers.selectors.indexing`` says what is stored. Each word of a question is read in every
language of the site and in other letters (Russian typed in Latin ones, kana as Latin, hiragana as
katakana); a row must hold some reading of each word. Words that sound alike are looked up among
all words that anything public has, and one that nothing has is read as the nearest of them.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Generic, TypeVar

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db import connection
from django.db.models import BigIntegerField, F, FloatField, Func, Model, Q, QuerySet, Value

from chambers import names, words
from chambers.models import SITE_LANGUAGES, Company, SearchWord, site_language, today
from chambers.selectors.indexing import FOR_MEMBERS, SPOKEN, quoted
from chambers.selectors.spelling import Near, nearest

_Row = TypeVar("_Row", bound=Model)

LONGEST_QUESTION = 100  # characters
COMMON = 5_000  # rows that have a word; by one that more have nothing is told apart
WEIGHTS = [0.1, 0.4, 0.1, 1.0]  # of the labels D, C, B, A in a short vector
_KEPT = 600.0  # seconds for which the common words are kept
_SAME_SOUND = 12  # words of one sound that are asked for
_CORRECTED = 3  # words of a question that are looked for among all words
_TRIED = 6  # other spellings of a whole question that are tried
_PATIENCE = 1.0  # seconds after which no further one is
_SURELY = 0.8  # likeness from which a word that something has may mean another
_WORD = re.compile(r"\S+")
_LATIN_WORD = re.compile(r"[a-z]{3,40}")
_KANA_RUN = re.compile(r"[\u30a1-\u30fa\u30fc]{3,}")
_KANA = re.compile(r"([\u30a1-\u30fa\u30fc]{3,})")
_HIRAGANA_WORD = re.compile(r"[\u3041-\u3096\u30fc]{2,}")
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}

Reading = tuple[str, ...]
"""Lexemes that stand for a word together: all of them must be there."""


@dataclass(frozen=True)
class AskedWord:
    """A word of a question with its readings; ``meant`` are the words it was taken for.

    One that ``is_common`` stands in too many texts to tell them apart. Something public has one
    that ``is_there``; one that ``is_doubtful`` only as the stem that another language makes of it.
    """

    text: str
    readings: tuple[Reading, ...]
    meant: tuple[str, ...] = ()
    is_common: bool = False
    is_there: bool = True
    is_doubtful: bool = False


@dataclass(frozen=True)
class Question:
    """What is asked for: some reading of each word."""

    words: tuple[AskedWord, ...]
    is_known: bool = True  # every word is one that something public has
    is_exact: bool = False  # nothing but the words as they are typed is wanted
    common: frozenset[str] = frozenset()  # words that tell nothing apart here

    @property
    def is_corrected(self) -> bool:
        """Whether some word was taken for others."""
        return any(word.meant for word in self.words)

    def where(self, *, member: bool) -> Q:
        """Rows that answer; ``member`` also admits what only members may find.

        Common words count in the order alone; with no others they are looked for in names,
        titles and own codes.
        """
        rare = [word for word in self.words if not word.is_common]
        if rare:
            return Q(search=_raw("&".join(_any(one.readings, member=member) for one in rare)))
        return Q(head=_raw("&".join(_any(one.readings, member=False) for one in self.words)))

    def order(self, column: str = "head", weights: Sequence[float] = WEIGHTS) -> SearchRank:
        """How much of the question a row's name, title and own codes hold, or another column."""
        lexemes = {one for word in self.words for reading in word.readings for one in reading}
        asked = _raw("|".join(map(quoted, sorted(lexemes))))
        return SearchRank(F(column), asked, weights=list(weights))


def clean(text: str) -> str:
    """A question as it is read: without NUL and blanks around, of bounded length."""
    return text.replace("\x00", "").strip()[:LONGEST_QUESTION]


def says_enough(text: str) -> bool:
    """Whether anybody can be found by a text: a letter of an alphabet or "of" finds nobody."""
    return bool(_asked_words(text)) or len(names.grouping_key(text)) >= 3


def read_question(
    text: str, model: type[Model], *, narrow: bool = False, exact: bool = False
) -> Question | None:
    """The question in a text, for rows of ``model``; None when nothing searchable is left.

    Among ``narrow`` choices a common word is asked for as any other: few rows are looked at.
    A word that nothing has is read as the nearest ones too, unless it is to be ``exact``; so is one
    that something has only as another language's stem, if others are nearer to it than that.
    One query, and one more for each such word, ``_CORRECTED`` of them at the most.
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
    read = [_known(word, known) for word in asked]
    unknown = [word for word in read if not word.is_there]
    suspect = [word for word in read if word.is_doubtful or not word.is_there]
    meant = {} if exact else {word: _meant(word) for word in suspect[:_CORRECTED]}
    common = frozenset() if narrow else common_words(model)
    return Question(
        tuple(_marked(meant.get(word, word), common) for word in read),
        all(word in meant and bool(meant[word].meant) for word in unknown),
        exact,
        common,
    )


@dataclass(frozen=True)
class Answer(Generic[_Row]):
    """The rows that answer a question, best first, and the question as they answer it."""

    rows: QuerySet[_Row]
    question: Question | None = None


def search_companies(
    companies: QuerySet[Company], text: str, *, member: bool, exact: bool = False
) -> QuerySet[Company]:
    """The rows of ``answered_companies``."""
    return answered_companies(companies, text, member=member, exact=exact).rows


def answered_companies(
    companies: QuerySet[Company], text: str, *, member: bool, exact: bool = False
) -> Answer[Company]:
    """Those that answer ``text``, best first: by words and codes, or by a misspelt name.

    Where nothing does, those that answer the nearest words, unless it is to be ``exact``.
    """

    def answering(asked: Question | None) -> QuerySet[Company]:
        return answering_companies(companies, asked, text, member=member)

    return settled(read_question(text, Company, exact=exact), answering)


def settled(
    asked: Question | None, answering: Callable[[Question | None], QuerySet[_Row]]
) -> Answer[_Row]:
    """The rows that answer a question; where none does, those that answer the nearest words."""
    rows = answering(asked)
    if asked is None or asked.is_exact or rows.order_by().exists():
        return Answer(rows, asked)
    other = read_otherwise(asked, lambda one: answering(one).order_by().exists())
    return Answer(rows, asked) if other is None else Answer(answering(other), other)


def read_otherwise(
    asked: Question,
    finds: Callable[[Question], bool],
    stands: Callable[[], bool] = lambda: False,
) -> Question | None:
    """The nearest spelling of a question without answers that has some; None where none has.

    Words that nothing has, or only as another language's stem, are read as near ones first. A
    word that something has is taken for another only if nothing ``stands`` where the words are
    asked for by themselves: that a filter leaves nothing is no slip of the hand.
    """
    until = time.monotonic() + _PATIENCE
    near: dict[str, list[Near]] = {}
    for is_sure in (False, True):
        if is_sure and stands():
            return None
        options = _options(asked, near, is_sure=is_sure)
        for other in itertools.islice(_spellings(asked, options), _TRIED):
            if finds(other):
                return other
            if time.monotonic() > until:
                return None
    return None


def answering_companies(
    companies: QuerySet[Company], asked: Question | None, text: str, *, member: bool
) -> QuerySet[Company]:
    """``search_companies`` for whoever has read the question already."""
    key = names.grouping_key(clean(text)) if clean(text) else ""
    ways = []
    if asked is not None:
        ways.append(asked.where(member=member))
    if len(key) >= 3 and (asked is None or not (asked.is_known or asked.is_exact)):
        ways.append(Q(names__trigram_word_similar=key))
    if not ways:
        return companies
    found = companies.filter(reduce(or_, ways))
    if asked is not None:
        found = found.annotate(rank=asked.order())
    else:
        found = found.annotate(rank=TrigramWordSimilarity(key, "names"))
    return found.order_by("-rank", chance_of_the_day(), "pk")


def chance_of_the_day() -> Func:
    """An order among equals that is another one each day: no name and no date is an advantage."""
    day = Value(today().toordinal(), output_field=BigIntegerField())
    return Func(F("pk"), day, function="hashint8extended", output_field=BigIntegerField())


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
    for typed in _WORD.findall(text[:LONGEST_QUESTION]):
        for word in _pieces(typed):
            readings = readings_of(word)
            if readings:
                found.append(AskedWord(word, tuple(sorted(readings))))
    return found


def _pieces(typed: str) -> list[str]:
    """What is typed without a blank; runs of katakana by themselves, as they have a sound."""
    pieces = [one for one in _KANA.split(words.fold(typed)) if one]
    return pieces if len(pieces) > 1 else [typed]


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


def _known(word: AskedWord, known: Mapping[str, set[str]]) -> AskedWord:
    """The word with those that anything has and that sound like one of its readings.

    Numbers, signs and pairs of characters are as they are.
    """
    readings = set(word.readings)
    for reading in word.readings:
        if len(reading) == 1 and SPOKEN.fullmatch(reading[0]):
            same = sorted(known.get(names.sound(reading[0]), ()))[:_SAME_SOUND]
            readings |= {(other,) for other in same}
    there = {one for same_sound in known.values() for one in same_sound}
    spoken = [one for reading in readings for one in reading if SPOKEN.fullmatch(one)]
    return replace(
        word,
        readings=tuple(sorted(readings)),
        is_there=not spoken or any(one in there for one in spoken),
        is_doubtful=not any(sound in known for sound in _sounds_of(word.text)),
    )


def _sounds_of(typed: str) -> set[str]:
    """How a typed word sounds as a whole, and its stem by the language of its letters."""
    folded = words.fold(typed)
    if _HIRAGANA_WORD.fullmatch(folded):
        folded = folded.translate(_TO_KATAKANA)
    if _KANA_RUN.fullmatch(folded):
        return {names.sound(folded)}
    read = [folded, *words.lexemes(folded)]
    if _LATIN_WORD.fullmatch(folded):
        read += words.lexemes(words.cyrillic(folded), "ru")
    return {names.sound(one) for one in read if SPOKEN.fullmatch(one)}


def _meant(word: AskedWord) -> AskedWord:
    """The word with the nearest of those that anything has, if they are nearer than its stems."""
    near = nearest(_sounds_of(word.text))
    own = {one for reading in word.readings for one in reading}
    if not near or (word.is_there and (near[0].alike < _SURELY or own & set(near[0].words))):
        return word
    readings = {*word.readings, *((one,) for one in near[0].words)}
    return replace(word, readings=tuple(sorted(readings)), meant=near[0].words)


Option = tuple[float, AskedWord]
"""What a word may be, and how far that is from what was typed: 0.0 for the word itself."""


def _options(asked: Question, near: dict[str, list[Near]], *, is_sure: bool) -> list[list[Option]]:
    """What each word of a question may be; words that something has only where ``is_sure``.

    ``near`` keeps what was looked up.
    """
    found = []
    for word in asked.words:
        is_suspect = word.is_doubtful or not word.is_there
        if (is_suspect or is_sure) and word.text not in near and len(near) < _CORRECTED:
            own = {one for reading in word.readings for one in reading} - set(word.meant)
            near[word.text] = nearest(_sounds_of(word.text), besides=own)
        others: list[Option] = [
            (1.0 - one.alike, _taken_for(word, one.words, asked.common))
            for one in near.get(word.text, ())
            if is_suspect or one.alike >= _SURELY
        ]
        found.append([(0.0, word), *others] if word.is_there or not others else others)
    return found


def _taken_for(word: AskedWord, meant: tuple[str, ...], common: Collection[str]) -> AskedWord:
    readings = tuple((one,) for one in meant)
    return _marked(replace(word, readings=readings, meant=meant, is_common=False), common)


def _spellings(asked: Question, options: Sequence[Sequence[Option]]) -> Iterator[Question]:
    """The question with each word taken for one of its options, the nearest first."""
    ways = sorted(itertools.product(*options), key=lambda way: sum(far for far, _word in way))
    for way in ways:
        taken = tuple(word for _far, word in way)
        if taken != asked.words:
            yield replace(asked, words=taken, is_known=True)


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

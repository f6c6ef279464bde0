"""Trade codes found by words of any of the site's languages, by a part of a word, or by digits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Least, NullIf

from chambers import words
from chambers.models import TradeCode
from chambers.selectors.search import read_otherwise, read_question, readings_of
from chambers.selectors.why import Place, read_as, why

LONGEST_QUESTION = 100  # characters
OFFERED = 12  # codes shown for one question
_DIGITS = re.compile(r"[0-9]{2,6}")
_SIGN_IS_A_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LABELS = ("label_en", "label_ru", "label_ja", "short_en")
_LIKE_ENOUGH = 0.5  # of 1: a letter or two wrong
_MISSPELT_FROM = 4  # letters
_WORDS_SPELT = 4  # of a question are compared letter by letter
_KEY = re.compile(r"(hs|nace):([0-9A-U]{1,6})")


def key_of(code: TradeCode) -> str:
    """How a form names a code: ``hs:8413``."""
    return f"{code.scheme}:{code.code}"


@dataclass(frozen=True)
class FoundCode:
    """A code as a list offers it: with the heading above it, and whether it is chosen."""

    code: TradeCode
    picked: bool = False

    @property
    def key(self) -> str:
        """How a form names it."""
        return key_of(self.code)

    @property
    def above(self) -> str:
        """The label of the heading or section above, "" at the top."""
        return self.code.parent.label if self.code.parent else ""


def code_vector(code: TradeCode) -> str:
    """The tsvector literal of a code whose ``parent__parent`` is joined: A own words, C above."""
    best: dict[str, str] = {}
    node: TradeCode | None = code
    while node is not None:
        weight = "A" if node is code else "C"
        for language, label in _labels_of(node):
            for lexeme in words.lexemes(label, language):
                best.setdefault(lexeme, weight)
        node = node.parent
    return " ".join(f"{_quoted(lexeme)}:1{weight}" for lexeme, weight in sorted(best.items()))


def codes_by_keys(keys: Iterable[str]) -> list[TradeCode]:
    """The codes of keys such as ``hs:8413``, in that order, unknown ones left out. One query."""
    wanted = [key for key in dict.fromkeys(keys) if _KEY.fullmatch(key)]
    if not wanted:
        return []
    named = reduce(
        or_, (Q(scheme=key.partition(":")[0], code=key.partition(":")[2]) for key in wanted)
    )
    found = {key_of(one): one for one in TradeCode.objects.filter(named).select_related("parent")}
    return [found[key] for key in wanted if key in found]


@dataclass(frozen=True)
class CodesFound:
    """Codes that answer words; ``read_as``: the words that were answered in their place, or ""."""

    codes: Sequence[TradeCode]
    read_as: str = ""


def find_codes(
    text: str, *, schemes: Collection[str] = TradeCode.Scheme.values, limit: int = OFFERED
) -> CodesFound:
    """Codes that answer ``text``, best first, with their parents.

    Digits are the beginning of a code. Of words every one must be said by the label of the code
    or of those above it, the last may be only begun; where nothing says them, the nearest words
    are asked for as in any search, then labels that are spelt nearly so.
    """
    clean = text.replace("\x00", "").strip()[:LONGEST_QUESTION]
    rows = TradeCode.objects.filter(scheme__in=schemes).select_related("parent")
    digits = re.sub(r"[\s.]", "", clean)
    if _DIGITS.fullmatch(digits):
        begun_so = rows.filter(code__startswith=digits)
        return CodesFound(list(begun_so.order_by("level", "scheme", "code")[:limit]))
    exact, begun = _question(clean, begun=False), _question(clean, begun=True)
    if exact is not None and begun is not None:
        ranked = rows.filter(search=begun).annotate(
            exact=SearchRank(F("search"), exact, weights=_WEIGHTS),
            begun=SearchRank(F("search"), begun, weights=_WEIGHTS),
        )
        found: list[TradeCode] = [*ranked.order_by("-exact", "-begun", "level", "code")[:limit]]
        if found:
            return CodesFound(found)
    said = _saying(rows, clean, limit)
    if said or len(clean) < _MISSPELT_FROM:
        return CodesFound(said)
    return _misspelt(rows, clean, limit) or CodesFound(_spelt_nearly(rows, clean, limit))


_WEIGHTS = [0.1, 0.1, 0.4, 1.0]  # D, C, B, A


def _labels_of(code: TradeCode) -> Iterable[tuple[str, str]]:
    yield "en", code.code
    yield "en", f"{code.short_en} {code.label_en}"
    yield "ru", code.label_ru
    yield "ja", code.label_ja


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _question(text: str, *, begun: bool) -> SearchQuery | None:
    """All words of ``text``, each as the search reads it; the last perhaps only begun."""
    asked = []
    typed = text.split()
    for at, word in enumerate(typed):
        readings = readings_of(word)
        if not readings:  # grammar of a language, or a single letter
            continue
        ending = ":*" if begun and at == len(typed) - 1 else ""
        ways = sorted(
            "(" + "&".join(_quoted(one) + ending for one in dict.fromkeys(reading)) + ")"
            for reading in readings
        )
        asked.append("(" + "|".join(ways) + ")")
    return SearchQuery("&".join(asked), config="simple", search_type="raw") if asked else None


def _saying(rows: QuerySet[TradeCode], text: str, limit: int) -> list[TradeCode]:
    """Codes of which a label has ``text`` as it is, within a word too."""
    if len(text) < 3 and not _SIGN_IS_A_WORD.search(text):
        return []
    said = reduce(or_, (Q(**{f"{label}__icontains": text}) for label in _LABELS))
    return list(rows.filter(said).order_by("level", "code")[:limit])


def _misspelt(rows: QuerySet[TradeCode], text: str, limit: int) -> CodesFound | None:
    """Codes that answer the nearest words; None where none does."""
    asked = read_question(text, TradeCode, narrow=True)
    if asked is None:
        return None
    if not rows.filter(asked.where(member=False)).exists():
        asked = read_otherwise(asked, lambda other: rows.filter(other.where(member=False)).exists())
    if asked is None or not asked.is_corrected:
        return None
    ranked = rows.filter(asked.where(member=False)).annotate(
        said=asked.order("search", weights=_WEIGHTS)
    )
    found = list(ranked.order_by("-said", "level", "code")[:limit])
    return CodesFound(found, read_as(asked, text, [why(asked, _places(found[0], text))]))


def _places(code: TradeCode, text: str) -> list[Place]:
    """The labels of a code and of the one above it, those in the letters of ``text`` first."""
    nodes = [code] if code.parent is None else [code, code.parent]
    labels = [one for node in nodes for one in _labels_of(node)]
    labels.sort(key=lambda one: one[1].isascii() != text.isascii())
    return [Place("", label, language) for language, label in labels]


def _spelt_nearly(rows: QuerySet[TradeCode], text: str, limit: int) -> list[TradeCode]:
    """Codes with a label of which some word is spelt nearly as each of ``text`` is.

    One short label, in the letters that were typed: to compare all of all takes half a second.
    """
    label = (
        F("label_ru")
        if _CYRILLIC.search(text)
        else Coalesce(NullIf(F("short_en"), Value("")), F("label_en"))
    )
    each = [TrigramWordSimilarity(word, label) for word in text.split()[:_WORDS_SPELT]]
    near = rows.annotate(near=Least(*each) if len(each) > 1 else each[0]).filter(
        near__gte=_LIKE_ENOUGH
    )
    return list(near.order_by("-near", "level", "code")[:limit])

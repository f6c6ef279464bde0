"""Trade codes found by words of any of the site's languages, by a part of a word, or by digits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Least, Length, NullIf, Round

from chambers import words
from chambers.models import SITE_LANGUAGES, TradeCode
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
# Where a name goes on to another thing, or to what the first is for or made of.
_BESIDES = re.compile(
    r"\s*[,;:(（・、]\s*|\s(?:and|or|for|of|with|in|from|и|или|для|из|с|в|от)\s", re.IGNORECASE
)
_ADJECTIVE = re.compile("(?:ые|ие|ый|ий|ой|ая|яя|ое|ее)$")
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
    """The tsvector literal of a code whose ``parent__parent`` is joined.

    A: what its name or everyday speech calls the thing; B: the rest of the name; C: what only the
    official wording says, which also tells what a thing is for and what it is not; D: what the
    codes above say.
    """
    best: dict[str, str] = {}

    def note(weight: str, texts: Iterable[tuple[str, str]]) -> None:
        for language, text in texts:
            for lexeme in words.lexemes(text, language):
                best.setdefault(lexeme, weight)

    note("A", ((language, head_of(name, language)) for language, name in _names_of(code)))
    note("A", code.everyday.items())
    note("B", _names_of(code))
    note("C", [("en", code.label_en)])
    node = code.parent
    while node is not None:
        note("D", _labels_of(node))
        note("D", node.everyday.items())
        node = node.parent
    return " ".join(f"{_quoted(lexeme)}:1{weight}" for lexeme, weight in sorted(best.items()))


def head_of(name: str, language: str) -> str:
    """What a name calls the thing: "valves" of "Safety valves and taps", without what it is for.

    English and Japanese say the kind before the thing, Russian after it, adjectives excepted. A
    single English word may say only the kind: "Ball bearings" of "Ball and roller bearings".
    """
    cut = _BESIDES.search(name)
    first = (name[: cut.start()] if cut else name).strip()
    said = first.split()
    if language == "ru":
        return next((one for one in said if not _ADJECTIVE.search(one)), first)
    if cut and len(said) == 1 and cut.group().strip() in ("and", "or"):
        next_one = _BESIDES.split(name[cut.end() :], maxsplit=1)[0].split()
        return " ".join([*said, *next_one[-1:]])
    return said[-1] if said else name


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
        found = list(_ranked(rows.filter(search=begun), clean, exact, begun)[:limit])
        if found:
            return CodesFound(found)
    said = _saying(rows, clean, limit)
    if said or len(clean) < _MISSPELT_FROM:
        return CodesFound(said)
    return _misspelt(rows, clean, limit) or CodesFound(_spelt_nearly(rows, clean, limit))


_WEIGHTS = [0.1, 0.3, 0.7, 1.0]  # D, C, B, A


def _ranked(
    rows: QuerySet[TradeCode], text: str, exact: SearchQuery, begun: SearchQuery
) -> QuerySet[TradeCode]:
    """Those of ``rows``, which all answer ``begun``, that say the words as typed come first.

    Words read in other letters find too, but count only where nothing else does: of what answers
    "furniture" a code that also says "фурнитура" would come before furniture. Of names that say it
    equally those in this very form come first ("мёд", not "медь"), then the wider, then the
    shortest, which says the least besides.
    """
    whole = Q(search=exact)
    own, own_begun = [_rank(_own_lexemes(text), begun=last) for last in (False, True)]
    return rows.annotate(
        own=Case(When(whole, then=own), default=own_begun),
        other=Case(
            When(own__gt=0, then=0.0), default=SearchRank(F("search"), begun, weights=_WEIGHTS)
        ),
        is_whole=Case(When(whole, then=1), default=0),
        name=_name_in_letters_of(text),
        has_form=Case(When(_in_this_form(text), then=1), default=0),
    ).order_by("-is_whole", "-own", "-other", "-has_form", "level", Length("name"), "code")


def _rank(words_said: Sequence[list[str]], *, begun: bool) -> Round | Value:
    """How much a code says of these words, each its lexemes; of the last perhaps the beginning.

    They are joined by "or": PostgreSQL ranks words joined by "and" by their distance, and here all
    stand at one place.
    """
    either = [
        _quoted(lexeme) + (":*" if begun and at == len(words_said) - 1 else "")
        for at, lexemes in enumerate(words_said)
        for lexeme in lexemes
    ]
    if not either:
        return Value(0.0)
    query = SearchQuery("|".join(either), config="simple", search_type="raw")
    # Rounded: sums of the same weights in another order differ in the seventh digit.
    return Round(SearchRank(F("search"), query, weights=_WEIGHTS), precision=4)


def _own_lexemes(text: str) -> list[list[str]]:
    """The lexemes of each word as it is typed, by the languages that labels are written in."""
    each = [
        {one for language in SITE_LANGUAGES for one in words.lexemes(word, language)}
        for word in text.split()
    ]
    return [sorted(lexemes) for lexemes in each if lexemes]


def _in_this_form(text: str) -> Q:
    """The name has every word of ``text`` as it is, ё being е."""
    patterns = [
        re.sub("[её]", "[её]", re.escape(word), flags=re.IGNORECASE) for word in text.split()
    ]
    return reduce(and_, (Q(name__iregex=rf"\m{one}\M") for one in patterns))


def _names_of(code: TradeCode) -> Iterable[tuple[str, str]]:
    """Its number and its names as readers are shown them."""
    yield "en", code.code
    yield "en", code.short_en or code.label_en
    yield "ru", code.label_ru
    yield "ja", code.label_ja


def _labels_of(code: TradeCode) -> Iterable[tuple[str, str]]:
    yield from _names_of(code)
    yield "en", code.label_en


def _name_in_letters_of(text: str) -> Coalesce | F:
    """The column of the names that are written as ``text`` is."""
    if _CYRILLIC.search(text):
        return F("label_ru")
    if _SIGN_IS_A_WORD.search(text):
        return F("label_ja")
    return Coalesce(NullIf(F("short_en"), Value("")), F("label_en"))


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
    label = _name_in_letters_of(text)
    each = [TrigramWordSimilarity(word, label) for word in text.split()[:_WORDS_SPELT]]
    near = rows.annotate(near=Least(*each) if len(each) > 1 else each[0]).filter(
        near__gte=_LIKE_ENOUGH
    )
    return list(near.order_by("-near", "level", "code")[:limit])

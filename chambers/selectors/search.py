"""Search across languages and scripts: what is indexed, and how a question is asked.

The same lexemes serve search and matching (``chambers.words``). A tsvector's labels say who may
find a row by them: A and B everyone, D members only. Code labels of every language stand in the
vector, so a Russian question finds a Japanese company by its trade code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL

from chambers import names, words
from chambers.models import SITE_LANGUAGES, Company, Level, TradeCode, site_language

LONGEST_QUESTION = 100  # characters
_WORD = re.compile(r"\S+")


def vector(parts: Iterable[tuple[str, str, str | None]]) -> str:
    """A tsvector literal from (label A/B/D, text, its language or None)."""
    best: dict[str, str] = {}
    for label, text, language in parts:
        for lexeme in words.lexemes(text, language):
            if best.get(lexeme, "Z") > label:
                best[lexeme] = label
    return " ".join(
        "'{}':1{}".format(lexeme.replace("\\", "\\\\").replace("'", "''"), label)
        for lexeme, label in sorted(best.items())
    )


def as_vector(literal: str) -> RawSQL:
    """A ``vector`` literal as a value to save."""
    return RawSQL("%s::tsvector", [literal])


def company_parts(
    *,
    legal_name: str,
    legal_name_latin: str,
    description: Mapping[str, str],
    industry: str,
    city: str,
    labels: Iterable[tuple[str, str]],
    levels: Mapping[str, str],
) -> Iterable[tuple[str, str, str | None]]:
    """What a company is found by, each part labelled by who may find it so."""
    for name in {legal_name, legal_name_latin, words.transliterate(legal_name)} - {""}:
        yield "A", name, None
    yield "B", city, None
    text_label = _label(levels["description"])
    if text_label:
        yield text_label, industry, "en"
        for language, text in description.items():
            yield text_label, text, language
    code_label = _label(levels["codes"])
    if code_label:
        for language, label in labels:
            yield code_label, label, language


def _label(level: str) -> str:
    return {Level.PUBLIC: "B", Level.MEMBERS: "D"}.get(level, "")  # type: ignore[call-overload, no-any-return]


def code_labels(codes: Iterable[TradeCode]) -> list[tuple[str, str]]:
    """(language, label) of each code and of its parents' headings, plus the code itself."""
    found: list[tuple[str, str]] = []
    for code in codes:
        found.append(("en", code.code))
        node: TradeCode | None = code
        while node is not None and node.level >= 2:
            found += [
                ("en", node.short_en or node.label_en),
                ("ru", node.label_ru),
                ("ja", node.label_ja),
            ]
            node = node.parent if node.level > 4 else None
    return [(language, label) for language, label in found if label]


def company_vector(company: Company, codes: Iterable[TradeCode] | None = None) -> str:
    """The tsvector literal of a saved company; ``codes`` are its own, for whoever has them."""
    levels = {field: company.level_of(field) for field in ("description", "codes")}
    if codes is None:
        codes = company.codes.select_related("parent__parent")
    return vector(
        company_parts(
            legal_name=company.legal_name,
            legal_name_latin=company.legal_name_latin,
            description=company.description,
            industry=company.industry,
            city=company.city,
            labels=code_labels(codes),
            levels=levels,
        )
    )


def name_keys(legal_name: str, legal_name_latin: str) -> str:
    """The brand in every script, for finding it misspelt and for proposing duplicates."""
    keys = [names.grouping_key(name) for name in (legal_name, legal_name_latin) if name]
    return " ".join(dict.fromkeys(key for key in keys if key))


def says_enough(text: str) -> bool:
    """Whether anybody can be found by a text: a letter of an alphabet or "of" finds nobody."""
    return question(text, member=False) is not None or len(names.grouping_key(text)) >= 3


def question(text: str, *, member: bool) -> SearchQuery | None:
    """A query that wants every word of ``text``, each in any of the site's languages.

    Words that only hold a sentence together in one of them ("of", "из") are not asked for.

    None when nothing searchable is left. ``member`` also admits what only members may find.
    """
    labels = "ABD" if member else "AB"
    wanted = []
    for word in _WORD.findall(text[:LONGEST_QUESTION]):
        readings = {
            tuple(words.lexemes(word, language))
            for language in (site_language(), *SITE_LANGUAGES, "de")
        }
        if () not in readings:  # grammar of one language is nothing to ask for in another
            wanted.append(
                "(" + "|".join(sorted(_all_of(reading, labels) for reading in readings)) + ")"
            )
    return SearchQuery("&".join(wanted), config="simple", search_type="raw") if wanted else None


def _all_of(reading: tuple[str, ...], labels: str) -> str:
    quoted = (
        "'{}':{}".format(one.replace("\\", "\\\\").replace("'", "''"), labels) for one in reading
    )
    return "(" + "&".join(dict.fromkeys(quoted)) + ")"


def search_companies(companies: QuerySet[Company], text: str, *, member: bool) -> QuerySet[Company]:
    """Those that answer ``text``, best first: by words and codes, or by a misspelt name."""
    clean = text.replace("\x00", "").strip()[:LONGEST_QUESTION]
    asked = question(clean, member=member)
    key = names.grouping_key(clean) if clean else ""
    ways = []
    if asked is not None:
        ways.append(Q(search=asked))
    if len(key) >= 3:
        ways.append(Q(names__trigram_word_similar=key))
    if not ways:
        return companies
    found = companies.filter(reduce(or_, ways))
    if asked is not None:
        found = found.annotate(rank=SearchRank(F("search"), asked, weights=[0.1, 0.1, 0.4, 1.0]))
    else:
        found = found.annotate(rank=TrigramWordSimilarity(key, "names"))
    return found.order_by("-rank", "legal_name", "pk")

"""What search reads of a row, made from the row: two vectors, the facets and the names.

The long vector holds every word a row is found by; the same lexemes serve search and matching
(``chambers.words``). Labels of trade codes stand in it in every language, so a Russian question
finds a Japanese company by its code. A word that only members may find a row by is another word
(``~pump``), not another label: PostgreSQL's index knows words and no labels, so a question that
names labels would have to open the vector of every hit. The short vector says what a hit is
ordered by (a name or title before an own code) without opening the long one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models.expressions import RawSQL

from chambers import names, words
from chambers.models import Company, Level, TradeCode

Part = tuple[str, str, str | None]
"""(label, text, its language): A a name or title, B any text, C an own code, D for members."""

FOR_MEMBERS = "~"
FOR_ITSELF = "!"
SPOKEN = re.compile(r"[a-z]{3,40}|[\u0400-\u04ff]{3,40}|[\u30a1-\u30fa\u30fc]{3,40}")
"""Words that have a sound; pairs of characters and numbers have none."""
_KINDS = {TradeCode.Scheme.HS: "goods", TradeCode.Scheme.NACE: "industry"}


@dataclass(frozen=True)
class Indexed:
    """What is stored with a row; vectors as literals, facets as in ``key:value``."""

    search: str
    head: str
    facets: list[str]
    names: str = ""
    spoken: list[str] = field(default_factory=list)  # its public words, for ``SearchWord``

    def columns(self) -> dict[str, object]:
        """What rows of every kind save; ``names`` is for companies alone."""
        return {
            "search": as_vector(self.search),
            "head": as_vector(self.head),
            "facets": self.facets,
        }


def labelled(parts: Iterable[Part]) -> dict[str, str]:
    """Each word of all parts with the best of its labels."""
    best: dict[str, str] = {}
    for label, text, language in parts:
        mark = FOR_MEMBERS if label == "D" else ""
        for lexeme in words.lexemes(text, language):
            word = mark + lexeme
            if best.get(word, "Z") > label:
                best[word] = label
    return best


def vector(parts: Iterable[Part]) -> str:
    """A tsvector literal of all parts."""
    return _literal(labelled(parts))


def head(parts: Iterable[Part]) -> str:
    """A tsvector literal of what orders hits: names and titles (A), own codes (C)."""
    return vector(part for part in parts if part[0] in "AC")


def indexed(parts: Collection[Part], facets: list[str], name_keys: str = "") -> Indexed:
    """What is stored with a row of these parts."""
    found = labelled(parts)
    spoken = [word for word in found if SPOKEN.fullmatch(word)]
    return Indexed(_literal(found), head(parts), facets, name_keys, spoken)


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
    registration_number: str,
    labels: Iterable[Part],
    levels: Mapping[str, str],
) -> list[Part]:
    """What a company is found by, each part labelled by who may find it so."""
    found: list[Part] = [("A", name, None) for name in names_of(legal_name, legal_name_latin)]
    found.append(("B", city, None))
    number_label = _label(levels["registration_number"])
    if number_label and registration_number:
        # As it is written, and without the signs that others leave out.
        spellings = {registration_number, names.bare_number(registration_number)}
        found += [(number_label, one, None) for one in sorted(spellings)]
    text_label = _label(levels["description"])
    if text_label:
        found.append((text_label, industry, "en"))
        found += [(text_label, text, language) for language, text in description.items()]
    code_label = _label(levels["codes"])
    if code_label:
        found += [
            ("D" if code_label == "D" else label, text, language)
            for label, text, language in labels
        ]
    return found


def names_of(legal_name: str, legal_name_latin: str) -> list[str]:
    """A name as it is written, and as it is read in Latin letters."""
    read = names.latin(legal_name) or words.transliterate(legal_name)
    return sorted({legal_name, legal_name_latin, read} - {""})


def code_labels(codes: Iterable[TradeCode]) -> list[Part]:
    """Numbers, labels and everyday words of codes (C), and those of the headings above them (B)."""
    found: list[Part] = []
    for code in codes:
        node: TradeCode | None = code
        label = "C"
        while node is not None and node.level >= 2:
            found += [
                (label, node.code, "en"),
                (label, node.short_en or node.label_en, "en"),
                (label, node.label_ru, "ru"),
                (label, node.label_ja, "ja"),
                *((label, words, language) for language, words in node.everyday.items()),
            ]
            node = node.parent if node.level > 4 else None
            label = "B"
    return [part for part in found if part[1]]


def code_facets(codes: Iterable[TradeCode], mark: str = "") -> list[str]:
    """``goods:90``, ``goods:9026`` ... : each code and all that it lies under."""
    found = set()
    for code in codes:
        node: TradeCode | None = code
        while node is not None:
            found.add(f"{mark}{_KINDS[TradeCode.Scheme(node.scheme)]}:{node.code}")
            node = node.parent
    return sorted(found)


def company_index(company: Company, codes: Collection[TradeCode] | None = None) -> Indexed:
    """What a saved company is found by; ``codes`` are its own, for whoever has them."""
    fields = ("description", "codes", "languages", "registration_number", "size")
    levels = {field: company.level_of(field) for field in fields}
    if codes is None:
        codes = list(company.codes.select_related("parent__parent"))
    parts = company_parts(
        legal_name=company.legal_name,
        legal_name_latin=company.legal_name_latin,
        description=company.description,
        industry=company.industry,
        city=company.city,
        registration_number=company.registration_number,
        labels=code_labels(codes),
        levels=levels,
    )
    spoken = _mark(levels["languages"])
    return indexed(
        parts,
        [
            f"country:{company.country_id}",
            *code_facets(codes, _mark(levels["codes"])),
            *(f"{spoken}speaks:{language}" for language in sorted(set(company.languages))),
            *([f"{_mark(levels['size'])}size:{company.size}"] if company.size else []),
        ],
        name_keys(company.legal_name, company.legal_name_latin),
    )


def name_keys(legal_name: str, legal_name_latin: str) -> str:
    """The brand in every script, for finding it misspelt and for proposing duplicates."""
    keys = [names.grouping_key(name) for name in (legal_name, legal_name_latin) if name]
    return " ".join(dict.fromkeys(key for key in keys if key))


def _label(level: str) -> str:
    return {Level.PUBLIC: "B", Level.MEMBERS: "D"}.get(level, "")  # type: ignore[call-overload, no-any-return]


def _mark(level: str) -> str:
    return {Level.PUBLIC: "", Level.MEMBERS: FOR_MEMBERS}.get(level, FOR_ITSELF)  # type: ignore[call-overload, no-any-return]


def _literal(labels: Mapping[str, str]) -> str:
    return " ".join(f"{quoted(word)}:1{label}" for word, label in sorted(labels.items()))


def quoted(word: str) -> str:
    """A word as tsvector and tsquery literals write it."""
    return "'{}'".format(word.replace("\\", "\\\\").replace("'", "''"))

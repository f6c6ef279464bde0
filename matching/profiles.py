"""Rows of the database → rows of the engine: the one place where that happens.

A profile holds only what every member may see of a company and what it has published, so nothing
hidden can appear in a reason or move a score.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from chambers import words
from chambers.models import Company, Level, TradeCode
from marketplace.models import Opportunity
from matching import engine
from matching.engine import Row, Side
from matching.engine.codes import CodeReader
from matching.models import Profile

PROFILE = "profile"  # the ref of a profile row; others carry their reference number
_SEEN_BY_MEMBERS = {Level.PUBLIC, Level.MEMBERS}


@dataclass(frozen=True)
class Built:
    """A profile as it should stand now."""

    company: int
    rows: list[dict[str, Any]]
    surfaces: dict[str, str]
    digest: str
    former: str = ""  # the stored digest it is to replace


def build(companies: QuerySet[Company]) -> list[Built]:
    """Profiles of ``companies`` whose content differs from what is stored."""
    wanted = companies.select_related("country").prefetch_related(
        Prefetch("codes", TradeCode.objects.only("scheme", "code", "level")),
        Prefetch(
            "opportunities",
            Opportunity.objects.on_show().prefetch_related("codes").order_by("pk"),
            to_attr="on_show",
        ),
        "excluded_companies",
        "dismissals",
    )
    known = dict(
        Profile.objects.filter(company__in=companies.order_by().values("pk")).values_list(
            "company_id", "digest"
        )
    )
    found = (_built(company, known.get(company.pk, "")) for company in wanted)
    return [one for one in found if one.former != one.digest]


def save(built: Iterable[Built]) -> int:
    """Store profiles; how many."""
    now = timezone.now()
    rows = [
        Profile(
            company_id=one.company,
            rows=one.rows,
            surfaces=one.surfaces,
            digest=one.digest,
            changed_at=now,
        )
        for one in built
    ]
    Profile.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["company"],
        update_fields=["rows", "surfaces", "digest", "changed_at"],
    )
    return len(rows)


def engine_rows(company: int, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The stored rows of a profile as the engine reads them."""
    return [
        Row(
            owner=company,
            side=Side(row["side"]),
            terms=row["terms"],
            kind=row["kind"],
            targets=frozenset(row["targets"]),
            ref=row["ref"],
        )
        for row in rows
    ]


def engine_company(
    company: Company, blocked: Iterable[int], dismissed: Iterable[int] = ()
) -> engine.Company:
    """What limits a company's partners: ids it excludes, and ids it does not want listed."""
    return engine.Company(
        id=company.pk,
        country=company.country_id,
        wanted=frozenset(company.target_countries),
        excluded=frozenset(company.excluded_countries),
        blocked=frozenset(blocked),
        dismissed=frozenset(dismissed),
        languages=frozenset(company.languages),
    )


@lru_cache(maxsize=1)
def code_reader() -> CodeReader:
    """Reads codes from text by the short labels of all languages; learnt once per process.

    The official wording is left out: half of what it reads from a text is wrong (measured).
    """
    labelled = TradeCode.objects.filter(scheme=TradeCode.Scheme.HS).exclude(label_ru="")
    labels: list[tuple[str, str, str]] = []
    for code in labelled.only("code", "label_ru", "label_ja", "short_en"):
        texts = (("en", code.short_en), ("ru", code.label_ru), ("ja", code.label_ja))
        labels += [(code.code, language, text) for language, text in texts if text]
    return CodeReader.fit(labels)


def _built(company: Company, former: str) -> Built:
    surfaces: dict[str, str] = {}
    rows = [_profile_row(company, surfaces)]
    rows += [_opportunity_row(one, surfaces) for one in company.on_show]  # type: ignore[attr-defined]
    limits = [
        company.country_id,
        sorted(company.target_countries),
        sorted(company.excluded_countries),
        sorted(company.languages),
        sorted(other.pk for other in company.excluded_companies.all()),
        sorted(one.partner_id for one in company.dismissals.all()),
    ]
    content = json.dumps([rows, limits], sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Built(company.pk, rows, surfaces, digest, former)


def _profile_row(company: Company, surfaces: dict[str, str]) -> dict[str, Any]:
    texts: dict[str, str] = {}
    described = company.level_of("description") in _SEEN_BY_MEMBERS
    if described:
        texts = dict(company.description)
    codes: list[TradeCode] = []
    if company.level_of("codes") in _SEEN_BY_MEMBERS:
        codes = list(company.codes.all())
    row = _row(Side.PROFILE, PROFILE, texts, codes, surfaces)
    if described and company.industry:
        # Words of a register's heading: too general to read a trade code from.
        row["terms"] = {
            **engine.word_terms(_lexemes({"en": company.industry}, surfaces)),
            **row["terms"],
        }
    return row


def _opportunity_row(opportunity: Opportunity, surfaces: dict[str, str]) -> dict[str, Any]:
    texts = {
        language: " ".join(
            filter(None, (opportunity.title.get(language), opportunity.text.get(language)))
        )
        for language in {*opportunity.title, *opportunity.text}
    }
    side = Side.OFFER if opportunity.side == Opportunity.Side.OFFER else Side.DEMAND
    row = _row(side, opportunity.reference, texts, list(opportunity.codes.all()), surfaces)
    row["kind"] = opportunity.kind
    row["targets"] = sorted(opportunity.target_countries)
    return row


def _row(
    side: Side,
    ref: str,
    texts: Mapping[str, str],
    codes: list[TradeCode],
    surfaces: dict[str, str],
) -> dict[str, Any]:
    lexemes = _lexemes(texts, surfaces)
    stated = engine.code_terms(f"{code.scheme}:{code.code}" for code in codes)
    if not any(code.scheme == TradeCode.Scheme.HS for code in codes):
        for code, confidence in code_reader().read(lexemes):
            stated = engine.merged(stated, engine.code_terms([f"hs:{code}"], confidence))
    terms = engine.merged(stated, engine.word_terms(lexemes))
    return {
        "side": int(side),
        "ref": ref,
        "kind": "",
        "targets": [],
        "terms": {term: round(value, 4) for term, value in terms.items()},
    }


def _lexemes(texts: Mapping[str, str], surfaces: dict[str, str]) -> list[str]:
    """Lexemes of all texts; ``surfaces`` learns how each was written."""
    lexemes: list[str] = []
    for language, text in sorted(texts.items()):
        lexemes += words.lexemes(text, language)
        for lexeme, surface in words.surface_forms(text, language).items():
            surfaces.setdefault(f"w:{lexeme}", surface)
    return lexemes


def iterate_profiles(chunk: int = 2000) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """(company, rows) of every stored profile, by company."""
    stored = Profile.objects.order_by("company").values_list("company_id", "rows")
    yield from stored.iterator(chunk_size=chunk)

"""Rows of the database → rows of the engine: the one place where that happens.

A run reads all limits in bulk (``services/snapshot.py``), which a test holds equal to this.

A profile holds only what every member may see of a company and what it has published, so nothing
hidden can appear in a reason or move a score.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from chambers import words
from chambers.models import Company, Job, Level, TradeCode, today
from chambers.services.companies import PROFILE_JOB
from marketplace.models import Opportunity
from matching import engine, reading
from matching.engine import Row, Side
from matching.engine.codes import suggested_terms
from matching.engine.emphasis import factors
from matching.engine.lexicon import LEARNT
from matching.engine.packed import pack
from matching.engine.prior import SHIPPED, shipped
from matching.engine.rows import EVEN
from matching.engine.seeking import offered
from matching.models import ChamberEmphasis, Profile, Run
from matching.models.emphases import Said
from matching.ties import NO_TIES, Ties, ties_of

VERSION = 9  # of how a profile is read: raised with every change to it, words included
PROFILE = "profile"  # the ref of a profile row; others carry their reference number
_CLOCKS_DIFFER = dt.timedelta(seconds=10)
_CONTENT = ["rows", "surfaces", "trades", "topic", "packed", "digest"]
_CHECKED = ["version", "checked_at", "holds_until"]
# What ``engine_company`` reads of a row.
LIMITS = (
    "pk",
    "country_id",
    "target_countries",
    "excluded_countries",
    "languages",
    "corporate_group",
    "certificates",
    "required_certificates",
    "size",
    "accepted_sizes",
    "accepts_interpreter",
    "avoids_competitors",
    "visibility",
)
SEEN_BY_MEMBERS = {Level.PUBLIC, Level.MEMBERS}


@dataclass(frozen=True)
class Built:
    """A profile as it should stand now."""

    company: int
    rows: list[dict[str, Any]]
    surfaces: dict[str, str]
    trades: list[str]
    topic: str
    digest: str
    version: str
    checked_at: dt.datetime
    holds_until: dt.date | None
    former: str = ""  # the stored digest it is to replace

    @property
    def is_new(self) -> bool:
        """Whether it differs from what is stored."""
        return self.former != self.digest


_NOTHING_SAID = Said([], None)


def stale(reader: str, *, on: dt.date | None = None, recheck: int = 0) -> list[int]:
    """Keys of the matched companies whose profile may no longer hold, in order.

    Those without one, read by another ``version``, of which an opportunity is over by the day
    ``on`` (today by default), changed since they were read, of whose chambers one has changed what
    it stresses, or with a change noted that nobody has taken up; and, as an insurance against
    changes that no service made, the ``recheck`` that were read longest ago. What only keeps
    companies apart is read anew by every run.
    """
    matched = Company.objects.matched()
    fresh = Profile.objects.filter(
        Q(holds_until=None) | Q(holds_until__gte=on or today()),
        company=OuterRef("pk"),
        version=reader,
        checked_at__gte=OuterRef("updated_at"),
    )
    found = set(matched.filter(~Exists(fresh)).values_list("pk", flat=True))
    changed = Opportunity.objects.filter(updated_at__gt=F("company__profile__checked_at"))
    noted = Job.objects.filter(kind=PROFILE_JOB).exclude(state=Job.State.DONE)
    oldest = Profile.objects.order_by("checked_at", "pk")
    emphasised = ChamberEmphasis.objects.changed_since(F("company__profile__checked_at"))
    others = {
        *changed.order_by().values_list("company_id", flat=True),
        *emphasised.values_list("company_id", flat=True),
        *noted.order_by().values_list("payload__company", flat=True),
        *oldest.values_list("company_id", flat=True)[:recheck],
    } - found
    return sorted({*found, *matched.filter(pk__in=others).values_list("pk", flat=True)})


def version() -> str:
    """What profiles are read by: this code, what was learnt, the labels of trade codes, vectors."""
    plugged = settings.TEXT_EMBEDDINGS
    vectors = f":{hashlib.sha256(plugged.encode()).hexdigest()[:8]}" if plugged else ""
    return f"{VERSION}:{_learnt_digest()}:{_labels_digest()}{vectors}"


@lru_cache(maxsize=1)
def _learnt_digest() -> str:
    return hashlib.sha256(LEARNT.read_bytes() + SHIPPED.read_bytes()).hexdigest()[:8]


@lru_cache(maxsize=1)
def _labels_digest() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "select md5(string_agg(md5(t::text), '' order by id)) from chambers_tradecode t"
        )
        (digest,) = cursor.fetchone() or (None,)
    return digest or ""


def read_labels_anew() -> str:
    """The version after a look whether the labels have changed since this process read them."""
    before = _labels_digest()
    _labels_digest.cache_clear()
    if _labels_digest() != before:
        reading.forget_labels()
    return version()


def read(companies: QuerySet[Company]) -> list[Built]:
    """Profiles of ``companies`` as they should stand now."""
    checked = _all_before()
    wanted = companies.select_related("country").prefetch_related(
        Prefetch("codes", TradeCode.objects.only("scheme", "code", "level")),
        Prefetch(
            "opportunities",
            # A reason names the text and the company side by side.
            Opportunity.objects.on_show().named().prefetch_related("codes").order_by("pk"),
            to_attr="on_show",
        ),
    )
    found = list(wanted)
    keys = [company.pk for company in found]
    # A profile does not change because others exclude its company: nobody would note it.
    ties = ties_of(keys, excluded_by_others=False)
    stored = Profile.objects.filter(company__in=keys)
    known = dict(stored.values_list("company_id", "digest"))
    said = ChamberEmphasis.objects.said_to(keys)
    return [
        _built(
            company,
            ties.get(company.pk, NO_TIES),
            said.get(company.pk, _NOTHING_SAID),
            known.get(company.pk, ""),
            checked,
        )
        for company in found
    ]


def build(companies: QuerySet[Company]) -> list[Built]:
    """Profiles of ``companies`` whose content differs from what is stored."""
    return [one for one in read(companies) if one.is_new]


def _all_before() -> dt.datetime:
    """A moment before which every change is committed, so that who reads now has read it.

    A change carries the time at which it was made and is seen only when its transaction ends; and
    the clocks of machines differ.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select least(clock_timestamp(), min(xact_start)) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        (moment,) = cursor.fetchone() or (timezone.now(),)
    return moment - _CLOCKS_DIFFER


def save(built: Iterable[Built], now: dt.datetime | None = None) -> int:
    """Store profiles; how many have changed.

    ``now`` is the time of the database: who keeps profiles in memory asks for those changed since.
    """
    rows = [
        Profile(
            company_id=one.company,
            rows=one.rows,
            surfaces=one.surfaces,
            trades=one.trades,
            topic=one.topic,
            packed=pack(engine_rows(one.company, one.rows)),
            digest=one.digest,
            version=one.version,
            checked_at=one.checked_at,
            holds_until=one.holds_until,
            changed_at=now or timezone.now(),
        )
        for one in built
    ]
    changed = [row for row, one in zip(rows, built, strict=True) if one.is_new]
    Profile.objects.bulk_create(
        changed,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["company"],
        update_fields=[*_CONTENT, *_CHECKED, "changed_at"],
    )
    same = [row for row, one in zip(rows, built, strict=True) if not one.is_new]
    Profile.objects.bulk_update(same, _CHECKED, batch_size=500)
    return len(changed)


def bury(companies: Iterable[int], now: dt.datetime) -> None:
    """Empty the profiles of companies that left; whoever keeps them in memory learns of it."""
    Profile.objects.filter(company__in=companies).exclude(digest="").update(
        rows=[],
        surfaces={},
        trades=[],
        topic="",
        packed=b"",
        digest="",
        version="",
        changed_at=now,
    )


def bury_those_who_left(now: dt.datetime, shown: Run | None) -> None:
    """Bury every company that is not matched any more; call under ``lock_lists``.

    Graves of before ``shown``, the run whose lists are shown, are cleared away: its index was built
    without them, and who keeps profiles in memory has begun with it.
    """
    left = of_those_who_left()
    old = left.filter(digest="")
    if shown is not None:
        old = old.filter(changed_at__lt=shown.indexed_at or shown.created_at)
    old.delete()
    bury(left.values_list("company", flat=True), now)


def of_those_who_left() -> QuerySet[Profile]:
    """Profiles of companies that are not matched any more.

    Asked as NOT EXISTS: with NOT IN, PostgreSQL compares each with all where a million keys do not
    fit in its memory for one step, for hours.
    """
    return Profile.objects.filter(~Exists(Company.objects.matched().filter(pk=OuterRef("company"))))


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
            stress=tuple(row.get("stress", EVEN)),
        )
        for row in rows
    ]


def engine_company(
    company: Company, ties: Ties = NO_TIES, trades: Iterable[str] = (), topic: str = ""
) -> engine.Company:
    """What limits a company's partners: its conditions, its ties, the HS headings it offers.

    ``topic`` is what its texts are about, for the table of who trades with whom.

    A size or languages that members may not see count as unknown.
    """
    seen = {name for name in ("size", "languages") if company.level_of(name) in SEEN_BY_MEMBERS}
    return engine.Company(
        id=company.pk,
        country=company.country_id,
        wanted=frozenset(company.target_countries),
        excluded=frozenset(company.excluded_countries),
        blocked=frozenset(ties.blocked),
        dismissed=frozenset(ties.dismissed),
        met=frozenset(ties.met),
        group=group_key(company.corporate_group),
        languages=frozenset(company.languages if "languages" in seen else ()),
        interpreter=company.accepts_interpreter,
        certificates=frozenset(company.certificates),
        requires=frozenset(company.required_certificates),
        size=company.size if "size" in seen else "",
        sizes=frozenset(company.accepted_sizes),
        avoids_competitors=company.avoids_competitors,
        trades=frozenset(trades),
        industry=topic,
    )


def group_key(name: str) -> int:
    """One number for all ways to write a group's name; 0 for no group.

    64 bits of a hash, so that two groups in a million meet by chance once in 37 million worlds.
    """
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))
    if not plain:
        return 0
    digest = hashlib.blake2b(plain.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


def _built(company: Company, ties: Ties, said: Said, former: str, checked: dt.datetime) -> Built:
    surfaces: dict[str, str] = {}
    rows = [_profile_row(company, surfaces)]
    rows += [_opportunity_row(one, surfaces) for one in company.on_show]  # type: ignore[attr-defined]
    for row in rows:
        stress = factors(said.emphases, row["kind"])
        if stress != EVEN:
            row["stress"] = list(stress)
    trades, topic = _trades(rows), _topic(rows[0])
    limits = engine_company(company, ties, trades, topic)
    content = json.dumps([rows, _plain(limits)], sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(content.encode()).hexdigest()
    ends = [one.expires_on for one in company.on_show if one.expires_on]  # type: ignore[attr-defined]
    holds = min([*ends, *([said.until] if said.until else [])], default=None)
    read_by = version()
    return Built(company.pk, rows, surfaces, trades, topic, digest, read_by, checked, holds, former)


def _plain(limits: engine.Company) -> dict[str, Any]:
    """The fields of what limits a company, always written the same way."""
    return {
        one.name: sorted(value) if isinstance(value, frozenset) else value
        for one in fields(limits)
        for value in [getattr(limits, one.name)]
    }


def _trades(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The HS headings that a company states to offer; what was read from a text is not stated."""
    return sorted(
        {
            term.removeprefix("hs4:")
            for row in rows
            if row["side"] != Side.DEMAND
            for term, value in row["terms"].items()
            if term.startswith("hs4:") and value >= 1
        }
    )


def _topic(row: Mapping[str, Any]) -> str:
    """What the words of a profile row are about, as the table of who trades with whom knows it."""
    return shipped().topic(
        term.removeprefix("w:") for term in row["terms"] if term.startswith("w:")
    )


def _profile_row(company: Company, surfaces: dict[str, str]) -> dict[str, Any]:
    texts: dict[str, str] = {}
    described = company.level_of("description") in SEEN_BY_MEMBERS
    if described:
        texts = dict(company.description)
    codes: list[TradeCode] = []
    if company.level_of("codes") in SEEN_BY_MEMBERS:
        codes = list(company.codes.all())
    row = _row(Side.PROFILE, PROFILE, texts, codes, surfaces, own=company.legal_name)
    if described and company.industry:
        # Words of a register's heading: too general to read a trade code from.
        headed = _heading_terms(company.industry, surfaces)
        row["terms"] = engine.merged(headed, row["terms"])
    return row


def opportunity_texts(opportunity: Opportunity) -> dict[str, str]:
    """Title and text of an offer or request, by language."""
    return {
        language: "\n".join(
            filter(None, (opportunity.title.get(language), opportunity.text.get(language)))
        )
        for language in {*opportunity.title, *opportunity.text}
    }


def _opportunity_row(opportunity: Opportunity, surfaces: dict[str, str]) -> dict[str, Any]:
    texts = opportunity_texts(opportunity)
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
    own: str = "",
) -> dict[str, Any]:
    stated = engine.code_terms(f"{code.scheme}:{code.code}" for code in codes)
    missing = {"hs"} if side is not Side.PROFILE else {"hs", "nace"}
    missing -= {code.scheme for code in codes}
    if missing:
        read = reading.suggested_codes(texts, of_needs=side is Side.DEMAND)
        stated = engine.merged(suggested_terms(one for one in read if one[0] in missing), stated)
    if side is not Side.DEMAND:
        # Who says nothing but needs is found by their words, or not at all.
        texts = {language: offered(text) or text for language, text in texts.items()}
    terms = engine.merged(stated, _word_terms(texts, surfaces, own))
    return {
        "side": int(side),
        "ref": ref,
        "kind": "",
        "targets": [],
        "terms": {term: round(value, 4) for term, value in terms.items()},
    }


def _word_terms(texts: Mapping[str, str], surfaces: dict[str, str], own: str) -> dict[str, float]:
    """The words of a text and the English they mean, each by what it tells of a trade.

    ``own`` is the name of the company that describes itself.
    """
    lexemes = _lexemes(texts, surfaces)
    english = _english(texts, surfaces)
    telling = shipped().telling
    means: dict[str, str] = {}
    for lexeme, meaning in sorted(english.items(), key=lambda one: -one[1].probability):
        means.setdefault(meaning.word, lexeme)
    large = {
        one for language, text in texts.items() for one in words.capitals(text, language, own=own)
    }
    told = {
        lexeme: telling.confidence(means.get(lexeme, lexeme), lexeme in large)
        for lexeme in set(lexemes)
    }
    return engine.with_english(
        engine.word_terms(lexemes, told), english, telling.confidences(english)
    )


def _heading_terms(industry: str, surfaces: dict[str, str]) -> dict[str, float]:
    lexemes = _lexemes({"en": industry}, surfaces)
    return engine.word_terms(lexemes, shipped().telling.headed(lexemes))


def _lexemes(texts: Mapping[str, str], surfaces: dict[str, str]) -> list[str]:
    """Lexemes of all texts; ``surfaces`` learns how each was written."""
    lexemes: list[str] = []
    for language, text in sorted(texts.items()):
        lexemes += words.lexemes(text, language)
        for lexeme, surface in words.surface_forms(text, language).items():
            surfaces.setdefault(f"w:{lexeme}", surface)
    return lexemes


def _english(texts: Mapping[str, str], surfaces: dict[str, str]) -> dict[str, engine.Meaning]:
    """English lexemes that the texts mean; ``surfaces`` learns them as ``датчики (sensor)``."""
    found: dict[str, engine.Meaning] = {}
    for language, text in sorted(texts.items()):
        meanings = reading.lexicon().english(words.lexemes(text, language), language)
        for lexeme, meaning in meanings.items():
            if lexeme not in found or found[lexeme].probability < meaning.probability:
                found[lexeme] = meaning
    for lexeme, meaning in found.items():
        written = surfaces.get(f"w:{meaning.word}", meaning.word)
        shown = reading.lexicon().shown.get(lexeme, lexeme)
        surfaces.setdefault(f"w:{lexeme}", f"{written} ({shown})")
    return found

"""A made-up market in a database, by the hundred thousand: companies, what they publish, profiles.

Countries, chapters, headings and words follow the skew of real registers (Zipf's law; a company's
words belong to its headings for the better part). Profiles are written as the service writes them,
from the very texts and codes, but without reading each text, which would take a millisecond each.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db import connection, models
from django.utils import timezone
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from chambers.models import Chamber, Company, Country, Membership, TradeCode
from marketplace.models import Opportunity
from matching import profiles
from matching.engine import Row, Side
from matching.engine.packed import pack
from matching.models import Profile

WORDS = 42_000
OF_A_HEADING = 36  # words that mostly companies of one heading use
_CHUNK = 10_000
_ALL = ("RU", "JP", "DE", "CN", "IN", "US", "FR", "IT", "TR", "KZ")


def fill(companies: int, seed: int = 7) -> None:
    """Put so many companies with their opportunities and profiles into an empty database.

    Needs the reference data.
    """
    world = _World(seed)
    world.found_chambers()
    for start in range(0, companies, _CHUNK):
        world.add(min(_CHUNK, companies - start))
    with connection.cursor() as cursor:
        for table in ("chambers_company", "marketplace_opportunity"):
            cursor.execute(
                "select setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, 4 * companies + 4]
            )
        cursor.execute("vacuum analyze")


def word(number: int) -> str:
    """One of the made-up words; no stemmer changes it."""
    letters = []
    for _ in range(3):
        number, syllable = divmod(number, 70)
        letters.append("bdfgklmnprstvz"[syllable % 14] + "aeiou"[syllable // 14])
    return "".join(letters) + "ko"


def _zipf(count: int, power: float, shift: float = 0.0) -> NDArray[np.float64]:
    weights = 1.0 / (np.arange(1, count + 1) + shift) ** power
    return np.cumsum(weights / weights.sum())


class _World:
    """What all companies share, and the next free key."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.countries = list(Country.objects.order_by("code").values_list("code", flat=True))[:120]
        front = [code for code in _ALL if code in self.countries]
        self.countries = front + [code for code in self.countries if code not in front]
        self.headings = list(
            TradeCode.objects.filter(scheme="hs", level=4)
            .order_by("code")
            .values_list("code", "pk")
        )
        self.chance.shuffle(self.headings)
        self.next = 1
        self.version = profiles.version()
        self.now = timezone.now()
        self.words = [word(number) for number in range(WORDS)]
        self.country_law = _zipf(len(self.countries), 0.85)
        self.heading_law = _zipf(len(self.headings), 0.7, 5)
        self.word_law = _zipf(WORDS, 1.4, 50)
        self.own_law = _zipf(OF_A_HEADING, 0.8)
        self.home: dict[str, int] = {}

    def found_chambers(self) -> None:
        for code in self.countries:
            chamber = Chamber.objects.create(
                slug=f"chamber-{code.lower()}", name_en=f"Chamber {code}", country_id=code,
                kind=Chamber.Kind.NATIONAL, zone="UTC",
            )  # fmt: skip
            self.home[code] = chamber.pk

    def text(self, headings: Sequence[int], length: int) -> list[str]:
        """Distinct words of a text about some headings."""
        own = self.chance.random(length) < 0.44
        which = self.chance.integers(0, len(headings), length)
        at = np.searchsorted(self.own_law, self.chance.random(length))
        common = np.searchsorted(self.word_law, self.chance.random(length))
        numbers = [
            (headings[which[x]] * OF_A_HEADING + int(at[x])) * 7919 % WORDS
            if own[x]
            else int(common[x])
            for x in range(length)
        ]
        return list(dict.fromkeys(self.words[number] for number in numbers))

    def add(self, count: int) -> None:
        first, self.next = self.next, self.next + count
        keys = range(first, first + count)
        country = np.searchsorted(self.country_law, self.chance.random(count))
        made = [
            self._company(key, self.countries[at]) for key, at in zip(keys, country, strict=True)
        ]
        _copy(Company, (one["company"] for one in made))
        _copy(Membership, (one["membership"] for one in made))
        _copy(Opportunity, itertools.chain.from_iterable(one["opportunities"] for one in made))
        _copy_links(Company.codes.through, (link for one in made for link in one["codes"]))
        _copy_links(Opportunity.codes.through, (link for one in made for link in one["links"]))
        _copy(Profile, (one["profile"] for one in made))

    def _heading(self) -> int:
        return int(np.searchsorted(self.heading_law, self.chance.random()))

    def _company(self, key: int, country: str) -> dict[str, Any]:
        offered = [self._heading() for _ in range(1 + (self.chance.random() < 0.5))]
        text = self.text(offered, int(np.clip(self.chance.normal(34, 10), 5, 90)))
        rows = [self._row(Side.PROFILE, profiles.PROFILE, text, offered)]
        opportunities, links = [], []
        sides = [Side.OFFER] * int(self.chance.random() < 0.4)
        sides += [Side.DEMAND] * int(self.chance.choice(3, p=[0.35, 0.5, 0.15]))
        for number, side in enumerate(sides):
            about = [offered[0] if side is Side.OFFER else self._heading()]
            said = self.text(about, int(np.clip(self.chance.normal(20, 6), 4, 50)))
            opportunities.append(self._opportunity(key, key * 4 + number, side, said))
            links.append((key * 4 + number, self.headings[about[0]][1]))
            row = self._row(side, opportunities[-1]["reference"], said, about)
            rows.append(row | {"kind": "goods"})
        limits = self._limits()
        return {
            "company": {
                "id": key, "legal_name": f"Company {key}", "country_id": country,
                "description": Jsonb({"en": " ".join(text)}), "created_at": self.now,
                "updated_at": self.now, **limits,
            },
            "membership": {
                "company_id": key, "chamber_id": self.home[country], "decision": "admitted",
                "starts_on": self.now.date() - dt.timedelta(days=400),
                "applied_on": self.now.date() - dt.timedelta(days=400), "decided_at": self.now,
            },
            "opportunities": opportunities,
            "codes": {(key, self.headings[at][1]) for at in offered},
            "links": links,
            "profile": self._profile(key, rows, limits),
        }  # fmt: skip

    def _limits(self) -> dict[str, Any]:
        """Conditions as members state them: most none, some target markets and languages."""
        luck = self.chance.random(3)
        some = [self.countries[at] for at in self.chance.choice(40, 12, replace=False)]
        return {
            "target_countries": some if luck[0] < 0.2 else [],
            "excluded_countries": some[:2] if luck[1] < 0.05 else [],
            "languages": ["en", "ru"]
            if luck[2] < 0.3
            else ["en", "ja"]
            if luck[2] < 0.5
            else ["en"],
        }

    def _row(self, side: Side, ref: str, text: list[str], about: list[int]) -> dict[str, Any]:
        terms: dict[str, float] = {}
        for at in about:
            code = self.headings[at][0]
            terms |= {f"hs2:{code[:2]}": 1.0, f"hs4:{code}": 1.0}
        terms |= {f"w:{one}": 1.0 for one in text}
        return {"side": int(side), "ref": ref, "kind": "", "targets": [], "terms": terms}

    def _opportunity(self, company: int, key: int, side: Side, text: list[str]) -> dict[str, Any]:
        return {
            "id": key, "company_id": company, "side": side.name.lower(), "kind": "goods",
            "reference": f"B-{key}", "title": Jsonb({"en": " ".join(text)}), "text": Jsonb({}),
            "status": "published", "published_at": self.now,
            "expires_on": self.now.date() + dt.timedelta(days=300),
            "created_at": self.now, "updated_at": self.now,
        }  # fmt: skip

    def _profile(
        self, key: int, rows: list[dict[str, Any]], limits: dict[str, Any]
    ) -> dict[str, Any]:
        packed = pack(Row(key, Side(row["side"]), row["terms"], row["kind"]) for row in rows)
        trades = {
            term[4:]
            for row in rows
            if row["side"] != Side.DEMAND
            for term in row["terms"]
            if term.startswith("hs4:")
        }
        surfaces = {
            term: term[2:] for row in rows for term in row["terms"] if term.startswith("w:")
        }
        digest = hashlib.sha256(json.dumps([rows, limits], sort_keys=True).encode())
        return {
            "company_id": key, "rows": Jsonb(rows), "surfaces": Jsonb(surfaces),
            "trades": sorted(trades), "packed": packed, "version": self.version,
            "digest": digest.hexdigest(),
            "checked_at": self.now, "changed_at": self.now,
            "holds_until": self.now.date() + dt.timedelta(days=300) if len(rows) > 1 else None,
        }  # fmt: skip


def _copy(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows the fast way; what they leave out gets the default of its field."""
    made = list(rows)
    if not made:
        return
    fields = {str(field.column): field for field in model._meta.concrete_fields}  # noqa: SLF001
    if "id" not in made[0]:
        fields.pop("id", None)  # the database counts
    complete = (
        [row[name] if name in row else _default(field) for name, field in fields.items()]
        for row in made
    )
    _write(model._meta.db_table, list(fields), complete)  # noqa: SLF001


def _default(field: models.Field) -> Any:
    value = field.get_default()
    return Jsonb(value) if isinstance(value, dict) else value


def _copy_links(through: Any, links: Iterable[tuple[int, int]]) -> None:
    columns = [field.column for field in through._meta.concrete_fields if field.name != "id"]  # noqa: SLF001
    _write(through._meta.db_table, columns, links)  # noqa: SLF001


def _write(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    query = f"copy {table} ({', '.join(columns)}) from stdin"
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for row in rows:
            copy.write_row(row)

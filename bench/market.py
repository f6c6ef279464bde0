"""The engine's made-up world (``bench.world``) in a database, by the hundred thousand.

Companies with their limits, codes and partners of the past, what they seek as published requests,
and their profiles. Profiles are written as the service writes them, from the very texts and codes,
but without reading each text, which would take a millisecond each.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection, models
from django.utils import timezone
from psycopg.types.json import Jsonb

from bench import world
from chambers.models import Chamber, Company, Country, Membership, TradeCode
from chambers.models.limits import Certificate
from marketplace.models import Opportunity
from matching import profiles
from matching.engine import SIZES, Row, Side
from matching.engine.packed import pack
from matching.models import PairHistory, Profile

_CHUNK = 10_000
_FIRST = ("RU", "JP", "DE", "CN", "IN", "US", "FR", "IT", "TR", "KZ")
_LANGUAGES = ("ru", "ja", "de", "zh", "hi", "es", "fr", "it", "tr", "kk", "pt", "ar", "en")


def fill(companies: int, seed: int = 7, *, anywhere: bool = False) -> None:
    """Put a world of so many companies into an empty database; needs the reference data.

    ``anywhere``: nobody names target markets, so that nearly everybody may meet everybody abroad.
    """
    made = world.make(companies, seed)
    if anywhere:
        made.targets[:] = True
    market = _Market(made)
    market.found_chambers()
    for start in range(0, companies, _CHUNK):
        market.add(start, min(start + _CHUNK, companies))
    market.add_history()
    with connection.cursor() as cursor:
        for table in ("chambers_company", "marketplace_opportunity"):
            cursor.execute(
                "select setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, companies + 1]
            )
        cursor.execute("vacuum analyze")


class _Market:
    """A world, and what its numbers are called in the database; company 0 gets the key 1."""

    def __init__(self, made: world.World) -> None:
        self.world = made
        known = list(Country.objects.order_by("code").values_list("code", flat=True))
        front = [code for code in _FIRST if code in known]
        rest = [code for code in known if code not in front]
        self.countries = np.array([*front, *rest][: world.COUNTRIES])
        goods = TradeCode.objects.filter(scheme="hs").values_list("code", "pk")
        self.codes = {f"hs{len(code)}:{code}": pk for code, pk in goods}
        self.version = profiles.version()
        self.now = timezone.now()
        self.day = self.now.date()
        self.home: dict[str, int] = {}

    def found_chambers(self) -> None:
        for code in self.countries.tolist():
            chamber = Chamber.objects.create(
                slug=f"chamber-{code.lower()}", name_en=f"Chamber {code}", country_id=code,
                kind=Chamber.Kind.NATIONAL, zone="UTC",
            )  # fmt: skip
            self.home[code] = chamber.pk

    def add(self, start: int, stop: int) -> None:
        made = [self._company(at) for at in range(start, stop)]
        _copy(Company, (one["company"] for one in made))
        _copy(Membership, (one["membership"] for one in made))
        _copy(Opportunity, (one["opportunity"] for one in made))
        _copy_links(Company.codes.through, itertools.chain(*(one["codes"] for one in made)))
        _copy_links(Opportunity.codes.through, itertools.chain(*(one["links"] for one in made)))
        _copy(Profile, (one["profile"] for one in made))

    def add_history(self) -> None:
        """Those who work together already, each pair once."""
        one = np.repeat(np.arange(len(self.world)), self.world.past.shape[1])
        other = self.world.past.ravel()
        pairs = np.sort(np.stack([one, other], axis=1)[one != other], axis=1)
        for part in np.array_split(np.unique(pairs, axis=0) + 1, 1 + len(pairs) // 100_000):
            kind = PairHistory.Kind.PARTNER
            _copy(
                PairHistory,
                ({"one_id": a, "other_id": b, "kind": kind} for a, b in part.tolist()),
            )

    def _company(self, at: int) -> dict[str, Any]:
        key, country = at + 1, str(self.countries[self.world.country[at]])
        offered = self.world.terms(at, Side.PROFILE)
        sought = self.world.terms(at, Side.DEMAND)
        reference, said = f"B-{key}", _text(sought)
        rows = [
            _row(Side.PROFILE, profiles.PROFILE, "", offered),
            _row(Side.DEMAND, reference, "goods", sought),
        ]
        limits = self._limits(at)
        return {
            "company": {
                "id": key, "legal_name": f"Company {key}", "country_id": country,
                "description": Jsonb({"en": _text(offered)}), "created_at": self.now,
                "updated_at": self.now, **limits,
            },
            "membership": {
                "company_id": key, "chamber_id": self.home[country], "decision": "admitted",
                "starts_on": self.day - dt.timedelta(days=400),
                "applied_on": self.day - dt.timedelta(days=400), "decided_at": self.now,
            },
            "opportunity": {
                "id": key, "company_id": key, "side": "demand", "kind": "goods",
                "reference": reference, "title": Jsonb({"en": said}), "text": Jsonb({}),
                "status": "published", "published_at": self.now,
                "expires_on": self.day + dt.timedelta(days=300),
                "created_at": self.now, "updated_at": self.now,
            },
            "codes": [(key, pk) for pk in self._deepest(offered)],
            "links": [(key, pk) for pk in self._deepest(sought)],
            "profile": self._profile(key, rows, limits),
        }  # fmt: skip

    def _deepest(self, terms: Sequence[str]) -> list[int]:
        """Keys of the codes that no other of the terms is part of."""
        codes = [term for term in terms if term in self.codes]
        digits = [term.partition(":")[2] for term in codes]
        return [
            self.codes[term]
            for term, own in zip(codes, digits, strict=True)
            if not any(other != own and other.startswith(own) for other in digits)
        ]

    def _limits(self, at: int) -> dict[str, Any]:
        """Conditions as the world has them; no target market where it has them all."""
        made = self.world
        home = made.country[at]
        targets = np.flatnonzero(made.targets[at])
        is_everywhere = len(targets) >= len(self.countries) - 1
        wanted = [] if is_everywhere else self.countries[targets[targets != home]].tolist()
        accepted = [size for bit, size in enumerate(SIZES) if made.sizes[at] >> bit & 1]
        names = Certificate.values
        return {
            "target_countries": wanted,
            "languages": [_LANGUAGES[one] for one in np.flatnonzero(made.speaks[at])],
            "certificates": [names[one] for one in np.flatnonzero(made.holds[at])],
            "required_certificates": [names[made.requires[at]]] if made.requires[at] >= 0 else [],
            "size": SIZES[made.size[at]],
            "accepted_sizes": accepted if len(accepted) < len(SIZES) else [],
        }

    def _profile(
        self, key: int, rows: list[dict[str, Any]], limits: Mapping[str, Any]
    ) -> dict[str, Any]:
        packed = pack(Row(key, Side(row["side"]), row["terms"], row["kind"]) for row in rows)
        surfaces = {
            term: term[2:] for row in rows for term in row["terms"] if term.startswith("w:")
        }
        digest = hashlib.sha256(json.dumps([rows, limits], sort_keys=True).encode())
        return {
            "company_id": key, "rows": Jsonb(rows), "surfaces": Jsonb(surfaces),
            "trades": sorted(term[4:] for term in rows[0]["terms"] if term.startswith("hs4:")),
            "packed": packed, "version": self.version, "digest": digest.hexdigest(),
            "checked_at": self.now, "changed_at": self.now,
            "holds_until": self.day + dt.timedelta(days=300),
        }  # fmt: skip


def _text(terms: Iterable[str]) -> str:
    return " ".join(term[2:] for term in terms if term.startswith("w:"))


def _row(side: Side, ref: str, kind: str, terms: Iterable[str]) -> dict[str, Any]:
    said = dict.fromkeys(terms, 1.0)
    return {"side": int(side), "ref": ref, "kind": kind, "targets": [], "terms": said}


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

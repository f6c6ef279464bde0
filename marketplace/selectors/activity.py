"""What happened around a company: by month in numbers, and who looked at its profile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet, Value
from django.db.models.functions import ExtractMonth, ExtractYear
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chambers.models import Company, Country, today
from marketplace.models import Meeting, MeetingRequest, Visit

if TYPE_CHECKING:
    from chambers.models import User

MONTHS = 6
RECENT = dt.timedelta(days=30)
TALLEST = 49.0  # units of the highest column
FEWEST = 3
"""From so many visitors on a country is named: fewer could be told apart."""


@dataclass(frozen=True)
class Column:
    """One month of a series, drawn in a picture of 120 by 50 units."""

    month: str
    number: int
    x: int
    tall: float

    @property
    def y(self) -> float:
        """Where it begins, from the top."""
        return TALLEST - self.tall


@dataclass(frozen=True)
class Series:
    """One kind of happening over the last months, oldest first."""

    name: str
    columns: Sequence[Column]

    @property
    def total(self) -> int:
        """Over all the months."""
        return sum(column.number for column in self.columns)

    @property
    def peak(self) -> Column:
        """The month with the most; the latest of several."""
        return max(reversed(self.columns), key=lambda column: column.number)

    @property
    def finding(self) -> str:
        """What the picture shows, in words."""
        if not self.total:
            return _("%(name)s: none in six months") % {"name": self.name}
        told = {"name": self.name, "total": self.total, "month": self.peak.month}
        told["most"] = self.peak.number
        return _("%(name)s: %(total)d in six months, most: %(month)s (%(most)d)") % told


@dataclass(frozen=True)
class Visitors:
    """Companies that looked at a profile within the last 30 days."""

    companies: int
    countries: Sequence[tuple[str, int]]
    """By name of the country, most first; those with fewer than three together at the end."""


def activity_of(company: Company, user: User) -> list[Series]:
    """Visits, requests and meetings of a company by month, for somebody who speaks for it.

    One query. A visit is a company on a day.
    """
    months = _last_months(today())
    requests = MeetingRequest.objects.run_by(user).of_company(company).ever_sent()
    meetings = Meeting.objects.run_by(user, of=company).placed()
    begun = meetings.filter(slot__starts_at__lte=timezone.now())
    visits = Visit.objects.visible_to(user).filter(company=company)
    kinds: list[tuple[str, QuerySet[Any], str]] = [
        (_("Visits to your profile"), visits, "on"),
        (_("Requests sent and received"), requests, "created_at"),
        (_("Meetings"), begun, "slot__starts_at"),
    ]
    first, *others = (
        _monthly(place, rows, field, months[0]) for place, (_name, rows, field) in enumerate(kinds)
    )
    counts = {(place, year, month): n for place, year, month, n in first.union(*others, all=True)}
    return [
        _series(name, months, [counts.get((place, one.year, one.month), 0) for one in months])
        for place, (name, _rows, _field) in enumerate(kinds)
    ]


def busiest_month(series: Sequence[Series]) -> str:
    """The month in which most happened of all kinds together; "" where nothing did."""
    columns = zip(*(reversed(one.columns) for one in series), strict=True)
    sums = [(sum(column.number for column in month), month[0].month) for month in columns]
    most, name = max(sums, key=lambda one: one[0])
    return name if most else ""


def by_month(series: Sequence[Series]) -> list[tuple[str, list[int]]]:
    """The same as rows of a table: (month, number of each series), the latest first."""
    rows = zip(*(one.columns for one in series), strict=True)
    return [(row[0].month, [column.number for column in row]) for row in rows][::-1]


def visitors_of(company: Company, user: User) -> Visitors:
    """Who looked at a profile lately: how many companies, and from where. One query."""
    rows = Visit.objects.visible_to(user).filter(company=company, on__gt=today() - RECENT)
    told = ("name_en", "name_ru", "name_ja")
    found = [
        (Country(**dict(zip(told, names, strict=True))).name, number)
        for *names, number in rows.order_by()
        .values_list(*(f"visitor__country__{name}" for name in told))
        .annotate(companies=Count("visitor", distinct=True))
    ]
    named = [(name, number) for name, number in found if number >= FEWEST]
    countries = sorted(named, key=lambda one: (-one[1], one[0]))
    everyone = sum(number for _name, number in found)
    others = everyone - sum(number for _name, number in named)
    if others:
        few = _("Others") if countries else _("Countries with fewer than three each")
        countries.append((few, others))
    return Visitors(everyone, countries)


def _last_months(day: dt.date) -> list[dt.date]:
    """The first days of the last months, oldest first; this month is the last."""
    first = day.replace(day=1)
    found = [first]
    for _number in range(MONTHS - 1):
        found.append((found[-1] - dt.timedelta(days=1)).replace(day=1))
    return found[::-1]


def _monthly(place: int, rows: QuerySet[Any], field: str, first: dt.date) -> QuerySet[Any, Any]:
    """(``place``, year, month, how many rows) from a month on."""
    since: dt.date | dt.datetime = first
    if field != "on":
        since = dt.datetime.combine(first, dt.time(), timezone.get_current_timezone())
    late = rows.filter(**{f"{field}__gte": since}).order_by()
    dated = late.annotate(
        place=Value(place), year=ExtractYear(field), in_year=ExtractMonth(field)
    ).values_list("place", "year", "in_year")
    counted: QuerySet[Any, Any] = dated.annotate(number=Count("pk", distinct=True))
    return counted


def _series(name: str, months: Sequence[dt.date], numbers: Sequence[int]) -> Series:
    most = max(1, *numbers)
    return Series(
        name,
        [
            Column(
                date_format(month, "YEAR_MONTH_FORMAT"),
                number,
                place * 20 + 3,
                TALLEST * number / most,
            )
            for place, (month, number) in enumerate(zip(months, numbers, strict=True))
        ],
    )

"""What happened around a company: by month in numbers, and who looked at its profile."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
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


@dataclass(frozen=True)
class Visitors:
    """Companies that looked at a profile within the last 30 days."""

    companies: int
    countries: Sequence[tuple[str, int]]
    """By name of the country, most first; those with fewer than three together at the end."""


def activity_of(company: Company, user: User) -> list[Series]:
    """Visits, requests and meetings of a company by month, as ``user`` may know them.

    Three queries. A visit is a company on a day.
    """
    months = _last_months(today())
    requests = MeetingRequest.objects.visible_to(user).of_company(company).ever_sent()
    meetings = Meeting.objects.visible_to(user).of_company(company).placed()
    begun = meetings.filter(slot__starts_at__lte=timezone.now())
    visits = Visit.objects.visible_to(user).filter(company=company)
    return [
        _series(_("Visits to your profile"), months, visits, "on"),
        _series(_("Requests sent and received"), months, requests, "created_at"),
        _series(_("Meetings"), months, begun, "slot__starts_at"),
    ]


def by_month(series: Sequence[Series]) -> list[tuple[str, list[int]]]:
    """The same as rows of a table: (month, number of each series), the latest first."""
    rows = zip(*(one.columns for one in series), strict=True)
    return [(row[0].month, [column.number for column in row]) for row in rows][::-1]


def visitors_of(company: Company, user: User) -> Visitors:
    """Who looked at a profile lately: how many companies, and from where. Two queries."""
    rows = Visit.objects.visible_to(user).filter(company=company, on__gt=today() - RECENT)
    found = dict(
        rows.order_by()
        .values_list("visitor__country")
        .annotate(companies=Count("visitor", distinct=True))
    )
    named = {code: number for code, number in found.items() if number >= FEWEST}
    names = {one.code: one.name for one in Country.objects.filter(code__in=found)}
    countries = sorted(
        ((names[code], number) for code, number in named.items()), key=lambda one: (-one[1], one[0])
    )
    others = sum(found.values()) - sum(named.values())
    if others:
        few = _("Others") if countries else _("Countries with fewer than three each")
        countries.append((few, others))
    return Visitors(sum(found.values()), countries)


def _last_months(day: dt.date) -> list[dt.date]:
    """The first days of the last months, oldest first; this month is the last."""
    first = day.replace(day=1)
    found = [first]
    for _number in range(MONTHS - 1):
        found.append((found[-1] - dt.timedelta(days=1)).replace(day=1))
    return found[::-1]


def _series(name: str, months: Sequence[dt.date], rows: QuerySet[Any], field: str) -> Series:
    since: dt.date | dt.datetime = months[0]
    if field != "on":
        since = dt.datetime.combine(months[0], dt.time(), timezone.get_current_timezone())
    late = rows.filter(**{f"{field}__gte": since}).order_by()
    found: Counter[tuple[int, int]] = Counter()
    by_month = late.annotate(month=TruncMonth(field)).values_list("month")
    for month, number in by_month.annotate(number=Count("pk", distinct=True)):
        found[month.year, month.month] += number
    numbers = [found[month.year, month.month] for month in months]
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

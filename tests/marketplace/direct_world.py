"""Two member companies of two countries, each with somebody who decides, and times to meet."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from chambers.models import Company, User
from tests.factories import (
    CompanyFactory,
    CountryFactory,
    RepresentativeFactory,
    UserFactory,
)


@dataclass
class Side:
    company: Company
    person: User


def side(title="Romashka", zone="Europe/Minsk", country="BY", **person):
    company = CompanyFactory(legal_name=title, member=True, country=CountryFactory(code=country))
    who = UserFactory(time_zone=zone, **person)
    RepresentativeFactory(company=company, person=who)
    return Side(company, who)


def colleague(of, **fields):
    return RepresentativeFactory(company=of.company, person=UserFactory(**fields)).person


def soon(hours=0, *, days=7):
    """A full hour in some days, in UTC."""
    start = timezone.now().replace(hour=7, minute=0, second=0, microsecond=0)
    return start + dt.timedelta(days=days, hours=hours)

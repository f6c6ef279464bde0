"""Which company somebody means who wants to join one or to enter a new one.

Registration number and country say who a company is; a name only proposes (R-37), in any script.
A company that does not stand in the directory is found only by who knows its number or its very
name, and nothing of it is told that was not typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from allauth.account.models import EmailAddress
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Greatest, Upper

from chambers import names
from chambers.models import Company, Country, Invitation, JoinRequest, Representative, User

MOST_NAMESAKES = 8
_LOOKED_AT = 60  # companies whose names are compared letter by letter


@dataclass(frozen=True)
class Candidate:
    """A company that somebody may mean; it may be named to them only when ``is_shown``."""

    company: Company
    by_number: bool
    is_shown: bool
    speaks: bool  # they speak for it already
    asked: bool  # their request waits for an answer


def numbered(country: Country, number: str) -> QuerySet[Company]:
    """Companies of a country with a registration number, however it is written."""
    wanted = names.bare_number(number)
    if not wanted:
        return Company.objects.none()
    signs = Func(
        F("registration_number"), Value("[^[:alnum:]]"), Value(""), Value("g"),
        function="regexp_replace",
    )  # fmt: skip
    return Company.objects.filter(country=country).annotate(bare=Upper(signs)).filter(bare=wanted)


def candidates(
    country: Country, *, by: User, number: str = "", called: Sequence[str] = ()
) -> list[Candidate]:
    """Companies of a country that a number or names may mean, surest first.

    At most ``MOST_NAMESAKES`` by name. Five queries for any number.
    """
    found = {one.pk: (one, True) for one in numbered(country, number).select_related("country")}
    for one in _namesakes(country, [name for name in called if name.strip()]):
        found.setdefault(one.pk, (one, False))
    listed = set(Company.objects.listed().filter(pk__in=found).values_list("pk", flat=True))
    own = Representative.objects.filter(person=by, company__in=found)
    asked = JoinRequest.objects.pending().filter(person=by, company__in=found)
    speaks = set(own.values_list("company", flat=True))
    waits = set(asked.values_list("company", flat=True))
    return [
        Candidate(one, by_number, pk in listed or pk in speaks, pk in speaks, pk in waits)
        for pk, (one, by_number) in found.items()
    ]


def _namesakes(country: Country, called: list[str]) -> list[Company]:
    """Companies whose brand is spelled alike in any script; those out of sight only if equal."""
    keys = [key for key in map(names.grouping_key, called) if key]
    if not keys:
        return []
    likeness = [TrigramWordSimilarity(key, "names") for key in keys]
    best = Greatest(*likeness) if len(likeness) > 1 else likeness[0]
    near = (
        Company.objects.filter(country=country)
        .filter(reduce(or_, (Q(names__trigram_word_similar=key) for key in keys)))
        .select_related("country")
        .annotate(likeness=best)
        .order_by("-likeness", "pk")[:_LOOKED_AT]
    )
    listed = set(Company.objects.listed().filter(pk__in=[one.pk for one in near]).values_list("pk"))
    scored = []
    for one in near:
        own = [name for name in (one.legal_name, one.legal_name_latin) if name]
        score = max(names.similarity(name, other) for name in called for other in own)
        if score >= (names.CANDIDATE if (one.pk,) in listed else 1.0):
            scored.append((-score, one.pk, one))
    return [one for _score, _pk, one in sorted(scored, key=lambda row: row[:2])[:MOST_NAMESAKES]]


def requests_of(person: User) -> list[tuple[JoinRequest, bool]]:
    """What a person waits for, newest first, and whether they may read whom they asked.

    Who found a company by its number alone has not been told its name. Two queries.
    """
    rows = JoinRequest.objects.pending().filter(person=person).select_related("company__country")
    found = list(rows.order_by("-asked_at", "-pk"))
    keys = [one.company_id for one in found]
    named = set(Company.objects.visible_to(person).filter(pk__in=keys).values_list("pk", flat=True))
    return [(one, one.company_id in named) for one in found]


def requests_to(company: Company) -> QuerySet[JoinRequest]:
    """Who asks to join a company, oldest first."""
    rows: QuerySet[JoinRequest] = JoinRequest.objects.pending().filter(company=company)
    return rows.select_related("person")


def requests_led(person: User) -> QuerySet[JoinRequest]:
    """Who asks or asked to join a company whose main contact ``person`` is."""
    led = Company.objects.led_by(person).values("pk")
    rows: QuerySet[JoinRequest] = JoinRequest.objects.filter(company__in=led)
    return rows.select_related("company__country", "person")


def invitations_of(company: Company) -> QuerySet[Invitation]:
    """Whom a company invites and who has not answered, oldest first."""
    rows: QuerySet[Invitation] = Invitation.objects.pending().filter(company=company)
    return rows.select_related("invited_by")


def invitations_to(person: User) -> QuerySet[Invitation]:
    """Companies that ask for this person, by any address they confirmed."""
    owned = EmailAddress.objects.filter(user=person, verified=True)
    addresses = owned.values_list("email", flat=True)
    wanted = reduce(or_, (Q(email__iexact=address) for address in addresses), Q(pk=None))
    rows: QuerySet[Invitation] = Invitation.objects.open().filter(wanted)
    return rows.select_related("company__country", "invited_by")

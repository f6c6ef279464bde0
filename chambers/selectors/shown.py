"""What a viewer may see of a company: the one rule behind pages, endpoints and filters.

A company chooses for each governed field who sees it (``Company.visibility``), from everyone to
nobody before contact. Which *rows* a viewer may see is another question, and comes first:
``Company.objects.visible_to``. A field that is hidden is absent here, so that no caller can show
it by mistake; and nobody may find a company by a field they may not see (``findable_by``), since
a filter or a facet count would tell its value.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from chambers.models import (
    DEFAULT_LEVELS,
    Agreement,
    Chamber,
    Company,
    Contact,
    Country,
    Level,
    Membership,
    Representative,
    Staff,
    TradeCode,
    in_language,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

_RANK = {level: rank for rank, level in enumerate(Level.values)}
_INSIDE = len(_RANK)  # own people, serving staff, superusers: above every level
_GIVES_RIGHTS = {Membership.Status.NEW, Membership.Status.CURRENT, Membership.Status.GRACE}
# What ``Membership.objects.open`` holds; ``Company.objects.served_by`` says why.
_CONCERNS_STAFF = {Membership.Status.PENDING, *_GIVES_RIGHTS}


@dataclass(frozen=True)
class Sight:
    """What decides how much a person sees; row keys, so for this process only."""

    everything: bool = False
    companies: frozenset[int] = frozenset()  # they speak for
    serves: frozenset[int] = frozenset()  # chambers where they work
    home: frozenset[int] = frozenset()  # chambers where they work or their companies are members
    partners: frozenset[int] = frozenset()  # chambers with an agreement in force with those
    contacts: frozenset[int] = frozenset()  # companies that opened their contacts to theirs

    @property
    def member(self) -> bool:
        """Whether they see what members of any chamber see."""
        return self.everything or bool(self.home)


class ShownFields(TypedDict, total=False):
    """The governed fields; a hidden one is no key. ``DEFAULT_LEVELS`` says who sees which."""

    description: dict[str, str]
    industry: str  # goes with the description
    website: str
    size: str
    size_label: str  # in the reader's language
    founded: int | None
    languages: list[str]
    codes: list[TradeCode]
    registration_number: str
    external_id: str  # goes with the registration number, which it often contains
    target_countries: list[str]  # the field "markets"
    turnover: Decimal | None  # of a year
    turnover_currency: str
    email: str  # the field "contacts"
    phone: str
    brochures: bool  # whether they may be read; ``selectors.documents`` lists them
    excluded_countries: list[str]  # own people and serving staff only; so are all that follow
    is_listed: bool
    corporate_group: str
    certificates: list[str]
    required_certificates: list[str]
    accepted_sizes: list[str]
    accepts_interpreter: bool
    avoids_competitors: bool


@dataclass(frozen=True)
class ShownCompany:
    """A company as one viewer may see it: who it is, and the fields it shows them."""

    public_id: uuid.UUID
    legal_name: str
    legal_name_latin: str
    latin: str  # the Latin name where it differs, else ""
    country: Country
    city: str
    is_family_business: bool
    logo: uuid.UUID | None  # the public id of its document
    memberships: tuple[Membership, ...]  # in force, by the English name of the chamber
    inside: bool  # the viewer speaks for it or looks after it
    fields: ShownFields

    @property
    def chambers(self) -> tuple[Chamber, ...]:
        """Those of the memberships, each once."""
        return tuple({one.chamber_id: one.chamber for one in self.memberships}.values())

    def described_in(self, language: str | None = None) -> tuple[str, str]:
        """(description, its language); ``("", language)`` when hidden or empty."""
        return in_language(self.fields.get("description", {}), language)


def sight_of(viewer: User | AnonymousUser) -> Sight:
    """How much ``viewer`` sees, over all companies and chambers they act for. One query."""
    if not viewer.is_authenticated:
        return Sight()
    if viewer.is_superuser:
        return Sight(everything=True)
    own = Representative.objects.filter(person=viewer.pk)
    works = Staff.objects.filter(person=viewer.pk)
    joined = Membership.objects.in_force().filter(company__in=own.values("company"))
    met = Contact.objects.order_by()
    at_home = {
        side: Q(**{f"{side}__in": works.values("chamber")})
        | Q(**{f"{side}__in": joined.values("chamber")})
        for side in ("first", "second")
    }
    bound = Agreement.objects.in_force().order_by()
    hats = ("company", "staff", "member", "contact", "partner")
    found: dict[str, set[int]] = {hat: set() for hat in hats}
    for hat, key in (
        own.order_by()
        .values_list(Value("company"), "company_id")
        .union(
            works.order_by().values_list(Value("staff"), "chamber_id"),
            joined.order_by().values_list(Value("member"), "chamber_id"),
            met.filter(one__in=own.values("company")).values_list(Value("contact"), "other_id"),
            met.filter(other__in=own.values("company")).values_list(Value("contact"), "one_id"),
            bound.filter(at_home["first"]).values_list(Value("partner"), "second_id"),
            bound.filter(at_home["second"]).values_list(Value("partner"), "first_id"),
        )
    ):
        found[hat].add(key)
    home = found["staff"] | found["member"]
    return Sight(
        companies=frozenset(found["company"]),
        serves=frozenset(found["staff"]),
        home=frozenset(home),
        partners=frozenset(found["partner"] - home),
        contacts=frozenset(found["contact"]),
    )


def sight_of_company(company: Company) -> Sight:
    """How much somebody sees who speaks for ``company`` and nobody else. Three queries."""
    joined = Membership.objects.in_force().filter(company=company)
    home = set(joined.values_list("chamber_id", flat=True))
    pairs = Contact.objects.of(company).values_list("one_id", "other_id")
    ends = {end for pair in pairs for end in pair}
    return Sight(
        companies=frozenset([company.pk]),
        home=frozenset(home),
        partners=_partners_of(home),
        contacts=frozenset(ends - {company.pk}),
    )


class Audience(models.TextChoices):
    """Kinds of readers that a company may look at its own page as."""

    PUBLIC = "public", _("everyone")
    MEMBERS = "members", _("a member of any chamber")
    PARTNERS = "partners", _("a member of your chambers or their partners")
    ACCEPTED = "accepted", _("a partner who accepted a contact")


def sight_of_audience(audience: Audience, company: Company) -> Sight:
    """How much of ``company`` a reader of a kind sees: the sight that one of them would have."""
    if audience == Audience.PUBLIC:
        return Sight()
    elsewhere = frozenset([0])  # a chamber that nobody has: they are members, but of no partner
    if audience == Audience.MEMBERS:
        return Sight(home=elsewhere)
    if audience == Audience.ACCEPTED:
        return Sight(home=elsewhere, contacts=frozenset([company.pk]))
    theirs = Membership.objects.in_force().filter(company=company)
    return Sight(home=elsewhere, partners=frozenset(theirs.values_list("chamber_id", flat=True)))


def shown_company(company: Company, viewer: User | AnonymousUser) -> ShownCompany:
    """``company`` as ``viewer`` may see it; the row itself must be visible to them."""
    return shown_companies([company], viewer)[0]


def shown_companies(
    companies: Sequence[Company], viewer: User | AnonymousUser, sight: Sight | None = None
) -> list[ShownCompany]:
    """Each company as ``viewer`` may see it, in the same order.

    Three queries for any number (two with a ``sight``), plus one where countries are not joined.
    """
    if not companies:
        return []
    sight = sight_of(viewer) if sight is None else sight
    prefetch_related_objects(companies, "country", "codes")
    memberships: dict[int, list[Membership]] = {}
    rows = Membership.objects.filter(company__in=[company.pk for company in companies])
    for row in rows.with_status().select_related("chamber").order_by("chamber__name_en", "pk"):
        memberships.setdefault(row.company_id, []).append(row)
    return [_shown(one, memberships.get(one.pk, []), sight) for one in companies]


def findable_by(field: str, sight: Sight) -> Q:
    """Companies that may be found by the governed ``field``: filter, facet, search.

    A field for partners only is found by nobody but own people and serving staff.
    """
    if sight.everything:
        return Q()
    levels = [Level.PUBLIC, Level.MEMBERS] if sight.member else [Level.PUBLIC]
    found = Q(**{f"visibility__{field}__in": levels})
    if DEFAULT_LEVELS[field] in levels:
        found |= ~Q(visibility__has_key=field)
    if sight.companies:
        found |= Q(pk__in=sight.companies)
    if sight.serves:
        theirs = Membership.objects.open().filter(company=OuterRef("pk"), chamber__in=sight.serves)
        found |= Q(Exists(theirs))
    return found


def _partners_of(home: set[int]) -> frozenset[int]:
    if not home:
        return frozenset()
    pairs = Agreement.objects.in_force().filter(Q(first__in=home) | Q(second__in=home))
    ends = {end for pair in pairs.order_by().values_list("first", "second") for end in pair}
    return frozenset(ends - home)


def _rank(company: Company, memberships: list[Membership], sight: Sight) -> int:
    """The highest level at which the viewer sees the company's fields."""
    if sight.everything or company.pk in sight.companies:
        return _INSIDE
    if sight.serves & _chambers(memberships, _CONCERNS_STAFF):
        return _INSIDE
    if company.pk in sight.contacts:
        return _RANK[Level.ACCEPTED]
    there = _chambers(memberships, _GIVES_RIGHTS)
    if there & (sight.home | sight.partners):
        return _RANK[Level.PARTNERS]
    return _RANK[Level.MEMBERS if sight.member else Level.PUBLIC]


def _of_status(memberships: list[Membership], statuses: set[Membership.Status]) -> list[Membership]:
    """The memberships ``with_status`` in any of ``statuses``."""
    return [
        one
        for one in memberships
        if one.status_now in statuses  # type: ignore[attr-defined]  # annotated by with_status
    ]


def _chambers(memberships: list[Membership], statuses: set[Membership.Status]) -> set[int]:
    """Keys of the chambers of those."""
    return {one.chamber_id for one in _of_status(memberships, statuses)}


def _shown(company: Company, memberships: list[Membership], sight: Sight) -> ShownCompany:
    rank = _rank(company, memberships, sight)
    return ShownCompany(
        public_id=company.public_id,
        legal_name=company.legal_name,
        legal_name_latin=company.legal_name_latin,
        latin=company.latin,
        country=company.country,
        city=company.city,
        is_family_business=company.is_family_business,
        logo=company.logo_id,
        memberships=tuple(_of_status(memberships, _GIVES_RIGHTS)),
        inside=rank == _INSIDE,
        fields=_fields(company, rank),
    )


def _fields(company: Company, rank: int) -> ShownFields:
    def admits(field: str) -> bool:
        return rank >= _RANK[company.level_of(field)]

    shown = ShownFields()
    if admits("description"):
        shown["description"] = company.description
        shown["industry"] = company.industry
    if admits("website"):
        shown["website"] = company.website
    if admits("size"):
        shown["size"] = company.size
        shown["size_label"] = company.get_size_display()
    if admits("founded"):
        shown["founded"] = company.founded
    if admits("languages"):
        shown["languages"] = company.languages
    if admits("codes"):
        shown["codes"] = list(company.codes.all())
    if admits("registration_number"):
        shown["registration_number"] = company.registration_number
        shown["external_id"] = company.external_id
    if admits("markets"):
        shown["target_countries"] = company.target_countries
    if admits("turnover"):
        shown["turnover"] = company.turnover
        shown["turnover_currency"] = company.turnover_currency
    if admits("contacts"):
        shown["email"] = company.email
        shown["phone"] = company.phone
    if admits("brochures"):
        shown["brochures"] = True
    if rank == _INSIDE:
        shown["excluded_countries"] = company.excluded_countries
        shown["is_listed"] = company.is_listed
        shown["corporate_group"] = company.corporate_group
        shown["certificates"] = company.certificates
        shown["required_certificates"] = company.required_certificates
        shown["accepted_sizes"] = company.accepted_sizes
        shown["accepts_interpreter"] = company.accepts_interpreter
        shown["avoids_competitors"] = company.avoids_competitors
    return shown

"""A small fixed world for programs that test this service from outside, with every key to it.

Three chambers, each with a manager and a reader, three companies and their owner, editor and
reader; what each company publishes, keeps as a draft and hands in. Names and addresses are fixed;
passwords, second factors and tokens are made anew each time they are asked for.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import encrypt
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chambers.models import (
    ApiToken,
    Chamber,
    Commission,
    Company,
    Country,
    Membership,
    Representative,
    Scope,
    Staff,
    TradeCode,
    User,
)
from chambers.services import bodies, companies, memberships, people
from marketplace import services as marketplace
from marketplace.models import Event, Meeting, MeetingRequest, Opportunity, Registration
from marketplace.services import events, parts, registrations, requests
from marketplace.services.slots import add_slots

_DOMAIN = "testbed.example"
_TOKEN = "testbed"  # noqa: S105 - the name of a token
_READING = [scope for scope in Scope.values if scope.endswith(":read")]
# key, country, zone, language of its people, what its companies offer
_CHAMBERS = (
    ("north", "RU", "Europe/Moscow", "ru", "9026"),
    ("east", "JP", "Asia/Tokyo", "ja", "8486"),
    ("west", "BY", "Europe/Minsk", "en", "8433"),
)
_WANTED = {"9026": "8486", "8486": "8433", "8433": "9026"}
_COMPANIES = ("alpha", "beta", "gamma")


@transaction.atomic
def build() -> dict[str, Any]:
    """Make what is missing of the small world and new keys to all of it, as one JSON document.

    Needs the reference data.
    """
    operator = _person("operator", "Testbed operator", "UTC", "en", superuser=True)
    if not Chamber.objects.filter(slug=_slug(_CHAMBERS[0][0])).exists():
        _build(operator)
    chambers = Chamber.objects.filter(slug__in=[_slug(key) for key, *_rest in _CHAMBERS])
    return {
        "base_url": settings.BASE_URL,
        "schema_url": f"{settings.BASE_URL}/api/schema/",
        "made_at": timezone.now().isoformat(),
        "superuser": _keys(operator, Scope.values, second_factor=True),
        "chambers": [_chamber_document(chamber) for chamber in chambers.order_by("pk")],
        "event": _event_document(Event.objects.get(chamber__slug=_slug(_CHAMBERS[0][0]))),
    }


def _event_document(event: Event) -> dict[str, Any]:
    coming = event.registrations.select_related("company").order_by("pk")
    asked = MeetingRequest.objects.filter(event=event).order_by("pk")
    held = Meeting.objects.filter(event=event).order_by("pk")
    return {
        "id": str(event.public_id),
        "registrations": [
            {
                "id": str(one.public_id),
                "company": str(one.company.public_id),
                "consent": one.consent,
                "participants": [str(person.public_id) for person in one.participants.all()],
            }
            for one in coming.prefetch_related("participants")
        ],
        "requests": [{"id": str(one.public_id), "status": one.status} for one in asked],
        "meetings": [{"id": str(one.public_id), "status": one.status} for one in held],
    }


def _slug(key: str) -> str:
    return f"testbed-{key}"


def _person(local: str, name: str, zone: str, language: str, *, superuser: bool = False) -> User:
    email = f"{local}@{_DOMAIN}"
    found: User | None = User.objects.filter(email=email).first()
    if found is not None:
        return found
    person = people.create_person(email, name=name, language=language, time_zone=zone)
    if superuser:
        people.change_person(person, is_staff=True, is_superuser=True)
    return person


def _build(operator: User) -> None:
    chambers = []
    for key, country, zone, language, offered in _CHAMBERS:
        chamber = bodies.found_chamber(
            slug=_slug(key),
            name_en=f"Testbed chamber {key}",
            name_ru=f"Испытательная палата {key}",
            name_ja=f"試験用商工会議所 {key}",
            kind=Chamber.Kind.CITY,
            country=Country.objects.get(code=country),
            zone=zone,
            languages=[language],
        )
        chambers.append(chamber)
        for role in Staff.Role.values:
            person = _person(f"{key}.{role}", f"{key} {role}", zone, language)
            people.appoint_staff(person, to=chamber, role=role)
        guild = bodies.found_guild(chamber, slug="testbed", name_en=f"Guild of {key}")
        for company in _COMPANIES:
            made = _found_company(chamber, key, company, offered, language)
            _fill_market(made, offered, operator)
            if company == _COMPANIES[0]:
                bodies.join_guild(guild, company=made)
    north, east, west = chambers
    today = timezone.localdate()
    year = dt.timedelta(days=365)
    bodies.conclude_agreement(north, east, starts_on=today - year, ends_on=today + year)
    bodies.conclude_agreement(north, west, starts_on=today - year, ends_on=today - year / 10)
    bodies.propose_commission(
        north,
        country=west.country,
        status=Commission.Status.ACTIVE,
        partner_chamber=west,
    )
    applicant = Company.objects.get(legal_name="Testbed east gamma")
    memberships.apply_for_membership(applicant, to=north)
    _hold_event(north, hosts=[east, west], operator=operator, today=today)


def _hold_event(chamber: Chamber, *, hosts: list[Chamber], operator: User, today: dt.date) -> None:
    """A forum in a month with all companies; the first of each chamber ask each other."""
    first = today + dt.timedelta(days=30)
    event = events.create_event(
        chamber,
        by=operator,
        kind=Event.Kind.FORUM,
        name={"en": "Testbed forum", "ru": "Испытательный форум", "ja": "試験用フォーラム"},
        place="Testbed hall",
        zone=chamber.zone,
        starts_on=first,
        ends_on=first,
        hosts=hosts,
    )
    hall = parts.add_hall(event, "Testbed hall", by=operator)
    parts.add_tables(event, 3, by=operator, hall=hall)
    add_slots(event, by=operator, day=first, starts=dt.time(10), ends=dt.time(13), minutes=20)
    event = events.publish_event(event, by=operator)
    consents = (
        Registration.Consent.LISTED_WITH_CONTACT,
        Registration.Consent.LISTED,
        Registration.Consent.NOT_LISTED,
    )
    leading: list[tuple[Registration, User]] = []
    members = Company.objects.filter(legal_name__startswith="Testbed ").order_by("pk")
    for place, company in enumerate(members):
        owner = _owner_of(company)
        registration = registrations.register_company(
            event, company, by=owner, consent=consents[place % len(consents)]
        )
        registration = registrations.admit_registration(registration, by=operator)
        if place % len(consents) == 0:
            leading.append((registration, owner))
    (one, asker), (other, answerer), (third, _owner) = leading
    accepted = requests.request_meeting(one, other, by=asker)
    requests.accept_request(accepted, by=answerer)
    requests.request_meeting(one, third, by=asker)


def _owner_of(company: Company) -> User:
    return company.representatives.get(role=Representative.Role.OWNER).person


def _found_company(
    chamber: Chamber, key: str, company: str, offered: str, language: str
) -> Company:
    zone = chamber.zone
    owner = _person(f"{key}.{company}.owner", f"{key} {company} owner", zone, language)
    made = companies.create_company(
        legal_name=f"Testbed {key} {company}",
        country=chamber.country,
        registration_number=f"000{_COMPANIES.index(company) + 1}",
        size=Company.Size.SMALL,
        founded=2001,
        languages=["en"],
        website=f"https://{key}-{company}.{_DOMAIN}",
        description={"en": f"Testbed company {company} of {key}."},
        # The second company of each chamber shows its description to members only.
        visibility={"description": "members"} if company == _COMPANIES[1] else {},
        codes=_codes(offered),
        owner=owner,
    )
    for role in (Representative.Role.EDITOR, Representative.Role.VIEWER):
        person = _person(f"{key}.{company}.{role}", f"{key} {company} {role}", zone, language)
        people.add_representative(person, to=made, role=role)
    first = timezone.localdate() - dt.timedelta(days=400)
    memberships.admit_company(made, to=chamber, starts_on=first, kind=Membership.Kind.FULL)
    return made


def _codes(*headings: str) -> list[TradeCode]:
    return list(TradeCode.objects.filter(scheme=TradeCode.Scheme.HS, code__in=headings))


def _fill_market(company: Company, offered: str, operator: User) -> None:
    """A published offer and request, an offer under review and a draft."""
    owner = _owner_of(company)
    wanted = _WANTED[offered]
    told = (
        (Opportunity.Side.OFFER, offered, "published offer"),
        (Opportunity.Side.DEMAND, wanted, "published request"),
        (Opportunity.Side.OFFER, offered, "offer under review"),
        (Opportunity.Side.DEMAND, wanted, "draft request"),
    )
    for place, (side, code, what) in enumerate(told):
        title = f"{company.legal_name}: {what}, HS {code}"
        opportunity = marketplace.draft_opportunity(
            company,
            side=side,
            kind=Opportunity.Kind.GOODS,
            title={"en": title},
            text={"en": f"{title}."},
            codes=_codes(code),
            by=owner,
        )
        if place < 3:
            opportunity = marketplace.submit_opportunity(opportunity, by=owner)
        if place < 2:
            marketplace.publish_opportunity(opportunity, by=operator)


def _chamber_document(chamber: Chamber) -> dict[str, Any]:
    staff = Staff.objects.filter(chamber=chamber, person__email__endswith=f"@{_DOMAIN}")
    members = Company.objects.filter(
        memberships__chamber=chamber, memberships__decision=Membership.Decision.ADMITTED
    )
    return {
        "slug": chamber.slug,
        "id": str(chamber.public_id),
        "name": chamber.name_en,
        "country": chamber.country_id,
        "time_zone": chamber.zone,
        "staff": [
            {"role": one.role, **_keys(one.person, Scope.values, second_factor=True)}
            for one in staff.select_related("person").order_by("pk")
        ],
        "companies": [_company_document(company) for company in members.order_by("pk")],
    }


def _company_document(company: Company) -> dict[str, Any]:
    own = company.representatives.filter(person__email__endswith=f"@{_DOMAIN}")
    return {
        "id": str(company.public_id),
        "legal_name": company.legal_name,
        "country": company.country_id,
        "people": [
            {"role": one.role, **_keys(one.person, _READING, second_factor=False)}
            for one in own.select_related("person").order_by("pk")
        ],
        "opportunities": [
            {
                "id": str(one.public_id),
                "reference": one.reference,
                "side": one.side,
                "status": one.status,
            }
            for one in company.opportunities.order_by("pk")
        ],
    }


def _keys(person: User, scopes: Iterable[str], *, second_factor: bool) -> dict[str, Any]:
    """New password, token and, if asked for, second factor of a person."""
    password = secrets.token_urlsafe(18)
    person.set_password(password)
    person.save(update_fields=["password"])
    ApiToken.objects.filter(user=person, name=_TOKEN).delete()
    _token, key = people.issue_token(person, name=_TOKEN, scopes=list(scopes))
    secret = None
    Authenticator.objects.filter(user=person).delete()
    if second_factor:
        secret = generate_totp_secret()
        Authenticator.objects.create(
            user=person, type=Authenticator.Type.TOTP, data={"secret": encrypt(secret)}
        )
    return {
        "email": person.email,
        "name": person.name,
        "password": password,
        "totp_secret": secret,
        "token": key,
        "scopes": sorted(scopes),
    }

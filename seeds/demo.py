"""The demo world, made by calling the services: a minute after the start every page has something.

Who and what is in it stands in ``data``; here stands only the order in which it comes about. Dates
count from the day of seeding, so the demo does not age. Which company is a new member, in grace or
still waiting, and which opportunity is under review, follows from its place in the list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from chambers.models import (
    Chamber,
    Company,
    Country,
    Guild,
    Membership,
    Representative,
    TradeCode,
    User,
)
from chambers.services import bodies, companies, memberships
from chambers.services import people as people_services
from marketplace import services as marketplace
from marketplace.models import Event, Opportunity
from matching.services import runs
from seeds import (
    after,
    conditions,
    direct,
    event_day,
    events,
    interests,
    joining,
    messages,
    people,
    profiles,
    reference,
    reviewed,
    searches,
    sources,
    timetables,
)

Say = Callable[[str], None]
Row = dict[str, Any]
_EVERY = 25  # companies between two words to the person who waits
_DRAFT = 7  # of sixty opportunities, the one that is not handed in


@dataclass
class World:
    """What has been made so far, by key."""

    today: dt.date
    operator: User
    chambers: dict[str, Chamber] = field(default_factory=dict)
    guilds: dict[tuple[str, str], Guild] = field(default_factory=dict)
    logins: dict[str, User] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)
    contacts: dict[str, User] = field(default_factory=dict)
    placeholders: dict[str, list[User]] = field(default_factory=dict)
    countries: dict[str, Country] = field(default_factory=dict)
    codes: dict[tuple[str, str], TradeCode] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)

    def day(self, days: int | None) -> dt.date | None:
        """The day so many days from today; None stays None."""
        return None if days is None else self.today + dt.timedelta(days=days)

    def codes_of(self, row: Row) -> list[TradeCode]:
        """The trade codes that a row of data names."""
        named = [("hs", code) for code in row.get("hs", ())]
        return [self.codes[one] for one in [*named, *(("nace", c) for c in row.get("nace", ()))]]


def is_built() -> bool:
    """Whether the demo world is there."""
    first = sources.document("people")["logins"][0]["email"]
    return bool(User.objects.filter(email=first).exists())


@contextmanager
def _one_transaction() -> Iterator[None]:
    """A transaction without savepoints, since nothing in it may fail alone: half the statements.

    Every change in it asked for a worker, over a thousand times; asking once is enough.
    """
    with transaction.atomic():
        connection.features.uses_savepoints = False
        asked_before = len(connection.run_on_commit)
        try:
            yield
        finally:
            del connection.features.uses_savepoints
        del connection.run_on_commit[asked_before:-1]


@_one_transaction()
def build(say: Say, *, today: dt.date | None = None) -> None:
    """Make the whole demo world, or nothing of it; needs the reference data."""
    world = World(today or timezone.localdate(), people.operator())
    world.countries = Country.objects.in_bulk()
    world.codes = {(code.scheme, code.code): code for code in TradeCode.objects.all()}
    told, rows = sources.document("chambers"), sources.companies()
    guests = sources.document("events")
    say("Chambers, councils and agreements")
    _found_chambers(world, [*told["chambers"], guests["chamber"]])
    _form_councils(world, told["councils"])
    _conclude_agreements(world, told["agreements"])
    say("Guilds, commissions and staff")
    _found_guilds(world, told["guilds"])
    _found_commissions(world, told["commissions"])
    _appoint_people(world, sources.document("people"))
    waiting = {(one["company"], one["chamber"]) for one in told["applications"]}
    for at, row in enumerate(rows):
        if at % _EVERY == 0:
            say(f"Companies: {at} of {len(rows)}")
        _found_company(world, row, at, waiting)
    for at, row in enumerate(guests["companies"]):
        _found_company(world, row, at, set())
    _give_further_roles(world, sources.document("people")["further_roles"])
    _apply(world, told["applications"])
    profiles.complete(world.companies)
    reference.note_growth(Company, Company.codes.through, Membership, Representative, User)
    say("Offers and requests")
    _publish_all(world, guests["companies"])
    _publish_all(world, rows)
    reference.note_growth(Opportunity, Opportunity.codes.through)
    reviewed.review_some(world)
    _keep_apart(world, rows)
    joining.ask_and_invite(world)
    messages.write(world)
    searches.keep()
    interests.express(world)
    say("Events and meetings")
    events.hold_events(world)
    timetables.seat_events(world)
    event_day.hold_today(world)
    direct.arrange(world)
    after.look_back()
    runs.start_run(by=world.operator)


def _found_chambers(world: World, rows: Iterable[Row]) -> None:
    """Parents come first in the file."""
    for row in rows:
        names = {f"name_{language}": name for language, name in row["name"].items()}
        same = ("name_native", "short_name", "kind", "city", "zone", "languages", "website")
        world.chambers[row["key"]] = bodies.found_chamber(
            slug=row["key"],
            country=world.countries[row["country"]],
            parent=world.chambers[row["parent"]] if row["parent"] else None,
            note=row.get("note", {}),
            **names,
            **{name: row[name] for name in same},
        )


def _form_councils(world: World, rows: Iterable[Row]) -> None:
    for row in rows:
        bodies.form_council(
            slug=row["key"],
            formed_on=dt.date.fromisoformat(row["formed_on"]),
            note=row["note"],
            chambers=[world.chambers[key] for key in row["chambers"]],
            **{f"name_{language}": name for language, name in row["name"].items()},
        )


def _conclude_agreements(world: World, rows: Iterable[Row]) -> None:
    last_month = world.today.replace(day=1) - dt.timedelta(days=1)
    for row in rows:
        ends = row["ends_in_days"]
        bodies.conclude_agreement(
            world.chambers[row["first"]],
            world.chambers[row["second"]],
            starts_on=world.day(row["starts_in_days"]),
            ends_on=last_month if ends == "last_month" else world.day(ends),
            response_days=row["response_days"],
            scope=row["scope"],
        )


def _found_guilds(world: World, rows: Iterable[Row]) -> None:
    for row in rows:
        world.guilds[row["chamber"], row["key"]] = bodies.found_guild(
            world.chambers[row["chamber"]],
            slug=row["key"],
            chair=row["chair"],
            note=row["note"],
            codes=world.codes_of(row),
            **{f"name_{language}": name for language, name in row["name"].items()},
        )


def _found_commissions(world: World, rows: Iterable[Row]) -> None:
    for row in rows:
        bodies.propose_commission(
            world.chambers[row["chamber"]],
            country=world.countries[row["country"]],
            status=row["status"],
            chair=row["chair"],
            secretary=row["secretary"],
            partner_chamber=world.chambers[row["partner"]] if row["partner"] else None,
        )


def _appoint_people(world: World, told: Row) -> None:
    """Everyone who signs in; who speaks for a company gets their role when it is founded."""
    world.placeholders = people.create_contacts()
    for login in told["logins"]:
        if login.get("superuser"):
            continue
        person = people.create_login(login)
        world.logins[login["email"]] = person
        if "chamber" in login:
            people_services.appoint_staff(
                person, to=world.chambers[login["chamber"]], role=login["role"]
            )
        elif login.get("role") == "owner":
            world.contacts[login["company"]] = person


def _give_further_roles(world: World, rows: Iterable[Row]) -> None:
    told = [*sources.document("people")["logins"], *rows]
    for row in told:
        person = world.logins.get(row["email"])
        if person is None or row.get("role") == "owner":
            continue
        if "company" in row:
            company = world.companies[row["company"]]
            people_services.add_representative(person, to=company, role=row["role"])
        elif row in rows:
            people_services.appoint_staff(
                person, to=world.chambers[row["chamber"]], role=row["role"]
            )


def _found_company(world: World, row: Row, at: int, waiting: set[tuple[str, str]]) -> None:
    placeholders = world.placeholders[row["country"]]
    world.contacts.setdefault(row["key"], placeholders[at % len(placeholders)])
    same = ("legal_name", "legal_name_latin", "city", "registration_number", "size", "founded")
    optional = ("target_countries", "excluded_countries", "visibility")
    company = world.companies[row["key"]] = companies.create_company(
        country=world.countries[row["country"]],
        codes=world.codes_of(row),
        owner=world.contacts[row["key"]],
        languages=row["languages"],
        website=row["website"],
        description=row["description"],
        is_family_business=row.get("family_business", False),
        **{name: row[name] for name in same},
        **{name: row[name] for name in optional if name in row},
        **conditions.asked_of_partners(row, at),
    )
    for key in (row["chamber"], *row.get("also_member_of", ())):
        if (row["key"], key) not in waiting:
            starts, ends = _membership_days(world.today, row, at)
            memberships.admit_company(
                company,
                to=world.chambers[key],
                kind=_membership_kind(row, at),
                starts_on=starts,
                ends_on=ends,
            )
    if "guild" in row and (row["key"], row["chamber"]) not in waiting:
        bodies.join_guild(world.guilds[row["chamber"], row["guild"]], company=company)


def _membership_kind(row: Row, at: int) -> str:
    if row["size"] == "micro":
        return Membership.Kind.YOUNG
    return Membership.Kind.ASSOCIATE if at % 11 == 3 else Membership.Kind.FULL


def _membership_days(today: dt.date, row: Row, at: int) -> tuple[dt.date, dt.date | None]:
    """First and last day: mostly for years and open, some new, about to end, in grace, expired."""
    if at % 17 == 5:
        return today - dt.timedelta(days=5 + at % 80), None
    starts = max(
        today - dt.timedelta(days=400 + (at * 53) % 2400), dt.date(row["founded"] + 1, 1, 15)
    )
    if "d0" in row or "guild" in row:
        return starts, None
    ends = {2: 45 + at % 150, 21: -20, 33: -200}.get(at % 41)
    return starts, None if ends is None else today + dt.timedelta(days=ends)


def _apply(world: World, rows: Iterable[Row]) -> None:
    for row in rows:
        membership = memberships.apply_for_membership(
            world.companies[row["company"]], to=world.chambers[row["chamber"]]
        )
        if "refused" in row:
            memberships.refuse_membership(membership, by=world.operator, reason=row["refused"])


def _keep_apart(world: World, rows: list[Row]) -> None:
    """Pairs that know each other, and a company on hold; none of them of the acceptance scripts."""
    members = [world.companies[row["key"]] for row in rows if "d0" not in row]
    conditions.tell_histories(members, world.operator, world.today)
    conditions.hold_one(members, world.operator)


def _publish_all(world: World, rows: list[Row]) -> None:
    """Each company's first opportunity comes last and so stands newest; D0's come last of all."""
    told = [
        ("d0" in row, -place, row, opportunity)
        for row in rows
        for place, opportunity in enumerate(row["opportunities"])
    ]
    told.sort(key=lambda one: one[:2])
    members = set(Membership.objects.in_force().values_list("company", flat=True))
    for at, (is_d0, _place, row, opportunity) in enumerate(told):
        # Who applies to a chamber still has nobody to hand a text in to.
        fate = 0 if is_d0 else at % 60
        fate = fate if world.companies[row["key"]].pk in members else _DRAFT
        _bring_to_market(world, row, opportunity, at, fate)


def _bring_to_market(world: World, row: Row, told: Row, at: int, fate: int) -> None:
    """Most are published; some stay a draft, wait for review, were rejected or withdrawn."""
    contact = world.contacts[row["key"]]
    opportunity = marketplace.draft_opportunity(
        world.companies[row["key"]],
        side=told["side"],
        kind=told["kind"],
        title=told["title"],
        text=told["text"],
        codes=world.codes_of(told),
        target_countries=told.get("target_countries", ()),
        investment=told.get("investment"),
        by=contact,
    )
    if fate == _DRAFT:
        return
    opportunity = marketplace.submit_opportunity(opportunity, by=contact)
    if fate in (19, 43):
        return
    if fate == 31 and at % 120 == 31:
        marketplace.reject_opportunity(opportunity, by=world.operator)
        return
    days = 10 if fate == 13 else 60 + (at * 37) % 300
    opportunity = marketplace.publish_opportunity(
        opportunity, by=world.operator, expires_on=world.today + dt.timedelta(days=days)
    )
    if fate == 55:
        marketplace.archive_opportunity(opportunity, by=contact)

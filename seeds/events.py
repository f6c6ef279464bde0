"""Events of the demo world, with who comes, who asks whom, and what became of it.

What they are stands in ``data/events.json``; who asks whom follows from what companies offer and
seek, and the fate of a request from its place in the list. Days count from the day of seeding.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, product
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils import timezone

from chambers.models import Company, Job, Mail, User
from marketplace.models import (
    Delegation,
    Event,
    Group,
    Hall,
    Meeting,
    MeetingRequest,
    Opportunity,
    Registration,
    Slot,
)
from marketplace.services import events, meetings, moves, parts, registrations, requests
from marketplace.services.publishing import TELL
from marketplace.services.slots import add_slots
from matching.services import emphases
from seeds import mail_texts, sources

if TYPE_CHECKING:
    from seeds.demo import World

Row = dict[str, Any]
_Codes = frozenset[str]
TO_BE_SEATED = ("online-round", "forum-of-regions", "mission-to-moscow")
"""Keys of the events in ``World.events`` whose meetings wait for a timetable."""
_FAMILY_FIRST = {"JP", "CN", "KR"}
_FATES = (
    *("accept", "pending", "accept", "decline", "accept", "accept", "propose", "accept"),
    *("pending", "accept", "withdraw", "accept", "draft", "accept", "pending", "accept"),
)
_MOST = 6  # meetings of one company; further requests wait for its answer
_DECLINED = (
    "We have no capacity this year: please ask again in spring.",
    "Сейчас такого спроса у нас нет.",
    "",
)


@dataclass
class _Stage:
    """One event while it is being filled."""

    event: Event
    row: Row
    manager: User
    registered_at: dt.datetime
    requested_at: dt.datetime
    groups: dict[str, Group] = field(default_factory=dict)
    delegations: list[tuple[Delegation, list[str]]] = field(default_factory=list)
    coming: list[Registration] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)


def hold_events(world: World) -> None:
    """Make all events of the file; companies and what they publish are there already."""
    told = sources.document("events")
    before = last_mails()
    keys = {company.pk: key for key, company in world.companies.items()}
    market = _Market(world.companies.values())
    for row in told["events"]:
        stage = _set_up(world, row)
        _register(world, stage, told)
        _ask_each_other(world, stage, market, keys)
        _look_back(stage)
        _stress(stage)
        world.events[row["key"]] = stage.event
    requests.expire_requests(timezone.now())
    let_mails_be_past(*before)


def _stress(stage: _Stage) -> None:
    """What counts more at the event, where its meetings are proposed; its page says so."""
    if told := stage.row.get("emphasis"):
        draft = emphases.draft_emphasis(stage.event, by=stage.manager, **told)
        emphases.put_emphasis_in_force(draft, by=stage.manager)


def last_mails() -> tuple[int, int]:
    """The last mail and the last job there are, for ``let_mails_be_past``."""
    mail, job = (
        rows.aggregate(last=Max("pk"))["last"] or 0 for rows in (Mail.objects, Job.objects)
    )
    return mail, job


def let_mails_be_past(mail: int, job: int) -> None:
    """Nobody is mailed now about an invented past; staff finds what was said, as sent."""
    Mail.objects.filter(pk__gt=mail).update(state=Mail.State.SENT, sent_at=timezone.now())
    Job.objects.filter(pk__gt=job, kind__in=["mail.send", TELL]).delete()


def _set_up(world: World, row: Row) -> _Stage:
    manager = world.logins[row["manager"]]
    today = world.today
    if "hours_around_now" in row:
        today = timezone.now().astimezone(ZoneInfo(row["zone"])).date()
    first = today + dt.timedelta(days=row["starts_in_days"])
    event = events.create_event(
        world.chambers[row["chamber"]],
        by=manager,
        kind=row["kind"],
        name=row["name"],
        theme=row["theme"],
        place=row["place"],
        place_names=row.get("place_names", {}),
        zone=row["zone"],
        starts_on=first,
        ends_on=first + dt.timedelta(days=row["days"] - 1),
        hosts=[world.chambers[key] for key in row["hosts"]],
        **{name: _noon(world.today, days) for name, days in row["dates"].items()},
        **row["settings"],
    )
    stage = _Stage(
        event,
        row,
        manager,
        registered_at=_noon(world.today, row["registered_days"]),
        requested_at=_noon(world.today, row["requested_days"]),
    )
    halls = {one["name"]: parts.add_hall(event, by=manager, **one) for one in row["halls"]}
    for told in row["tables"]:
        where = {**told, "hall": halls[told["hall"]]}
        parts.add_tables(event, by=manager, **where)
    for told in row["slots"]:
        times = {name: dt.time.fromisoformat(told[name]) for name in ("starts", "ends")}
        stage.slots += add_slots(
            event,
            by=manager,
            day=first + dt.timedelta(days=told["day"]),
            minutes=told["minutes"],
            gap=told.get("gap", 0),
            breaks=[
                (dt.time.fromisoformat(since), dt.time.fromisoformat(until))
                for since, until in told.get("breaks", ())
            ],
            **times,
        )
    for half in _around_now(row.get("hours_around_now", 0), event.clock):
        stage.slots += add_slots(event, by=manager, **half)
    _write_programme(stage, halls)
    _form_groups(world, stage)
    mail_texts.write(event, row.get("mail_texts", {}), by=manager)
    stage.event = events.publish_event(event, by=manager)
    return stage


def _around_now(hours: int, clock: dt.tzinfo) -> Iterator[dict[str, Any]]:
    """Half hours, a quarter of them past, so that something goes on whenever the demo is made.

    The last of a day is a minute shorter: a slot lies within its day.
    """
    now = timezone.now().astimezone(clock)
    begun = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    for half in range(-hours // 2, 3 * hours // 2):
        starts = begun + dt.timedelta(minutes=30 * half)
        minutes = 29 if (starts.hour, starts.minute) == (23, 30) else 30
        ends = starts + dt.timedelta(minutes=minutes)
        yield {
            "day": starts.date(),
            "starts": starts.time(),
            "ends": ends.time(),
            "minutes": minutes,
        }


def _write_programme(stage: _Stage, halls: dict[str, Hall]) -> None:
    event, row = stage.event, stage.row
    for told in row["sessions"]:
        day = event.starts_on + dt.timedelta(days=told["day"])
        starts, ends = (
            dt.datetime.combine(day, dt.time.fromisoformat(told[name]), event.clock)
            for name in ("starts", "ends")
        )
        parts.add_session(
            event,
            by=stage.manager,
            kind=told["kind"],
            title=told["title"],
            chair=told["chair"],
            hall=halls[told["hall"]] if told["hall"] else None,
            starts_at=starts,
            ends_at=ends,
        )
    for at, told in enumerate(row["interpreters"]):
        speaker = parts.add_interpreter(event, by=stage.manager, **told)
        if at % 2:
            parts.set_interpreter_away(speaker, stage.slots[:2], by=stage.manager)


def _form_groups(world: World, stage: _Stage) -> None:
    event, row, by = stage.event, stage.row, stage.manager
    for told in row["groups"]:
        stage.groups[told["key"]] = parts.add_group(event, told["name"], by=by)
    rules = [(stage.groups[one], stage.groups[other]) for one, other in row.get("rules", ())]
    if rules:
        parts.let_meet(event, rules, by=by)
    for told in row["delegations"]:
        chamber = world.chambers[told["chamber"]]
        rest = {name: told[name] for name in ("name", "leader", "seats")}
        delegation = parts.add_delegation(event, chamber, by=by, **rest)
        stage.delegations.append((delegation, told["countries"]))


def _register(world: World, stage: _Stage, told: Row) -> None:
    """Most are admitted; some wait, were refused or have not been decided on."""
    row, names = stage.row, _names(told["names"])
    for at, (key, company) in enumerate(_chosen(world, row)):
        contact, named = world.contacts[key], key in row["named"]
        registration = registrations.register_company(
            stage.event,
            company,
            by=contact,
            consent=_consent(at, named=named),
            group=_first(
                stage.groups[one["key"]]
                for one in row["groups"]
                if company.country_id in one["countries"]
            ),
            delegation=_first(
                one for one, countries in stage.delegations if company.country_id in countries
            ),
            people=_people(company, contact if named else None, at, row, names, told["positions"]),
            at=stage.registered_at + dt.timedelta(minutes=7 * at),
        )
        fate = 0 if named else at % 24
        if fate == 11:
            continue
        if fate == 17:
            registrations.let_wait(registration, by=stage.manager)
        elif fate == 23:
            registrations.refuse_registration(
                registration, by=stage.manager, reason="The trade is not that of this event."
            )
        else:
            registration = registrations.admit_registration(registration, by=stage.manager)
            stage.coming.append(registration)
            if at % 7 == 3:
                _close_times(stage, registration, contact)
    _build_booths(stage)


def _chosen(world: World, row: Row) -> Iterator[tuple[str, Company]]:
    """Those named, then of each country as many as it sends, spread over the list."""
    members = set(Company.objects.listed().filter(held_on=None).values_list("pk", flat=True))
    for key in row["named"]:
        yield key, world.companies[key]
    for country, count in row["countries"].items():
        found = [
            (key, company)
            for key, company in world.companies.items()
            if company.country_id == country and key not in row["named"] and company.pk in members
        ]
        step = max(len(found) // count, 1)
        yield from found[::step][:count]


def _consent(at: int, *, named: bool) -> str:
    consent = Registration.Consent
    if named:
        return consent.LISTED_WITH_CONTACT
    return (consent.LISTED_WITH_CONTACT, consent.LISTED, consent.NOT_LISTED)[(at % 7) // 3]


def _people(
    company: Company,
    contact: User | None,
    at: int,
    row: Row,
    names: dict[str, cycle[str]],
    positions: dict[str, list[str]],
) -> list[Row]:
    """One person, of every fourth company a second; some of them remote."""
    known = positions.get(company.country_id, positions[""])
    found = []
    for turn in range(2 if at % 4 == 1 else 1):
        remote = row.get("remote", False) or (row["kind"] == "forum" and (at + turn) % 11 == 6)
        person = contact if turn == 0 else None
        found.append(
            {
                "name": person.name if person else next(names[company.country_id]),
                "person": person,
                "position": known[turn % len(known)],
                "presence": "remote" if remote else "on_site",
            }
        )
    return found


def _names(pools: dict[str, list[list[list[str]]]]) -> dict[str, cycle[str]]:
    """Invented names of each country, in an order in which neighbours differ."""
    found = {}
    for country, kinds in pools.items():
        made = []
        for given, family in kinds:
            pairs = sorted(enumerate(product(given, family)), key=lambda one: one[0] * 7 % 25)
            turned = (
                (two, one) if country in _FAMILY_FIRST else (one, two) for _, (one, two) in pairs
            )
            made.append([" ".join(pair) for pair in turned])
        found[country] = cycle([name for row in zip(*made, strict=False) for name in row])
    return found


def _close_times(stage: _Stage, registration: Registration, contact: User) -> None:
    person = registration.participants.first()
    if person is not None:
        registrations.set_availability(person, away=stage.slots[1:3], by=contact)


def _build_booths(stage: _Stage) -> None:
    booths = stage.row.get("booths")
    if booths is None:
        return
    hall = Hall.objects.get(event=stage.event, name=booths["hall"])
    owners = [one for one in stage.coming if one.company.country_id in booths["countries"]]
    tables = parts.add_tables(stage.event, len(owners), by=stage.manager, hall=hall)
    for table, owner in zip(tables, owners, strict=True):
        parts.give_booth(table, owner, by=stage.manager)


class _Market:
    """What companies have on show: which of it answers what another company has."""

    def __init__(self, companies: Iterable[Company]) -> None:
        self._shown: dict[int, list[tuple[Opportunity, _Codes]]] = {}
        rows = Opportunity.objects.on_show().filter(company__in=[one.pk for one in companies])
        for one in rows.prefetch_related("codes").order_by("pk"):
            codes = frozenset(code.code[:4] for code in one.codes.all() if code.scheme == "hs")
            self._shown.setdefault(one.company_id, []).append((one, codes))

    def answer(self, asking: int, asked: int) -> tuple[int, Opportunity | None]:
        """How much one company's market fits the other's, and what of the other it is about."""
        best: tuple[int, Opportunity | None] = (0, None)
        for own, codes in self._shown.get(asking, ()):
            for other, others in self._shown.get(asked, ()):
                if own.side != other.side:
                    score = 3 * len(codes & others) + len(_chapters(codes) & _chapters(others))
                    best = max(best, (score, other), key=lambda one: one[0])
        return best


def _chapters(codes: _Codes) -> _Codes:
    return frozenset(code[:2] for code in codes)


def _ask_each_other(world: World, stage: _Stage, market: _Market, keys: dict[int, str]) -> None:
    used: set[frozenset[int]] = set()
    booked: Counter[int] = Counter()
    fates = cycle(_FATES)
    turn = 0
    for registration in reversed(stage.coming):
        key = keys[registration.company_id]
        partners = _partners(stage, registration, market, used)
        for place, (partner, about) in enumerate(partners, start=1):
            used.add(frozenset((registration.pk, partner.pk)))
            fate = next(fates)
            if key in stage.row["named"]:
                # Who signs in finds a meeting and something to answer.
                fate = "propose" if place == len(partners) > 1 else "accept"
            if fate == "accept":
                pair = (registration.pk, partner.pk)
                fate = "accept" if max(booked[one] for one in pair) < _MOST else "pending"
                booked.update(pair if fate == "accept" else ())
            people = (world.contacts[key], world.contacts[keys[partner.company_id]])
            _ask(stage, registration, partner, about, turn, fate, people)
            turn += 1


def _partners(
    stage: _Stage, registration: Registration, market: _Market, used: set[frozenset[int]]
) -> list[tuple[Registration, Opportunity]]:
    """The best partners, mostly abroad, whom the company has not asked and who did not ask it."""
    found = []
    for other in stage.coming:
        at_home = other.company.country_id == registration.company.country_id
        apart = at_home and not stage.row.get("at_home", False)
        if other == registration or apart or frozenset((registration.pk, other.pk)) in used:
            continue
        score, about = market.answer(registration.company_id, other.company_id)
        if about is not None:
            found.append((-score, other.pk, other, about))
    found.sort(key=lambda one: one[:2])
    return [(other, about) for *_rank, other, about in found[: stage.row["requests_each"]]]


def _ask(
    stage: _Stage,
    registration: Registration,
    partner: Registration,
    about: Opportunity,
    turn: int,
    fate: str,
    people: tuple[User, User],
) -> None:
    at, (asker, answerer) = stage.requested_at + dt.timedelta(minutes=3 * turn), people
    days = sorted({slot.starts_at.date() for slot in stage.slots})
    wished = days[turn % len(days)] if turn % 3 else None
    request = requests.request_meeting(
        registration,
        partner,
        by=asker,
        wish=MeetingRequest.Wish.MUST if turn % 5 == 0 else MeetingRequest.Wish.MEET,
        message=_message(registration, about),
        slots=[slot for slot in stage.slots if slot.starts_at.date() == wished],
        opportunity=about,
        draft=fate == "draft",
        at=at,
    )
    if fate == "accept":
        requests.accept_request(request, by=answerer, at=at)
    elif fate == "decline":
        reason = _DECLINED[turn % len(_DECLINED)]
        requests.decline_request(request, by=answerer, reason=reason, at=at)
    elif fate == "withdraw":
        requests.withdraw_request(request, by=asker, at=at)
    elif fate == "propose":
        requests.propose_times(request, stage.slots[4:6], by=answerer, at=at)


def _message(registration: Registration, about: Opportunity) -> str:
    title, _language = about.titled()
    if "ru" in registration.speaks and "ru" in about.title:
        return f"Хотим обсудить: {about.titled('ru')[0]}."
    return f"We would like to talk about: {title}."


def _look_back(stage: _Stage) -> None:
    """Some meetings were held or not, one is cancelled, one asked to move, a company left."""
    placed = list(
        Meeting.objects.filter(event=stage.event)
        .placed()
        .select_related("event", "slot", "host__registration", "guest__registration")
        .order_by("slot__starts_at", "pk")
    )
    begun = [one for one in placed if _day(one) < timezone.now().astimezone(one.event.clock).date()]
    for turn, meeting in enumerate(begun):
        missing = turn % 3 == 2
        meetings.record_attendance(
            meeting, by=stage.manager, host="came", guest="no_show" if missing else "came"
        )
    ahead = [one for one in placed if one not in begun]
    if len(ahead) > 8 and not begun:
        meetings.cancel_meeting(ahead[5], by=stage.manager, reason="The stand is closed that day.")
        owner = ahead[2].guest.registration.company.representatives.get(role="owner").person
        moves.propose_move(ahead[2], _later(stage, ahead[2]), by=owner)
    if len(stage.coming) > 24:
        leaving = stage.coming[-1]
        owner = leaving.company.representatives.get(role="owner").person
        registrations.withdraw_registration(leaving, by=owner, reason="Our plans have changed.")


def _day(meeting: Meeting) -> dt.date:
    slot = meeting.slot
    return slot.starts_at.astimezone(meeting.event.clock).date() if slot else dt.date.max


def _later(stage: _Stage, meeting: Meeting) -> Sequence[Slot]:
    return [slot for slot in stage.slots if slot != meeting.slot][-2:]


def _first(found: Iterable[Any]) -> Any:
    return next(iter(found), None)


def _noon(today: dt.date, days: int) -> dt.datetime:
    return dt.datetime.combine(today + dt.timedelta(days=days), dt.time(12), dt.UTC)

"""Meetings outside events of the demo: one agreed, one to answer, one that waits, one declined."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone

from marketplace.models import MeetingRequest, Participant
from marketplace.selectors.free_times import Span, free_times
from marketplace.services import direct, requests
from seeds.events import last_mails, let_mails_be_past

if TYPE_CHECKING:
    from seeds.demo import World

_ROMASHKA, _ASAHI, _STEP, _GOMEL = "romashka-sensor", "asahi-keiso", "step-trade", "gomel-agromash"
_MINUTES = 30


def arrange(world: World) -> None:
    """At times that are free for both; nobody is mailed now about it."""
    before = last_mails()
    agreed = _ask(
        world,
        _ASAHI,
        _ROMASHKA,
        message="We would like to talk about a yearly contract for flow sensors.",
        link="https://meet.example/asahi-keiso",
        wants_interpreter=True,
    )
    first = agreed.slots.order_by("starts_at").first()
    direct.accept(agreed, by=world.contacts[_ROMASHKA], slot=first)
    _ask(
        world,
        _STEP,
        _ROMASHKA,
        message="Нужны манометры для насосных станций: обсудим сроки и поверку.",
        link="https://meet.example/step-trade",
    )
    _ask(
        world,
        _ROMASHKA,
        _GOMEL,
        given=0,
        message="Датчики для гидравлики: покажем образцы, время выберите сами.",
        place="Гомель, ул. Выдуманная, 1",
    )
    declined = _ask(
        world, _ASAHI, _STEP, given=1, message="A short introduction of our instruments."
    )
    requests.decline_request(
        declined,
        by=world.contacts[_STEP],
        reason_code="capacity",
        reason="В этом квартале закупок нет.",
    )
    let_mails_be_past(*before)


def _ask(
    world: World,
    company: str,
    partner: str,
    *,
    message: str,
    given: int = 2,
    place: str = "",
    link: str = "",
    wants_interpreter: bool = False,
) -> MeetingRequest:
    by = world.contacts[company]
    times = _free(world, (company, partner))[:given]
    return direct.ask_directly(
        world.companies[company],
        world.companies[partner],
        by=by,
        times=[(start, _MINUTES) for start, _end in times],
        message=message,
        place=place,
        link=link,
        wants_interpreter=wants_interpreter,
    )


def _free(world: World, companies: tuple[str, str]) -> list[Span]:
    """Working hours of the next days in which neither contact meets anybody, at no event either."""
    people = [Participant(person=world.contacts[key]) for key in companies]
    clock = ZoneInfo("Europe/Moscow")
    after = timezone.now().astimezone(clock) + dt.timedelta(days=2)
    return free_times(people, minutes=_MINUTES, zone=clock.key, at=after)

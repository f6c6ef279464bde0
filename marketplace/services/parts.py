"""Every change to what an event consists of; its slots have a file apart.

``by`` is a manager of the organiser; None is the installation itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max, Model
from django.utils.translation import gettext as _

from chambers.models import Chamber, User
from marketplace.models import (
    Booking,
    Delegation,
    Event,
    Group,
    GroupRule,
    Hall,
    Interpreter,
    InterpreterAway,
    Registration,
    Session,
    Slot,
    Table,
)
from marketplace.services import placing
from marketplace.services.events import demand_name, hold_to_set_up

_Part = TypeVar("_Part", bound=Model)


@transaction.atomic
def add_tables(
    event: Event,
    count: int,
    *,
    by: User | None,
    hall: Hall | None = None,
    has_screen: bool = False,
    seats: int = 4,
) -> list[Table]:
    """Add shared tables, numbered on from the last one of the event.

    Raises ValidationError ``other_event``, ``no_count`` for fewer than 1 or more than 1,000.
    """
    event = hold_to_set_up(event, by)
    if hall is not None and hall.event_id != event.pk:
        raise placing.other_event()
    if not 1 <= count <= 1000:
        raise ValidationError(_("Add between 1 and 1,000 tables."), code="no_count")
    last = event.tables.aggregate(last=Max("number"))["last"] or 0
    return Table.objects.bulk_create(
        Table(event=event, hall=hall, number=number, has_screen=has_screen, seats=seats)
        for number in range(last + 1, last + count + 1)
    )


@transaction.atomic
def give_booth(table: Table, registration: Registration | None, *, by: User | None) -> Table:
    """Make a table the booth of a company, or with None a shared one again.

    Raises ValidationError ``other_event``, ``not_admitted``.
    """
    hold_to_set_up(table.event, by)
    if registration is not None:
        if registration.event_id != table.event_id:
            raise placing.other_event()
        if registration.status != Registration.Status.ADMITTED:
            raise ValidationError(
                _("%(company)s does not take part: admit it first."),
                code="not_admitted",
                params={"company": str(registration.company)},
            )
    table.owner = registration
    table.save(update_fields=["owner"])
    return table


def add_hall(event: Event, name: str, *, by: User | None) -> Hall:
    """Add a hall. Raises ValidationError ``hall_exists``."""
    return _add(Hall(event=event, name=name.strip()), event, by)


def add_session(event: Event, *, by: User | None, **fields: Any) -> Session:
    """Add a part of the programme: kind, title, chair, hall, starts_at, ends_at."""
    return _add(Session(event=event, **fields), event, by)


def add_group(event: Event, name: dict[str, str], *, by: User | None) -> Group:
    """Add a kind of participants."""
    demand_name(name)
    return _add(Group(event=event, name=name), event, by)


def add_delegation(event: Event, chamber: Chamber, *, by: User | None, **fields: Any) -> Delegation:
    """Add the delegation of a chamber: name, leader, seats."""
    return _add(Delegation(event=event, chamber=chamber, **fields), event, by)


def add_interpreter(event: Event, *, by: User | None, **fields: Any) -> Interpreter:
    """Add an interpreter: name, languages, person."""
    return _add(Interpreter(event=event, **fields), event, by)


@transaction.atomic
def let_meet(event: Event, pairs: Iterable[tuple[Group, Group]], *, by: User | None) -> None:
    """Replace the rules of who meets whom; none lets everybody meet everybody.

    Raises ValidationError ``other_event``.
    """
    event = hold_to_set_up(event, by)
    wanted = {tuple(sorted((one.pk, other.pk))): (one, other) for one, other in pairs}
    if any(side.event_id != event.pk for pair in wanted.values() for side in pair):
        raise placing.other_event()
    event.group_rules.all().delete()
    GroupRule.objects.bulk_create(
        GroupRule(event=event, first=one, second=other) for one, other in wanted.values()
    )


@transaction.atomic
def set_interpreter_away(
    interpreter: Interpreter, slots: Iterable[Slot], *, by: User | None
) -> None:
    """Replace the slots in which an interpreter is not there.

    Raises ValidationError ``has_meeting`` for a slot in which they interpret, ``other_event``.
    """
    event = hold_to_set_up(interpreter.event, by)
    chosen = list(slots)
    if any(slot.event_id != event.pk for slot in chosen):
        raise placing.other_event()
    held = set(interpreter.away.values_list("slot", flat=True))
    for slot in (one for one in chosen if one.pk not in held):
        during = DateTimeTZRange(slot.starts_at, slot.ends_at)
        if Booking.objects.filter(interpreter=interpreter, during__overlap=during).exists():
            raise ValidationError(
                _("There is a meeting at this time: move or cancel it first (%(slot)s)."),
                code="has_meeting",
                params={"slot": str(slot)},
            )
    interpreter.away.all().delete()
    InterpreterAway.objects.bulk_create(
        InterpreterAway(interpreter=interpreter, slot=slot) for slot in chosen
    )


@transaction.atomic
def _add(part: _Part, event: Event, by: User | None) -> _Part:
    hold_to_set_up(event, by)
    part.full_clean()
    part.save()
    return part

"""Every change to what an event consists of; its slots have a file apart.

``by`` is a manager of the organiser; None is the installation itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max
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
    Meeting,
    Registration,
    Session,
    Slot,
    Table,
)
from marketplace.selectors.parts import (
    against_changing_table,
    against_languages,
    against_removing,
    against_session_hours,
)
from marketplace.services import placing, rules
from marketplace.services.events import demand_name, hold_to_set_up

Part = Hall | Table | Session | Group | Delegation | Interpreter
_Part = TypeVar("_Part", bound=Part)


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
def change_table(
    table: Table, *, by: User | None, at: dt.datetime | None = None, **fields: Any
) -> Table:
    """Set ``number``, ``hall``, ``has_screen``, ``seats`` or ``owner``; None shares it again.

    Raises ValidationError ``has_meetings`` for another number or hall while meetings are ahead
    there, and for a booth in which others meet; ``needs_screen``, ``needs_seats``,
    ``table_exists``, ``other_event``, ``not_admitted``, ``gone``.
    """
    _demand_known(fields, {"number", "hall", "has_screen", "seats", "owner"})
    table = _hold(table, by)
    owner: Registration | None = fields.get("owner")
    if owner is not None and owner.event_id != table.event_id:
        raise placing.other_event()
    if owner is not None and owner.status != Registration.Status.ADMITTED:
        raise rules.not_admitted(owner)
    refuse(against_changing_table(table, fields, at))
    return _save(table, fields)


def give_booth(table: Table, registration: Registration | None, *, by: User | None) -> Table:
    """Make a table the booth of a company, or with None a shared one again.

    Raises ValidationError as ``change_table``.
    """
    return change_table(table, by=by, owner=registration)


def add_hall(
    event: Event, name: str, *, by: User | None, names: dict[str, str] | None = None
) -> Hall:
    """Add a hall, with its ``names`` in other languages. Raises ValidationError ``hall_exists``."""
    return _add(Hall(event=event, name=name.strip(), names=names or {}), event, by)


@transaction.atomic
def change_hall(hall: Hall, *, by: User | None, **fields: Any) -> Hall:
    """Set its ``name`` and ``names``; calendars show the new. Raises as ``add_hall``."""
    _demand_known(fields, {"name", "names"})
    return _save(_hold(hall, by), fields)


def add_session(event: Event, *, by: User | None, **fields: Any) -> Session:
    """Add a part of the programme: kind, title, chair, hall, starts_at, ends_at."""
    return _add(Session(event=event, **fields), event, by)


@transaction.atomic
def change_session(
    session: Session, *, by: User | None, at: dt.datetime | None = None, **fields: Any
) -> Session:
    """Set ``kind``, ``title``, ``chair``, ``hall``, ``starts_at`` or ``ends_at``.

    Raises ValidationError ``has_meetings`` for hours that leave a placed meeting of the section
    outside, ``other_event``, ``gone``.
    """
    _demand_known(fields, {"kind", "title", "chair", "hall", "starts_at", "ends_at"})
    session = _hold(session, by)
    hours = {"starts_at": session.starts_at, "ends_at": session.ends_at}
    wanted = {name: fields.get(name, present) for name, present in hours.items()}
    if wanted != hours:
        refuse(against_session_hours(session, **wanted, at=at))
    return _save(session, fields)


def add_group(event: Event, name: dict[str, str], *, by: User | None) -> Group:
    """Add a kind of participants."""
    demand_name(name)
    return _add(Group(event=event, name=name), event, by)


@transaction.atomic
def change_group(group: Group, *, by: User | None, **fields: Any) -> Group:
    """Set its ``name``. Raises ValidationError ``no_name``, ``gone``."""
    _demand_known(fields, {"name"})
    group = _hold(group, by)
    demand_name(fields.get("name", group.name))
    return _save(group, fields)


def add_delegation(event: Event, chamber: Chamber, *, by: User | None, **fields: Any) -> Delegation:
    """Add the delegation of a chamber: name, leader, seats."""
    return _add(Delegation(event=event, chamber=chamber, **fields), event, by)


@transaction.atomic
def change_delegation(delegation: Delegation, *, by: User | None, **fields: Any) -> Delegation:
    """Set ``name``, ``leader``, ``seats`` or ``chamber``.

    Raises ValidationError ``seats_taken`` for fewer seats than companies have, ``no_name``,
    ``gone``.
    """
    _demand_known(fields, {"name", "leader", "seats", "chamber"})
    delegation = _hold(delegation, by)
    demand_name(fields.get("name", delegation.name))
    coming = delegation.registrations.taking_part().count()
    seats = fields.get("seats", delegation.seats)
    if "seats" in fields and seats is not None and seats < coming:
        raise ValidationError(
            {
                "seats": ValidationError(
                    _("%(count)d companies of it are admitted: let some wait first."),
                    code="seats_taken",
                    params={"count": coming},
                )
            }
        )
    return _save(delegation, fields)


def add_interpreter(event: Event, *, by: User | None, **fields: Any) -> Interpreter:
    """Add an interpreter: name, languages, person."""
    return _add(Interpreter(event=event, **fields), event, by)


@transaction.atomic
def change_interpreter(
    interpreter: Interpreter, *, by: User | None, at: dt.datetime | None = None, **fields: Any
) -> Interpreter:
    """Set ``name``, ``languages`` or ``person``; absences have a verb of their own.

    Raises ValidationError ``has_meetings`` for a meeting that the languages would no longer do
    for, ``gone``.
    """
    _demand_known(fields, {"name", "languages", "person"})
    interpreter = _hold(interpreter, by)
    if "languages" in fields:
        refuse(against_languages(interpreter, fields["languages"], at))
    return _save(interpreter, fields)


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
def remove_part(part: Part, *, by: User | None, at: dt.datetime | None = None) -> None:
    """Take away a hall, table, session, group, delegation or interpreter that nobody needs.

    Cancelled meetings forget the table they had. Raises ValidationError with all that stands in
    the way (``against_removing``), ``gone``.
    """
    part = _hold(part, by)
    refuse(against_removing(part, at))
    if isinstance(part, Table):
        Meeting.objects.filter(table=part).update(table=None)
    part.delete()


def refuse(reasons: Iterable[ValidationError]) -> None:
    """Raise all reasons as one ValidationError; nothing when there is none."""
    if found := list(reasons):
        raise ValidationError(found)


@transaction.atomic
def _add(part: _Part, event: Event, by: User | None) -> _Part:
    hold_to_set_up(event, by)
    part.full_clean()
    part.save()
    return part


def _hold(part: _Part, by: User | None) -> _Part:
    """The part as it stands, its event held. Raises ValidationError ``gone``."""
    hold_to_set_up(part.event, by)
    current = type(part).objects.select_for_update().filter(pk=part.pk).first()
    if current is None:
        raise ValidationError(_("Somebody has removed this meanwhile."), code="gone")
    return cast("_Part", current)


def _save(part: _Part, fields: Mapping[str, Any]) -> _Part:
    """Set and save what is given and nothing else: two people may change different fields."""
    for name, value in fields.items():
        if isinstance(value, Hall) and value.event_id != part.event_id:
            raise placing.other_event()
        setattr(part, name, value)
    part.full_clean()
    part.save(update_fields=list(fields))
    return part


def _demand_known(fields: Mapping[str, Any], known: set[str]) -> None:
    if strange := set(fields) - known:
        raise TypeError(f"not to be set here: {', '.join(sorted(strange))}")

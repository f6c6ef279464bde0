"""What an event can lose: people, an interpreter, tables or a hall for some slots; a company."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from marketplace.models import (
    Away,
    Event,
    Hall,
    Interpreter,
    InterpreterAway,
    Participant,
    Registration,
    Repair,
    Slot,
    Table,
    TableClosed,
)
from marketplace.selectors.problems import Lost
from marketplace.services import placing

Cause = Repair.Cause
_Row = TypeVar("_Row", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss, with its cause; what the cause is not about stays empty."""

    cause: Repair.Cause
    slots: tuple[Slot, ...] = ()
    people: tuple[Participant, ...] = ()
    tables: tuple[Table, ...] = ()
    """Those of ``hall``, where that is lost."""
    hall: Hall | None = None
    interpreter: Interpreter | None = None
    registration: Registration | None = None

    def ahead(self, now: dt.datetime) -> list[Slot]:
        """Slots that are not over."""
        return [slot for slot in self.slots if slot.ends_at > now]

    def lost(self, now: dt.datetime) -> Lost:
        """The keys of what is not to be had, as the solver's reader takes them."""
        slots = [slot.pk for slot in self.ahead(now)]
        absent = [self.interpreter.pk] if self.interpreter is not None else []
        return Lost(
            away=frozenset((one.pk, slot) for one in self.people for slot in slots),
            absent=frozenset((one, slot) for one in absent for slot in slots),
            closed=frozenset((one.pk, slot) for one in self.tables for slot in slots),
        )

    def fresh(self, now: dt.datetime) -> Lost:
        """Those of them that are not written down yet."""
        lost, slots = self.lost(now), [slot.pk for slot in self.slots]
        away = Away.objects.filter(participant__in=self.people, slot__in=slots)
        absent = InterpreterAway.objects.filter(interpreter=self.interpreter, slot__in=slots)
        closed = TableClosed.objects.filter(table__in=self.tables, slot__in=slots)
        return Lost(
            lost.away - set(away.values_list("participant", "slot")),
            lost.absent - set(absent.values_list("interpreter", "slot")),
            lost.closed - set(closed.values_list("table", "slot")),
        )

    def told(self, now: dt.datetime) -> list[Any]:
        """What is not written down yet, as plain data."""
        fresh = self.fresh(now)
        company = self.registration
        gone = [company.pk, company.status] if company is not None else []
        return [self.cause, gone, *map(sorted, (fresh.away, fresh.absent, fresh.closed))]

    def name(self) -> str:
        """Who or what it is about, for people to read."""
        if self.registration is not None:
            return str(self.registration.company)
        if self.interpreter is not None:
            return str(self.interpreter)
        if self.hall is not None:
            return str(self.hall)
        if self.tables:
            return ", ".join(str(one) for one in self.tables)
        companies = dict.fromkeys(str(one.registration.company) for one in self.people)
        names = ", ".join(one.name for one in self.people)
        return f"{', '.join(companies)} ({names})"


def of_people(people: Iterable[Participant], slots: Iterable[Slot], *, late: bool = False) -> Loss:
    """Some people come late, or are away."""
    return Loss(Cause.LATE if late else Cause.AWAY, tuple(slots), people=tuple(people))


def of_interpreter(interpreter: Interpreter, slots: Iterable[Slot]) -> Loss:
    """An interpreter is away."""
    return Loss(Cause.INTERPRETER, tuple(slots), interpreter=interpreter)


def of_tables(tables: Iterable[Table], slots: Iterable[Slot]) -> Loss:
    """Some tables cannot be used."""
    return Loss(Cause.TABLE, tuple(slots), tables=tuple(tables))


def of_hall(hall: Hall, slots: Iterable[Slot]) -> Loss:
    """No table of a hall can be used."""
    tables = tuple(Table.objects.filter(hall=hall).order_by("number"))
    return Loss(Cause.HALL, tuple(slots), tables=tables, hall=hall)


def of_company(registration: Registration) -> Loss:
    """A company does not come."""
    return Loss(Cause.WITHDRAWAL, registration=registration)


def read_again(loss: Loss) -> Loss:
    """The loss by the rows as they are now.

    Raises ValidationError ``changed_meanwhile`` where one is no more, somebody has left, or a
    table is in another hall.
    """
    people = Participant.objects.coming().select_related("registration__company")
    halls, guides = Hall.objects.all(), Interpreter.objects.all()
    companies = Registration.objects.select_related("event", "company")
    tables = Table.objects.filter(hall=loss.hall) if loss.hall is not None else Table.objects.all()
    return replace(
        loss,
        slots=_again(loss.slots, Slot.objects.select_related("event")),
        people=_again(loss.people, people),
        tables=_again(loss.tables, tables.select_related("hall")),
        hall=_again([loss.hall], halls)[0] if loss.hall is not None else None,
        interpreter=_again([loss.interpreter], guides)[0] if loss.interpreter is not None else None,
        registration=(
            _again([loss.registration], companies)[0] if loss.registration is not None else None
        ),
    )


def _again(known: Iterable[_Row], rows: models.QuerySet[_Row]) -> tuple[_Row, ...]:
    keys = [one.pk for one in known]
    found = rows.in_bulk(keys)
    if len(found) < len(set(keys)):
        raise changed_meanwhile()
    return tuple(found[key] for key in keys)


def changed_meanwhile() -> ValidationError:
    """The refusal of what was shown before others changed it."""
    return ValidationError(
        _("Meetings have changed since this was shown: look again what would happen now."),
        code="changed_meanwhile",
    )


def demand_sound(event: Event, loss: Loss, now: dt.datetime) -> None:
    """Raise ValidationError for a loss that the event cannot have.

    ``other_event`` for what belongs elsewhere, ``nothing_named`` without anybody or anything,
    ``no_slots`` without a time, ``past`` where all times are over, ``over`` for a company that
    has withdrawn.
    """
    parts = (*loss.slots, *loss.tables, loss.hall, loss.interpreter, loss.registration)
    sides = (*(one.registration for one in loss.people),)
    if any(one is not None and one.event_id != event.pk for one in (*parts, *sides)):
        raise placing.other_event()
    company = loss.registration
    if company is not None:
        if company.is_over:
            raise ValidationError(
                _("This registration is over: %(status)s."),
                code="over",
                params={"status": company.get_status_display()},
            )
        return
    if not (loss.people or loss.tables or loss.interpreter):
        raise ValidationError(
            _("Nothing is named that could be lost: a hall has to have tables."),
            code="nothing_named",
        )
    if not loss.slots:
        raise ValidationError(_("Choose for which times."), code="no_slots")
    if not loss.ahead(now):
        raise ValidationError(_("These times are over: choose later ones."), code="past")

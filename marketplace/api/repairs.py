"""Repairs of a timetable that stands: looked at first, then done; for the staff of the event."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField, TickField
from chambers.api.base import Resource
from chambers.models import Scope
from chambers.services.people import demand_manager
from marketplace.api.parts import SlotsField, slots_of
from marketplace.models import (
    Event,
    Hall,
    Interpreter,
    Participant,
    Registration,
    Repair,
    Table,
)
from marketplace.services import losses
from marketplace.services.mending import Outcome, Sort
from marketplace.services.repairs import (
    Preview,
    apply_repair,
    outcome_told,
    preview_repair,
    reopen_tables,
)

Cause = Repair.Cause


class PlaceOut(serializers.Serializer):
    """Where a meeting is, by ids."""

    slot = serializers.UUIDField()
    table = serializers.UUIDField(allow_null=True)
    interpreter = serializers.UUIDField(allow_null=True)


class ChangeOut(serializers.Serializer):
    """What becomes of one meeting."""

    meeting = serializers.UUIDField()
    sort = serializers.ChoiceField([one.value for one in Sort])
    before = PlaceOut(allow_null=True)
    after = PlaceOut(allow_null=True)
    why = serializers.CharField(
        allow_blank=True, help_text=_("Why it loses its time, table or interpreter.")
    )


class StuckOut(serializers.Serializer):
    """A meeting that can neither stay nor move: the desk decides."""

    meeting = serializers.UUIDField()
    why = serializers.CharField()


class RepairOut(serializers.Serializer):
    """A repair with whom it troubled."""

    id = serializers.UUIDField(allow_null=True, help_text=_("Null while nothing is done."))
    cause = serializers.ChoiceField(Cause.values)
    cause_label = serializers.CharField()
    what = serializers.CharField(help_text=_("Who or what was lost."))
    created_at = serializers.DateTimeField(allow_null=True)
    changes = ChangeOut(many=True)
    stuck = StuckOut(many=True)
    people = serializers.IntegerField(
        help_text=_("Others with another hour, or who lose a meeting that was not cancelled.")
    )
    people_bound = serializers.IntegerField(
        help_text=_("No plan that keeps as many meetings troubles fewer.")
    )
    lost_bound = serializers.IntegerField(help_text=_("No plan loses fewer meetings."))
    told = serializers.IntegerField(help_text=_("People who get a mail."))
    digest = serializers.CharField(
        allow_blank=True,
        help_text=_("To be sent with the wish to do this and nothing else; empty when it is done."),
    )


class RepairIn(serializers.Serializer):
    """What is lost, and for which slots."""

    cause = serializers.ChoiceField(Cause.choices)
    what = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=500,
        help_text=_(
            "Ids of what the cause is about: participants, tables, one hall, one interpreter, or"
            " the registration of one company."
        ),
    )
    slots = SlotsField(
        required=False, default=list, help_text=_("For a company that withdraws, none.")
    )
    preview = TickField(default=True, help_text=_("True: nothing is saved, and nobody is told."))
    digest = LineField(
        r"^[0-9a-f]{64}\Z",
        required=False,
        help_text=_("Of the outcome that was shown; another one is refused."),
    )
    fill = TickField(
        default=False,
        help_text=_("Give meetings that wait a time at once, instead of asking them."),
    )


class ReopeningIn(serializers.Serializer):
    """Tables that can be used again."""

    tables = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=500)


class ReopenedOut(serializers.Serializer):
    """In how many slots that are not over, counted for each table."""

    slots = serializers.IntegerField()


class EventRepairs(Resource):
    """Repairs of an event: its staff reads them, managers of the organiser mend."""

    queryset = Repair.objects.none()
    tag = "timetables"
    read_scope = Scope.TIMETABLES_READ
    write_scope = Scope.TIMETABLES_WRITE
    newest_first = True

    @extend_schema(summary=_("List repairs of an event"), responses=RepairOut(many=True))
    def list(self, request: Request, public_id: Any) -> Response:
        """A page of repairs, the newest first."""
        event = _event(request, public_id)
        page = self.page(request, Repair.objects.served_by(request.user).filter(event=event))
        return self.pages(RepairOut([_done(one) for one in page], many=True).data)

    @extend_schema(
        summary=_("See what a loss would do to the meetings, or mend them"),
        request=RepairIn,
        responses={200: RepairOut, 201: RepairOut},
    )
    def create(self, request: Request, public_id: Any) -> Response:
        """200 with what would happen; 201 when it is done."""
        event, person = _event(request, public_id), self.person(request)
        demand_manager(person, event.chamber)
        asked = self.sent(request, RepairIn)
        loss = _loss(event, asked)
        if asked["preview"]:
            shown = preview_repair(event, loss, by=person, fill=asked["fill"])
            return Response(RepairOut(_shown(loss, shown)).data)
        seen = asked.get("digest")
        made = apply_repair(event, loss, by=person, fill=asked["fill"], seen=seen)
        return Response(RepairOut(_done(made)).data, status=201)

    @extend_schema(summary=_("Reopen tables"), request=ReopeningIn, responses=ReopenedOut)
    def reopen(self, request: Request, public_id: Any) -> Response:
        """Closed tables are free for who needs one; no meeting moves back."""
        event, person = _event(request, public_id), self.person(request)
        demand_manager(person, event.chamber)
        wanted = set(self.sent(request, ReopeningIn)["tables"])
        found = list(Table.objects.filter(event=event, public_id__in=wanted))
        if len(found) < len(wanted):
            raise Http404
        return Response(ReopenedOut({"slots": reopen_tables(event, found, by=person)}).data)


def _event(request: Request, public_id: Any) -> Event:
    """An event that one looks after; 404 for any other."""
    rows = Event.objects.served_by(request.user).select_related("chamber")
    found: Event = get_object_or_404(rows, public_id=public_id)
    return found


def _loss(event: Event, asked: dict[str, Any]) -> losses.Loss:
    """The loss that was sent; 404 for what the event does not have.

    Raises ValidationError ``one_only``, ``other_event`` for a slot.
    """
    cause = Cause(asked["cause"])
    people = Participant.objects.coming().filter(registration__event=event)
    rows: dict[Repair.Cause, QuerySet[Any]] = {
        Cause.LATE: people.select_related("registration__company"),
        Cause.AWAY: people.select_related("registration__company"),
        Cause.TABLE: Table.objects.filter(event=event),
        Cause.HALL: Hall.objects.filter(event=event),
        Cause.INTERPRETER: Interpreter.objects.filter(event=event),
        Cause.WITHDRAWAL: Registration.objects.filter(event=event).select_related("company"),
    }
    wanted = set(asked["what"])
    found = list(rows[cause].filter(public_id__in=wanted).order_by("pk"))
    if len(found) < len(wanted):
        raise Http404
    slots = slots_of(event, asked["slots"], "slots")
    if cause in (Cause.LATE, Cause.AWAY):
        return losses.of_people(found, slots, late=cause == Cause.LATE)
    if cause == Cause.TABLE:
        return losses.of_tables(found, slots)
    if len(found) > 1:
        error = ValidationError(gettext("Name one: each is a repair of its own."), code="one_only")
        raise ValidationError({"what": error})
    if cause == Cause.HALL:
        return losses.of_hall(found[0], slots)
    if cause == Cause.INTERPRETER:
        return losses.of_interpreter(found[0], slots)
    return losses.of_company(found[0])


def _shown(loss: losses.Loss, shown: Preview) -> dict[str, Any]:
    outcome: Outcome = shown.outcome
    return {
        "id": None,
        "cause": loss.cause,
        "cause_label": loss.cause.label,
        "what": loss.name(),
        "created_at": None,
        **_plain(outcome_told(outcome) | {"told": shown.told}),
        "digest": outcome.digest,
    }


def _done(repair: Repair) -> dict[str, Any]:
    return {
        "id": repair.public_id,
        "cause": repair.cause,
        "cause_label": repair.get_cause_display(),
        "what": repair.what,
        "created_at": repair.created_at,
        **_plain(repair.outcome),
        "digest": "",
    }


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """An outcome as a repair keeps it, with names for its parts."""
    causes = told.get("causes", {})
    changes = [
        {
            "meeting": meeting,
            "sort": sort,
            "before": _place(before),
            "after": _place(after),
            "why": causes.get(meeting, ""),
        }
        for meeting, sort, before, after in told.get("changes", [])
    ]
    stuck = [{"meeting": meeting, "why": why} for meeting, why in told.get("stuck", [])]
    numbers = {name: told.get(name, 0) for name in ("people", "people_bound", "lost_bound", "told")}
    return {"changes": changes, "stuck": stuck, **numbers}


def _place(told: list[str | None] | None) -> dict[str, str | None] | None:
    if told is None:
        return None
    return dict(zip(("slot", "table", "interpreter"), told, strict=True))

"""Companies at events, as they and the staff see them; who of them comes, and when."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField, TickField
from chambers.api.base import Resource
from chambers.models import Company, Scope
from marketplace.api.events import joined
from marketplace.api.parts import (
    EventPart,
    NamedPart,
    PersonPart,
    SidePart,
    SlotPart,
    SlotsField,
    WordsField,
    slots_of,
)
from marketplace.models import Event, Participant, Registration, RegistrationQuerySet, Slot
from marketplace.services import registrations as services
from marketplace.services.participants import change_participant, remove_participant

_NAME = r"^(?=.*\S)[^\x00\n]{1,150}\Z"
_POSITION = r"^[^\x00\n]{0,150}\Z"


class RegistrationOut(SidePart):
    """A company at an event with all that was agreed."""

    event = EventPart()
    status = serializers.ChoiceField(Registration.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    consent = serializers.ChoiceField(Registration.Consent.values)
    consent_label = serializers.CharField(source="get_consent_display")
    group = NamedPart(allow_null=True)
    delegation = NamedPart(allow_null=True)
    languages = serializers.ListField(child=serializers.CharField(), source="speaks")
    request_quota = serializers.IntegerField(source="most_requests")
    meetings_most = serializers.IntegerField(source="most_meetings", allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    participants = PersonPart(many=True)
    registered_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class RegistrationQuery(serializers.Serializer):
    """Which registrations."""

    event = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(Registration.Status.values, required=False)


class PersonIn(serializers.Serializer):
    """Somebody who comes."""

    name = LineField(_NAME, trim_whitespace=False)
    position = LineField(
        _POSITION,
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,
    )
    presence = serializers.ChoiceField(
        Participant.Presence.values, default=Participant.Presence.ON_SITE.value
    )


class ParticipantIn(PersonIn):
    """Somebody to add."""

    is_me = TickField(
        default=False, help_text=_("It is you: you read this timetable when you sign in.")
    )


class ParticipantChangeIn(serializers.Serializer):
    """What to change of somebody who comes; what is left out stays."""

    name = LineField(_NAME, required=False, trim_whitespace=False)
    position = LineField(_POSITION, required=False, allow_blank=True, trim_whitespace=False)
    presence = serializers.ChoiceField(Participant.Presence.values, required=False)
    is_me = TickField(
        required=False, help_text=_("It is you: you read this timetable when you sign in.")
    )


class LeavingIn(serializers.Serializer):
    """What becomes of the meetings of somebody who no longer comes."""

    substitute = serializers.UUIDField(required=False, help_text=_("Who goes instead"))
    reason = WordsField()


class RegistrationIn(serializers.Serializer):
    """Which company comes to which event."""

    event = serializers.UUIDField()
    company = serializers.UUIDField()
    consent = serializers.ChoiceField(
        Registration.Consent.values,
        default=Registration.Consent.NOT_LISTED.value,
        help_text=_("Who sees that the company comes."),
    )
    group = serializers.UUIDField(required=False)
    delegation = serializers.UUIDField(required=False)
    languages = serializers.ListField(
        child=LineField(r"^[a-z]{2}\Z"), default=list, max_length=20, help_text="ISO 639-1"
    )
    people = PersonIn(  # type: ignore[call-arg]  # the stubs know no list of many
        many=True, required=False, max_length=50, help_text=_("Without it: you alone.")
    )


class ConsentIn(serializers.Serializer):
    """Who sees that a company comes."""

    consent = serializers.ChoiceField(Registration.Consent.values)


class WithdrawalIn(serializers.Serializer):
    """Why a company does not come; its partners read it."""

    reason = WordsField()


class Registrations(Resource):
    """Registrations of companies that one speaks for or looks after."""

    queryset = Registration.objects.none()
    tag = "registrations"
    read_scope = Scope.EVENTS_READ
    write_scope = Scope.EVENTS_WRITE
    queries = {"list": RegistrationQuery}
    newest_first = True

    @extend_schema(
        summary=_("List registrations"),
        parameters=[RegistrationQuery],
        responses=RegistrationOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """A page of registrations, newest first."""
        asked, rows = self.asked(request), told_in_full(request).at_events()
        if "event" in asked:
            rows = rows.filter(event__public_id=asked["event"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        return self.pages(RegistrationOut(self.page(request, joined(rows)), many=True).data)

    @extend_schema(summary=_("Read a registration"), responses=RegistrationOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One registration with the people who come."""
        return Response(RegistrationOut(registration_of(request, public_id)).data)

    @extend_schema(
        summary=_("Register a company for an event"),
        request=RegistrationIn,
        responses={201: RegistrationOut},
    )
    def create(self, request: Request) -> Response:
        """Put a company down for an event; the organiser admits it."""
        asked = self.sent(request, RegistrationIn)
        event = get_object_or_404(
            Event.objects.visible_to(request.user), public_id=asked.pop("event")
        )
        company = get_object_or_404(
            Company.objects.visible_to(request.user), public_id=asked.pop("company")
        )
        for name, rows in (("group", event.groups), ("delegation", event.delegations)):
            if name in asked:
                asked[name] = get_object_or_404(rows, public_id=asked[name])
        made = services.register_company(event, company, by=self.person(request), **asked)
        return Response(self._told(request, made), status=201)

    @extend_schema(
        summary=_("Change who sees that a company comes"),
        request=ConsentIn,
        responses=RegistrationOut,
    )
    @action(detail=True, methods=["post"])
    def consent(self, request: Request, public_id: Any) -> Response:
        """Lists and search follow at once."""
        found, asked = registration_of(request, public_id), self.sent(request, ConsentIn)
        changed = services.set_consent(found, asked["consent"], by=self.person(request))
        return Response(self._told(request, changed))

    @extend_schema(
        summary=_("Withdraw a company from an event"),
        request=WithdrawalIn,
        responses=RegistrationOut,
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, public_id: Any) -> Response:
        """Its meetings ahead are cancelled, and each partner is told once."""
        found, asked = registration_of(request, public_id), self.sent(request, WithdrawalIn)
        ended = services.withdraw_registration(found, by=self.person(request), **asked)
        return Response(self._told(request, ended))

    @extend_schema(
        summary=_("Name somebody who comes"),
        request=ParticipantIn,
        responses={201: PersonPart},
    )
    @action(detail=True, methods=["post"])
    def participants(self, request: Request, public_id: Any) -> Response:
        """Add a participant of a company."""
        found, asked = registration_of(request, public_id), self.sent(request, ParticipantIn)
        person = self.person(request)
        asked["person"] = person if asked.pop("is_me") else None
        made = services.add_participant(found, by=person, **asked)
        return Response(PersonPart(made).data, status=201)

    def _told(self, request: Request, one: Registration) -> Any:
        return RegistrationOut(joined(told_in_full(request)).get(pk=one.pk)).data


class Participants(Resource):
    """People whom one's companies send."""

    queryset = Participant.objects.none()
    tag = "registrations"
    read_scope = Scope.EVENTS_READ
    write_scope = Scope.EVENTS_WRITE
    words = {"destroy": LeavingIn}

    @extend_schema(summary=_("Change who comes"), request=ParticipantChangeIn, responses=PersonPart)
    def partial_update(self, request: Request, public_id: Any) -> Response:
        """Somebody else takes the meetings ahead along, and their partners are told."""
        one, asked = participant_of(request, public_id), self.sent(request, ParticipantChangeIn)
        person = self.person(request)
        if (is_me := asked.pop("is_me", None)) is not None and is_me != (one.person == person):
            asked["person"] = person if is_me else None
        return Response(PersonPart(change_participant(one, by=person, **asked)).data)

    @extend_schema(summary=_("Take somebody off the list"), responses={204: None})
    def destroy(self, request: Request, public_id: Any) -> Response:
        """Who has meetings ahead only with a substitute, who takes them, or a reason.

        With a reason they are cancelled, but those that go on between others. Earlier meetings
        stay in the records.
        """
        one, asked = participant_of(request, public_id), self.sent(request, LeavingIn)
        if "substitute" in asked:
            asked["substitute"] = participant_of(request, asked["substitute"])
        remove_participant(one, by=self.person(request), **asked)
        return Response(status=204)


class AvailabilityIn(serializers.Serializer):
    """All the slots in which somebody takes no meetings; the others are open."""

    closed = SlotsField()


class AvailabilityOut(serializers.Serializer):
    """When somebody takes meetings: all slots of the event but those they closed."""

    participant = PersonPart()
    open = SlotPart(many=True)
    closed = SlotPart(many=True)


class ParticipantAvailability(Resource):
    """When somebody of one's company takes meetings."""

    queryset = Participant.objects.none()
    tag = "registrations"
    read_scope = Scope.EVENTS_READ
    write_scope = Scope.EVENTS_WRITE

    @extend_schema(summary=_("Read when a participant takes meetings"), responses=AvailabilityOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """Open and closed slots of the event."""
        return Response(_availability(participant_of(request, public_id)))

    @extend_schema(
        summary=_("Say when a participant takes no meetings"),
        request=AvailabilityIn,
        responses=AvailabilityOut,
    )
    def change(self, request: Request, public_id: Any) -> Response:
        """Replace all closed slots; one with a meeting cannot be closed."""
        one, asked = participant_of(request, public_id), self.sent(request, AvailabilityIn)
        away = slots_of(one.registration.event, asked["closed"], "closed")
        services.set_availability(one, away=away, by=self.person(request))
        return Response(_availability(one))


def told_in_full(request: Request) -> RegistrationQuerySet:
    """Registrations of one's companies, and those one looks after."""
    own = Registration.objects.run_by(request.user).values("pk")
    served = Registration.objects.served_by(request.user).values("pk")
    rows: RegistrationQuerySet = Registration.objects.filter(Q(pk__in=own) | Q(pk__in=served))
    return rows


def registration_of(request: Request, public_id: Any) -> Registration:
    """A registration that one may read in full; 404 for any other."""
    found: Registration = get_object_or_404(joined(told_in_full(request)), public_id=public_id)
    return found


def participant_of(request: Request, public_id: Any) -> Participant:
    """A participant of such a registration; 404 for any other."""
    rows = Participant.objects.visible_to(request.user)
    found: Participant = get_object_or_404(
        rows.select_related("registration__event", "registration__company"), public_id=public_id
    )
    return found


def _availability(one: Participant) -> Any:
    slots = list(Slot.objects.filter(event=one.registration.event))
    closed = set(one.away.values_list("slot", flat=True))
    told = {
        "participant": one,
        "open": [slot for slot in slots if slot.pk not in closed],
        "closed": [slot for slot in slots if slot.pk in closed],
    }
    return AvailabilityOut(told).data

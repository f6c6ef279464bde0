"""The people of a company: who speaks for it as what, and who asks to."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField
from chambers.api.base import Resource
from chambers.api.companies import CompanyPart
from chambers.models import Company, Invitation, JoinRequest, Representative, Scope, User
from chambers.selectors.joining import invitations_of, requests_led
from chambers.services import joining, representatives

Role = Representative.Role


class ColleagueOut(serializers.Serializer):
    """Somebody who speaks for the company."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(Role.values)
    role_label = serializers.SerializerMethodField()

    def get_role_label(self, one: Any) -> str:
        """The role in the reader's language."""
        return str(Role(one.role).label)


class RoleIn(serializers.Serializer):
    """What a colleague may do."""

    role = serializers.ChoiceField(Role.values)


class Colleagues(Resource):
    """The people of a company that one speaks for; its main contacts change who they are."""

    queryset = User.objects.none()
    tag = "people"
    read_scope = Scope.PEOPLE_READ
    write_scope = Scope.PEOPLE_WRITE
    private = True

    @extend_schema(summary=_("List the people of a company"), responses=ColleagueOut(many=True))
    def list(self, request: Request, public_id: Any) -> Response:
        """A page of them, in the order in which their accounts were made."""
        rows = _people_of(_own(request, public_id))
        return self.pages(ColleagueOut(self.page(request, rows), many=True).data)

    @extend_schema(summary=_("Give a colleague a role"), request=RoleIn, responses=ColleagueOut)
    def change(self, request: Request, public_id: Any, person: Any) -> Response:
        """They are told by mail; a company keeps a main contact."""
        company, found = self._found(request, public_id, person)
        representatives.demand_main_contact(self.person(request), company)
        asked = self.sent(request, RoleIn)
        representatives.change_role(found, by=self.person(request), **asked)
        return Response(ColleagueOut(_people_of(company).get(pk=found.person_id)).data)

    @extend_schema(summary=_("Remove a colleague, or leave"), responses={204: None})
    def destroy(self, request: Request, public_id: Any, person: Any) -> Response:
        """From now on they do not speak for the company."""
        _company, found = self._found(request, public_id, person)
        representatives.remove_representative(found, by=self.person(request))
        return Response(status=204)

    def _found(
        self, request: Request, public_id: Any, person: Any
    ) -> tuple[Company, Representative]:
        company = _own(request, public_id)
        rows = Representative.objects.visible_to(request.user).filter(company=company)
        found = rows.select_related("person", "company")
        return company, get_object_or_404(found, person__public_id=person)


class AskingOut(serializers.Serializer):
    """Who asks to join."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    email = serializers.EmailField()


class JoinRequestOut(serializers.Serializer):
    """A person asks to be one of a company's people."""

    id = serializers.UUIDField(source="public_id")
    company = CompanyPart()
    person = AskingOut()
    message = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(JoinRequest.State.values)
    state_label = serializers.CharField(source="get_state_display")
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class AcceptIn(serializers.Serializer):
    """As what they speak for the company."""

    role = serializers.ChoiceField(Role.values, required=False, default=Role.EDITOR.value)


class DeclineIn(serializers.Serializer):
    """Why not, if it is to be said; they read it as it is written."""

    reason = LineField(
        r"^[^\x00]{0,500}\Z", required=False, default="", allow_blank=True, trim_whitespace=False
    )


class JoinRequests(Resource):
    """Who asks to join a company whose main contact one is."""

    queryset = JoinRequest.objects.none()
    tag = "people"
    read_scope = Scope.PEOPLE_READ
    write_scope = Scope.PEOPLE_WRITE
    private = True

    @extend_schema(summary=_("List who asks to join"), responses=JoinRequestOut(many=True))
    def list(self, request: Request) -> Response:
        """A page of requests that wait for an answer, the oldest first."""
        page = self.page(request, self.rows(request).filter(state=JoinRequest.State.PENDING))
        return self.pages(JoinRequestOut(page, many=True).data)

    @extend_schema(summary=_("Accept who asks to join"), request=AcceptIn, responses=JoinRequestOut)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, public_id: Any) -> Response:
        """They speak for the company and are told by mail."""
        found = get_object_or_404(self.rows(request), public_id=public_id)
        asked = self.sent(request, AcceptIn)
        made = joining.accept_join_request(found, by=self.person(request), **asked)
        return Response(JoinRequestOut(self.rows(request).get(pk=made.pk)).data)

    @extend_schema(
        summary=_("Decline who asks to join"), request=DeclineIn, responses=JoinRequestOut
    )
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, public_id: Any) -> Response:
        """They are told by mail, with the reason."""
        found = get_object_or_404(self.rows(request), public_id=public_id)
        asked = self.sent(request, DeclineIn)
        made = joining.decline_join_request(found, by=self.person(request), **asked)
        return Response(JoinRequestOut(self.rows(request).get(pk=made.pk)).data)

    def rows(self, request: Request) -> QuerySet[JoinRequest]:
        """Those to companies that one leads; one's own may be to a company that is not named."""
        return requests_led(self.person(request))


class InvitationOut(serializers.Serializer):
    """Somebody who is asked to speak for the company; the link is in their mail alone."""

    id = serializers.UUIDField(source="public_id")
    email = serializers.EmailField()
    role = serializers.ChoiceField(Role.values)
    role_label = serializers.CharField(source="get_role_display")
    state = serializers.ChoiceField(Invitation.State.values)
    state_label = serializers.CharField(source="get_state_display")
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text=_("From then on the link opens nothing."))


class AddressField(serializers.EmailField):
    """Text only: the framework would also take a number for it."""

    def to_internal_value(self, data: Any) -> str:
        """The address as it is."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class InvitationIn(serializers.Serializer):
    """Whom to ask, and as what they would speak for the company."""

    email = AddressField(max_length=254)
    role = serializers.ChoiceField(Role.values, required=False, default=Role.EDITOR.value)


class Invitations(Resource):
    """Whom a company that one speaks for invites; its main contacts invite and take back."""

    queryset = Invitation.objects.none()
    tag = "people"
    read_scope = Scope.INVITATIONS_READ
    write_scope = Scope.INVITATIONS_WRITE
    private = True

    @extend_schema(summary=_("List whom a company invites"), responses=InvitationOut(many=True))
    def list(self, request: Request, public_id: Any) -> Response:
        """A page of invitations that nobody has accepted or taken back, the oldest first."""
        page = self.page(request, invitations_of(_own(request, public_id)))
        return self.pages(InvitationOut(page, many=True).data)

    @extend_schema(
        summary=_("Invite somebody to a company"),
        request=InvitationIn,
        responses={201: InvitationOut},
    )
    def create(self, request: Request, public_id: Any) -> Response:
        """They get a mail with a link for them alone. One that waits is sent anew."""
        company = _own(request, public_id)
        representatives.demand_main_contact(self.person(request), company)
        asked = self.sent(request, InvitationIn)
        made = joining.invite_person(company, by=self.person(request), **asked)
        return Response(InvitationOut(made).data, status=201)

    @extend_schema(summary=_("Take an invitation back"), responses={204: None})
    def destroy(self, request: Request, public_id: Any, invitation: Any) -> Response:
        """Its link opens nothing any more."""
        company = _own(request, public_id)
        rows = Invitation.objects.visible_to(request.user).filter(company=company)
        found = get_object_or_404(rows.select_related("company"), public_id=invitation)
        joining.withdraw_invitation(found, by=self.person(request))
        return Response(status=204)


def _own(request: Request, public_id: Any) -> Company:
    """A company that the reader speaks for; 404 for any other, whoever looks after it."""
    found: Company = get_object_or_404(Company.objects.run_by(request.user), public_id=public_id)
    return found


def _people_of(company: Company) -> QuerySet[User]:
    """Its people, each with their ``role``. One query."""
    rows: QuerySet[User] = User.objects.filter(representations__company=company)
    return rows.annotate(role=F("representations__role"))

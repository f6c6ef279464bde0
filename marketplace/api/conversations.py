"""Messages between companies: read, written, blocked, reported."""

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
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField
from chambers.api.base import IdField, Resource
from chambers.api.companies import CompanyPart
from chambers.models import Company, Scope, User
from chambers.services.people import demand_editor
from marketplace.models import Conversation, Meeting, Message, Opportunity, Report
from marketplace.models.conversations import LONGEST
from marketplace.selectors.conversations import (
    blockable_by,
    blocks_of,
    conversations_of,
    lines_of,
    partner_behind,
    partner_in,
)
from marketplace.services import conversations as services
from marketplace.services.conversations import Item


class ItemPart(serializers.Serializer):
    """The opportunity that a conversation is about."""

    id = serializers.UUIDField(source="public_id")
    reference = serializers.CharField(allow_blank=True)


class ConversationOut(serializers.Serializer):
    """A conversation as one of its companies reads it: a ``Line``."""

    id = serializers.UUIDField(source="conversation.public_id")
    partner = CompanyPart(source="other", help_text=_("The other company."))
    opportunity = ItemPart(source="conversation.opportunity", allow_null=True)
    meeting = serializers.UUIDField(
        source="conversation.meeting.public_id", allow_null=True, default=None
    )
    last_text = serializers.CharField(source="last", allow_blank=True)
    last_is_ours = serializers.BooleanField(source="ours")
    is_unread = serializers.BooleanField(source="unread", help_text=_("By you."))
    begun_at = serializers.DateTimeField(source="conversation.begun_at")
    last_at = serializers.DateTimeField(source="conversation.last_at")


class ConversationQuery(serializers.Serializer):
    """Whose conversations."""

    company = IdField(
        required=False,
        help_text=_("One's own; needed by who speaks for several companies."),
    )
    unread = serializers.BooleanField(
        required=False, help_text=_("True: those that hold what you have not read.")
    )


class TextField(LineField):
    """What one writes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(rf"^[^\x00]{{1,{LONGEST}}}\Z", trim_whitespace=False, **options)


class ConversationIn(serializers.Serializer):
    """A first message: to a company, or about an opportunity or a meeting to its company."""

    company = IdField(help_text=_("One's own, which writes."))
    partner = IdField(required=False, help_text=_("To whom, about nothing in particular."))
    opportunity = LineField(
        r"^[A-Z0-9-]{1,40}\Z", required=False, help_text=_("The reference number it is about.")
    )
    meeting = IdField(required=False, help_text=_("The meeting it is about."))
    text = TextField()


class MessageIn(serializers.Serializer):
    """What to write on."""

    text = TextField()


class MessageOut(serializers.Serializer):
    """What somebody wrote for their company."""

    id = serializers.UUIDField(source="public_id")
    company = CompanyPart()
    author = serializers.CharField(
        source="author.name", default="", help_text=_("Empty: their account is deleted.")
    )
    text = serializers.CharField()
    sent_at = serializers.DateTimeField()


class ReportIn(serializers.Serializer):
    """Why the chambers should read a message."""

    reason = serializers.ChoiceField(Report.Reason.values)
    note = LineField(
        r"^[^\x00]{0,500}\Z", required=False, default="", allow_blank=True, trim_whitespace=False
    )


class ReportOut(serializers.Serializer):
    """A message that was shown to the chambers."""

    id = serializers.UUIDField(source="public_id")
    reason = serializers.ChoiceField(Report.Reason.values)
    note = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()


class BlockIn(serializers.Serializer):
    """Whose messages one does not want."""

    company = IdField(help_text=_("Its id; a company that you may read of, or that wrote to you."))


class Conversations(Resource):
    """What the companies one speaks for write with others; no staff reads it."""

    queryset = Conversation.objects.none()
    tag = "conversations"
    read_scope = Scope.MESSAGES_READ
    write_scope = Scope.MESSAGES_WRITE
    queries = {"list": ConversationQuery}
    newest_first = True
    private = True

    @extend_schema(
        summary=_("List conversations"),
        parameters=[ConversationQuery],
        responses=ConversationOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """A page of those of one company, the last begun first."""
        asked, person = self.asked(request), self.person(request)
        company = _own(person, asked.get("company"))
        if company is None:
            return self.pages(self.page(request, Conversation.objects.none()))
        rows = conversations_of(company, person, unread=asked.get("unread"))
        lines = lines_of(self.page(request, rows), company)
        return self.pages(ConversationOut(lines, many=True).data)

    @extend_schema(summary=_("Read about a conversation"), responses=ConversationOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """With whom it is and how it stands; its messages have an address of their own."""
        found, company = conversation_of(self.person(request), public_id)
        return Response(_told(found, company, self.person(request)))

    @extend_schema(
        summary=_("Write to a company"), request=ConversationIn, responses={201: ConversationOut}
    )
    def create(self, request: Request) -> Response:
        """A first message; or on in the conversation about the same that there is."""
        asked, person = self.sent(request, ConversationIn), self.person(request)
        own = get_object_or_404(Company.objects.run_by(person), public_id=asked["company"])
        demand_editor(person, own)
        partner, about = _addressed(asked, own, person)
        made = services.begin_conversation(own, partner, by=person, text=asked["text"], about=about)
        return Response(_told(made.conversation, own, person), status=201)

    @extend_schema(summary=_("Note a conversation as read"), request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, public_id: Any) -> Response:
        """By yourself, up to now; the other company does not learn of it."""
        person = self.person(request)
        services.read_conversation(conversation_of(person, public_id)[0], by=person)
        return Response(status=204)


class Messages(Resource):
    """The messages of one conversation."""

    queryset = Message.objects.none()
    tag = "conversations"
    read_scope = Scope.MESSAGES_READ
    write_scope = Scope.MESSAGES_WRITE
    private = True

    @extend_schema(summary=_("List the messages"), responses=MessageOut(many=True))
    def list(self, request: Request, public_id: Any) -> Response:
        """A page of them, the oldest first."""
        found, _company = conversation_of(self.person(request), public_id)
        rows = Message.objects.filter(conversation=found)
        page = self.page(request, rows.select_related("company__country", "author"))
        return self.pages(MessageOut(page, many=True).data)

    @extend_schema(summary=_("Write on"), request=MessageIn, responses={201: MessageOut})
    def create(self, request: Request, public_id: Any) -> Response:
        """As the company for which you take part."""
        person = self.person(request)
        found, company = conversation_of(person, public_id)
        demand_editor(person, company)
        asked = self.sent(request, MessageIn)
        made = services.write_message(found, company=company, by=person, **asked)
        return Response(MessageOut(made).data, status=201)

    @extend_schema(summary=_("Report a message"), request=ReportIn, responses={201: ReportOut})
    def report(self, request: Request, public_id: Any) -> Response:
        """The chambers of both companies read it, and nothing else of the conversation."""
        person = self.person(request)
        rows = Message.objects.visible_to(person).select_related("conversation")
        message = get_object_or_404(rows, public_id=public_id)
        _found, company = conversation_of(person, message.conversation.public_id)
        demand_editor(person, company)
        asked = self.sent(request, ReportIn)
        made = services.report_message(message, company=company, by=person, **asked)
        return Response(ReportOut(made).data, status=201)


class Blocks(Resource):
    """Companies whose messages one's company does not take; they are not told."""

    queryset = Company.objects.none()
    tag = "conversations"
    read_scope = Scope.MESSAGES_READ
    write_scope = Scope.MESSAGES_WRITE
    private = True

    @extend_schema(summary=_("List whom a company has blocked"), responses=CompanyPart(many=True))
    def list(self, request: Request, public_id: Any) -> Response:
        """A page of them, in the order in which they were registered."""
        page = self.page(request, self.rows(_running(request, public_id)))
        return self.pages(CompanyPart(page, many=True).data)

    @extend_schema(summary=_("Block a company"), request=BlockIn, responses={201: CompanyPart})
    def create(self, request: Request, public_id: Any) -> Response:
        """No messages pass between the two any more."""
        company, person = _running(request, public_id), self.person(request)
        demand_editor(person, company)
        asked = self.sent(request, BlockIn)
        other = get_object_or_404(blockable_by(company, person), public_id=asked["company"])
        services.block_company(company, other, by=person)
        return Response(CompanyPart(self.rows(company).get(pk=other.pk)).data, status=201)

    @extend_schema(summary=_("Take messages of a company again"), responses={204: None})
    def destroy(self, request: Request, public_id: Any, other: Any) -> Response:
        """Messages pass again."""
        company, person = _running(request, public_id), self.person(request)
        found = get_object_or_404(self.rows(company), public_id=other)
        services.unblock_company(company, found, by=person)
        return Response(status=204)

    def rows(self, company: Company) -> QuerySet[Company]:
        """The blocked ones."""
        blocked = blocks_of(company).order_by().values("blocked")
        rows: QuerySet[Company] = Company.objects.filter(pk__in=blocked)
        return rows.select_related("country")


def conversation_of(person: User, public_id: Any) -> tuple[Conversation, Company]:
    """A conversation, and the company as which somebody takes part; 404 for any other.

    Who speaks for both is taken for the one for which they decide, else for who began.
    """
    rows = Conversation.objects.visible_to(person)
    joined = rows.select_related("asker__country", "partner__country", "opportunity", "meeting")
    found = get_object_or_404(joined, public_id=public_id)
    both = (found.asker, found.partner)
    keys = [one.pk for one in both]
    own = set(Company.objects.run_by(person).filter(pk__in=keys).values_list("pk", flat=True))
    deciding = Company.objects.edited_by(person).filter(pk__in=own).values_list("pk", flat=True)
    speaking = set(deciding) or own
    return found, next(one for one in both if one.pk in speaking)


def _running(request: Request, public_id: Any) -> Company:
    found: Company = get_object_or_404(Company.objects.run_by(request.user), public_id=public_id)
    return found


def _own(person: User, asked: Any) -> Company | None:
    """The company asked for, or the only one; None where there is none.

    Raises ValidationError ``several_companies`` where it has to be said which.
    """
    rows = Company.objects.run_by(person)
    if asked is not None:
        found: Company = get_object_or_404(rows, public_id=asked)
        return found
    several = list(rows[:2])
    if len(several) > 1:
        said = gettext("You speak for several companies: say for which of them.")
        raise ValidationError({"company": ValidationError(said, code="several_companies")})
    return several[0] if several else None


def _addressed(asked: dict[str, Any], own: Company, person: User) -> tuple[Company, Item]:
    """To whom a first message goes, and about what.

    Raises ValidationError ``required`` unless one thing is named, ``anonymous`` for an
    opportunity whose company is not told.
    """
    named = [one for one in ("partner", "opportunity", "meeting") if one in asked]
    if len(named) != 1:
        said = gettext("Name one of these: a partner, an opportunity or a meeting.")
        raise ValidationError({"partner": ValidationError(said, code="required")})
    if "partner" in asked:
        companies = Company.objects.visible_to(person).select_related("country")
        return get_object_or_404(companies, public_id=asked["partner"]), services.NOTHING
    if "meeting" in asked:
        meeting = get_object_or_404(Meeting.objects.run_by(person), public_id=asked["meeting"])
        met = partner_in(meeting, own)
        if met is None:
            raise Http404
        return met, Item(meeting=meeting)
    items = Opportunity.objects.visible_to(person)
    item = get_object_or_404(items, reference=asked["opportunity"])
    behind = partner_behind(item, person)
    if behind is None:
        said = gettext("Here one asks through the chambers: express interest instead.")
        raise ValidationError({"opportunity": ValidationError(said, code="anonymous")})
    return behind, Item(opportunity=item)


def _told(conversation: Conversation, company: Company, person: User) -> Any:
    row = conversations_of(company, person).get(pk=conversation.pk)
    return ConversationOut(lines_of([row], company)[0]).data

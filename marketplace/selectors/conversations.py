"""A company's conversations as one of its people reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from chambers.models import Company
from marketplace.models import Block, Conversation, Meeting, Message, Opportunity, Reading
from marketplace.selectors.shown import shown_opportunity

if TYPE_CHECKING:
    from chambers.models import User


@dataclass(frozen=True, slots=True)
class Line:
    """A conversation in the list: with whom, the last words, whether they were read."""

    conversation: Conversation
    other: Company
    last: str
    ours: bool
    """Whether this company wrote last."""
    unread: bool


def conversations_of(
    company: Company, user: User, *, unread: bool | None = None
) -> QuerySet[Conversation]:
    """Those of one company, as ``user`` may read them, the newest first. One query for a page.

    ``unread``: only those that hold what ``user`` has not read, or only the others.
    """
    newest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-sent_at", "-pk")
    rows = Conversation.objects.visible_to(user).filter(Q(asker=company) | Q(partner=company))
    if unread is not None:
        rows = rows.filter(_unread(company, user) if unread else ~_unread(company, user))
    return rows.select_related(
        "asker__country", "partner__country", "opportunity", "meeting__event"
    ).annotate(
        last_text=Subquery(newest.values("text")[:1]),
        last_company=Subquery(newest.values("company")[:1]),
        is_unread=_unread(company, user),
        item_opens=Exists(Opportunity.objects.visible_to(user).filter(pk=OuterRef("opportunity"))),
    )


def unread_count(company: Company, user: User) -> int:
    """How many conversations of a company hold what ``user`` has not read. One query."""
    rows = Conversation.objects.visible_to(user).filter(Q(asker=company) | Q(partner=company))
    return rows.filter(_unread(company, user)).count()


def _unread(company: Company, user: User) -> Exists:
    """Whether others wrote something that ``user`` has not read."""
    seen = Reading.objects.filter(
        conversation=OuterRef("conversation"), person=user.pk, read_at__gte=OuterRef("sent_at")
    )
    theirs = Message.objects.filter(conversation=OuterRef("pk")).exclude(company=company)
    return Exists(theirs.exclude(Exists(seen)))


def lines_of(rows: Sequence[Conversation], company: Company) -> list[Line]:
    """Rows of ``conversations_of`` for the list of a page."""
    return [
        Line(
            one,
            one.other_side(company),
            getattr(one, "last_text", "") or "",
            getattr(one, "last_company", None) == company.pk,
            bool(getattr(one, "is_unread", False)),
        )
        for one in rows
    ]


def messages_of(conversation: Conversation) -> list[Message]:
    """All that was written, the oldest first. One query."""
    return list(conversation.messages.select_related("company", "author"))


def blocks_of(company: Company) -> QuerySet[Block]:
    """Companies of which one wants no messages."""
    return company.blocks.select_related("blocked__country").order_by("-created_at")


def has_blocked(company: Company, other: Company) -> bool:
    """Whether ``company`` wants no messages of ``other``."""
    return Block.objects.filter(company=company, blocked=other).exists()


def blockable_by(company: Company, user: User) -> QuerySet[Company]:
    """Whose messages a company may refuse: those its people can read of, and who wrote to it."""
    met = conversations_of(company, user)
    rows = Company.objects.visible_to(user)
    rows |= Company.objects.filter(pk__in=met.values("asker"))
    rows |= Company.objects.filter(pk__in=met.values("partner"))
    return rows.distinct()


def partner_behind(opportunity: Opportunity, user: User) -> Company | None:
    """Whom one writes to about an opportunity; None where its company is not told to ``user``."""
    return shown_opportunity(opportunity, user).company


def partner_in(meeting: Meeting, company: Company | None) -> Company | None:
    """Whom ``company`` writes to about a meeting; None where nobody else takes part."""
    others = (one.registration.company for one in meeting.people())
    return next((one for one in others if company is None or one.pk != company.pk), None)

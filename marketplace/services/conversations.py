"""Companies write to each other, keep others off, and show the chambers what should not be.

Against mass mail: few new conversations a day, and the same text to few. What is reported is read
by the chambers of both; nothing else of a conversation is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Company, User
from chambers.services.mail import queue_mail
from chambers.services.people import demand_editor
from chambers.services.topics import quotes_texts
from marketplace.models import (
    Block,
    Conversation,
    Meeting,
    Message,
    Opportunity,
    Participant,
    Reading,
    Report,
)
from marketplace.models.conversations import LONGEST
from marketplace.selectors.shown import shown_opportunity
from marketplace.services.rules import apart, fingerprint_of

DAY = dt.timedelta(days=1)
MOST_NEW = 20  # conversations that a company begins within a day
SAME_TEXTS = 5  # companies that get the same text within a day
SHORT = 40  # characters up to which a text is nobody's advertisement


@dataclass(frozen=True)
class Item:
    """What a conversation is about: one of them, or neither."""

    opportunity: Opportunity | None = None
    meeting: Meeting | None = None


NOTHING = Item()


@transaction.atomic
def begin_conversation(
    company: Company, partner: Company, *, by: User, text: str, about: Item = NOTHING
) -> Message:
    """Write to a company for the first time, or on in the conversation that there is.

    Raises ValidationError ``own_company``, ``members_only``, ``unknown_item``, ``anonymous`` for
    what is asked about through the chambers, ``too_many_new``, and as ``write_message``;
    PermissionDenied for who may not decide for the company.
    """
    demand_editor(by, company)
    _hold(company)
    demand_writable(company, partner, by=by, about=about)
    found = (
        Conversation.objects.filter(
            Q(asker=company, partner=partner) | Q(asker=partner, partner=company),
            opportunity=about.opportunity,
            meeting=about.meeting,
        )
        .select_for_update()
        .first()
    )
    if found is None:
        _demand_few_new(company)
        # Two people who begin at once find the same: one of them made it.
        found, _made = Conversation.objects.get_or_create(
            asker=company, partner=partner, opportunity=about.opportunity, meeting=about.meeting
        )
    return _write(found, company, by, text)


@transaction.atomic
def write_message(conversation: Conversation, *, company: Company, by: User, text: str) -> Message:
    """Write on in a conversation.

    Raises ValidationError ``blocked``, ``same_text``, and on ``text`` where a field is wrong;
    PermissionDenied for who may not decide for the company, or takes no part.
    """
    if company.pk not in (conversation.asker_id, conversation.partner_id):
        raise PermissionDenied
    demand_editor(by, company)
    _hold(company)
    return _write(conversation, company, by, text)


def demand_writable(company: Company, partner: Company, *, by: User, about: Item) -> None:
    """Raise why a company may not begin to write to another about something."""
    if company.pk == partner.pk:
        raise ValidationError(_("This is your own company."), code="own_company")
    if not Company.objects.members().filter(pk=company.pk).exists():
        raise ValidationError(
            _("Only members of a chamber write to others: apply for membership first."),
            code="members_only",
        )
    _demand_open(company, partner)
    if about.opportunity is not None:
        if about.opportunity.company_id not in (company.pk, partner.pk):
            raise ValidationError(_("This is of another company."), code="unknown_item")
        shown = shown_opportunity(about.opportunity, by)
        if shown.company is None or (shown.is_routed and not shown.inside):
            raise ValidationError(
                _("Here one asks through the chambers: express interest instead."),
                code="anonymous",
            )
    if about.meeting is not None and not _both_meet(about.meeting, company, partner):
        raise ValidationError(_("This is a meeting with others."), code="unknown_item")


@transaction.atomic
def read_conversation(
    conversation: Conversation, *, by: User, at: dt.datetime | None = None
) -> None:
    """Note that a person has read all that stands there."""
    Reading.objects.update_or_create(
        conversation=conversation, person=by, defaults={"read_at": at or timezone.now()}
    )


@transaction.atomic
def block_company(company: Company, other: Company, *, by: User) -> None:
    """Want no messages of a company any more; a second time changes nothing.

    Raises ValidationError ``own_company``; PermissionDenied for who may not decide.
    """
    demand_editor(by, company)
    if company.pk == other.pk:
        raise ValidationError(_("This is your own company."), code="own_company")
    Block.objects.get_or_create(company=company, blocked=other, defaults={"by": by})


@transaction.atomic
def unblock_company(company: Company, other: Company, *, by: User) -> None:
    """Take messages of a company again."""
    demand_editor(by, company)
    Block.objects.filter(company=company, blocked=other).delete()


@transaction.atomic
def report_message(
    message: Message, *, company: Company, by: User, reason: str, note: str = ""
) -> Report:
    """Show a message to the chambers of both companies.

    Raises ValidationError ``already_reported``, ``own_message``; PermissionDenied for who may not
    decide for the company, or takes no part.
    """
    demand_editor(by, company)
    if company.pk not in (message.conversation.asker_id, message.conversation.partner_id):
        raise PermissionDenied
    if message.company_id == company.pk:
        raise ValidationError(_("Your own company wrote this."), code="own_message")
    report = Report(message=message, company=company, by=by, reason=reason, note=note.strip())
    report.full_clean()
    report.save()
    return report


@transaction.atomic
def settle_report(report: Report, *, by: User, answer: str) -> Report:
    """Note what was done about a reported message.

    Raises ValidationError ``settled`` when somebody has done so.
    """
    report = Report.objects.select_for_update().get(pk=report.pk)
    if report.settled_at is not None:
        raise ValidationError(_("This report is settled already."), code="settled")
    report.settled_at, report.settled_by, report.answer = timezone.now(), by, answer.strip()
    report.full_clean()
    report.save(update_fields=["settled_at", "settled_by", "answer"])
    return report


def _write(conversation: Conversation, company: Company, by: User, text: str) -> Message:
    partner = conversation.other_side(company)
    _demand_open(company, partner)
    message = Message(
        conversation=conversation,
        company=company,
        author=by,
        text=text.strip(),
        fingerprint=fingerprint_of(text),
    )
    message.full_clean()
    if len(message.text) > LONGEST:
        text = _("A message has at most %(most)d characters: write a shorter one.")
        too_long = ValidationError(text, code="max_length", params={"most": LONGEST})
        raise ValidationError({"text": too_long})
    _demand_no_mass(message)
    message.save()
    Conversation.objects.filter(pk=conversation.pk).update(last_at=message.sent_at)
    read_conversation(conversation, by=by, at=message.sent_at)
    _tell(message, partner)
    return message


def _hold(company: Company) -> None:
    """One after another writes for a company: counts are right, whoever else writes."""
    Company.objects.select_for_update(no_key=True).only("pk").get(pk=company.pk)


def _demand_open(company: Company, partner: Company) -> None:
    blocks = Block.objects.filter(
        Q(company=company, blocked=partner) | Q(company=partner, blocked=company)
    )
    own = [one for one in blocks if one.company_id == company.pk]
    if own:
        raise ValidationError(
            _("Your company has blocked this one: take its messages again first."), code="blocked"
        )
    if blocks or apart(company, partner):
        # It is not said which of the two, nor why.
        raise ValidationError(_("No messages pass between these companies."), code="not_possible")


def _demand_few_new(company: Company) -> None:
    now = timezone.now()
    begun = Conversation.objects.filter(asker=company, begun_at__gt=now - DAY).order_by("-begun_at")
    newest = list(begun.values_list("begun_at", flat=True)[:MOST_NEW])
    if len(newest) >= MOST_NEW:
        raise ValidationError(
            _("Your company has written to %(most)d others today. Go on tomorrow."),
            code="too_many_new",
            params={"most": MOST_NEW, "wait": (newest[-1] + DAY - now).total_seconds()},
        )


def _demand_no_mass(message: Message) -> None:
    if len(message.text) <= SHORT:
        return
    same = Message.objects.filter(
        company=message.company,
        fingerprint=message.fingerprint,
        sent_at__gt=timezone.now() - DAY,
    ).exclude(conversation=message.conversation)
    if same.values("conversation").distinct().count() >= SAME_TEXTS:
        raise ValidationError(
            {
                "text": ValidationError(
                    _(
                        "You have sent this text to %(most)d companies today. Write what you want "
                        "of this one in particular."
                    ),
                    code="same_text",
                    params={"most": SAME_TEXTS},
                )
            }
        )


def _both_meet(meeting: Meeting, company: Company, partner: Company) -> bool:
    """Whether both take part in a meeting that people know of."""
    people = Participant.objects.filter(
        pk__in=[one.pk for one in meeting.people()], registration__company__in=[company, partner]
    )
    known = set(people.values_list("registration__company", flat=True))
    return meeting.is_told and known == {company.pk, partner.pk}


def _tell(message: Message, partner: Company) -> None:
    """Mail who decides for the other company; once, until they have read it."""
    conversation = message.conversation
    read = dict(conversation.readings.values_list("person", "read_at"))
    for reader in User.objects.deciding_for(partner):
        since = read[reader.pk].timestamp() if reader.pk in read else 0
        queue_mail(
            "message_new",
            to=reader,
            context={
                "company": message.company,
                "author": message.author,
                "text": message.text if quotes_texts(reader) else "",
                "conversation": conversation,
            },
            thread=f"conversation {conversation.pk} {reader.pk}",
            once=f"message {conversation.public_id} {reader.pk} {since}",
        )

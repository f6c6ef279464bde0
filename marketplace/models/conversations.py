"""What companies write to each other, each about one thing; and how they keep others off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, PublicModel, ScopedQuerySet
from marketplace.models.meetings import Meeting
from marketplace.models.opportunities import Opportunity

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

LONGEST = 4000  # characters of a message


class ConversationQuerySet(ScopedQuerySet):
    def of_companies(self, companies: models.QuerySet[Company]) -> Self:
        """Conversations in which one of ``companies`` takes part."""
        theirs = companies.values("pk")
        return self.filter(Q(asker__in=theirs) | Q(partner__in=theirs))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of the companies one speaks for; nobody else reads them, no staff either."""
        return self.of_companies(Company.objects.run_by(user))

    def edited_by(self, user: User | AnonymousUser) -> Self:
        """Those in which one may write."""
        return self.of_companies(Company.objects.edited_by(user))


class Conversation(PublicModel):
    """Messages between two companies about one thing, or about nothing in particular."""

    asker = models.ForeignKey(
        Company, models.CASCADE, related_name="conversations_begun", verbose_name=_("begun by")
    )
    partner = models.ForeignKey(
        Company, models.CASCADE, related_name="conversations_joined", verbose_name=_("partner")
    )
    opportunity = models.ForeignKey(
        Opportunity,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="conversations",
        verbose_name=_("opportunity"),
    )
    meeting = models.ForeignKey(
        Meeting,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="conversations",
        verbose_name=_("meeting"),
    )
    begun_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    last_at = models.DateTimeField(_("last message"), default=timezone.now, editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-last_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                Least("asker", "partner"),
                Greatest("asker", "partner"),
                F("opportunity"),
                F("meeting"),
                name="one_conversation_per_pair_and_item",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~Q(asker=F("partner")), name="conversation_has_two_companies"
            ),
            models.CheckConstraint(
                condition=Q(opportunity=None) | Q(meeting=None), name="conversation_has_one_item"
            ),
        ]
        indexes = [
            models.Index(fields=["asker", "-last_at"], name="conversation_of_asker"),
            models.Index(fields=["partner", "-last_at"], name="conversation_of_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.asker} – {self.partner}"

    def other_side(self, company: Company) -> Company:
        """Whom ``company`` writes to here."""
        return self.partner if company.pk == self.asker_id else self.asker


class OfConversationQuerySet(ScopedQuerySet):
    """What belongs to a conversation is seen by the people of its companies, and by nobody else."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(conversation__in=Conversation.objects.visible_to(user))


class Message(PublicModel):
    """What one person wrote for their company."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages", verbose_name=_("conversation")
    )
    company = models.ForeignKey(
        Company, models.CASCADE, related_name="+", verbose_name=_("company")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    text = models.TextField(_("text"), max_length=LONGEST)
    fingerprint = models.CharField(max_length=64, editable=False)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)

    objects = OfConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["sent_at", "pk"]
        indexes = [
            models.Index(fields=["conversation", "sent_at"], name="message_in_conversation"),
            models.Index(fields=["company", "sent_at"], name="message_of_company"),
        ]

    def __str__(self) -> str:
        return f"{self.company}, {self.sent_at:%Y-%m-%d %H:%M}"


class ReadingQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own: who has read what is told to nobody."""
        return self.filter(person=user.pk)


class Reading(models.Model):
    """Up to when a person has read a conversation."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="readings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    read_at = models.DateTimeField()

    objects = ReadingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "person"], name="one_reading_each")
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.read_at:%Y-%m-%d %H:%M}"


class BlockQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those that the companies one speaks for have made; the blocked side never learns."""
        return self.filter(company__in=Company.objects.run_by(user).values("pk"))


class Block(models.Model):
    """A company wants no messages of another."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(Company, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = [
            models.UniqueConstraint(fields=["company", "blocked"], name="one_block_per_pair"),
            models.CheckConstraint(condition=~Q(company=F("blocked")), name="no_block_of_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.blocked}"


class ReportQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        """Reports that nobody has settled."""
        return self.filter(settled_at=None)

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Reports by and about the companies that one looks after."""
        if user.is_superuser:
            return self.all()
        return self._about(Company.objects.members_served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self._about(Company.objects.managed_by(user))

    def _about(self, companies: models.QuerySet[Company]) -> Self:
        theirs = companies.values("pk")
        return self.filter(Q(company__in=theirs) | Q(message__company__in=theirs))


class Report(PublicModel):
    """A message that its reader shows to the chambers; they read this one and no other."""

    class Reason(models.TextChoices):
        UNWANTED = "unwanted", _("Advertising to many")
        FALSE = "false", _("Fraud, or a false name")
        RUDE = "rude", _("Insult or threat")
        OTHER = "other", _("Something else")

    message = models.ForeignKey(
        Message, models.CASCADE, related_name="reports", verbose_name=_("message")
    )
    company = models.ForeignKey(
        Company, models.CASCADE, related_name="+", verbose_name=_("reported by")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("person"),
    )
    reason = models.CharField(_("reason"), max_length=8, choices=Reason.choices)
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("reported"), default=timezone.now, editable=False)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )
    answer = models.CharField(_("what was done"), max_length=500, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("reported message")
        verbose_name_plural = _("reported messages")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "company"],
                name="one_report_per_message_and_company",
                violation_error_code="already_reported",
                violation_error_message=_("Your company has already reported this message."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.get_reason_display()}"

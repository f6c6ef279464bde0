"""What a person wants mail about, and how soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chambers.models.base import ScopedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User


class Topic(models.TextChoices):
    """What mails are about, as their readers tell them apart."""

    MEETINGS = "meetings", _("Changes of meetings and timetables")
    REQUESTS = "requests", _("Requests for meetings and their answers")
    REMINDERS = "reminders", _("Reminders: meetings of tomorrow, what waits for your answer")
    SOON = "soon", _("Ten minutes before a meeting")
    EVENTS = "events", _("Registrations for events")
    OPPORTUNITIES = "opportunities", _("Review and expiry of your offers and requests")
    INTERESTS = "interests", _("Expressions of interest")
    MESSAGES = "messages", _("New messages")
    SEARCHES = "searches", _("News of saved searches")
    OUTCOMES = "outcomes", _("After the meeting: feedback and outcomes")
    MEMBERSHIP = "membership", _("Company and membership")
    CHAMBER = "chamber", _("Work that waits for your chamber")
    ACCOUNT = "account", _("Account and security")


class Delivery(models.TextChoices):
    NOW = "now", _("At once")
    DAILY = "daily", _("Once a day")
    OFF = "off", _("Never")


ALWAYS = (Topic.MEETINGS, Topic.ACCOUNT)
"""Topics that always leave at once: who does not read of a moved meeting sits there alone."""
TIMELY = (*ALWAYS, Topic.REMINDERS, Topic.SOON)
"""Topics that would be too late in a digest."""


class MailChoiceQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own."""
        return self.filter(person=user.pk)


class MailChoice(models.Model):
    """How soon a person wants mails of a topic; without one it is at once."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="mail_choices",
        verbose_name=_("person"),
    )
    topic = models.CharField(_("topic"), max_length=13, choices=Topic.choices)
    delivery = models.CharField(_("delivery"), max_length=5, choices=Delivery.choices)
    with_text = models.BooleanField(
        _("with the text"),
        default=False,
        help_text=_("Whether mails quote what somebody wrote, or only say who wrote."),
    )

    objects = MailChoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("choice of mails")
        verbose_name_plural = _("choices of mails")
        constraints = [
            models.UniqueConstraint(fields=["person", "topic"], name="one_choice_per_topic"),
            models.CheckConstraint(
                condition=~Q(topic__in=ALWAYS) & ~Q(topic__in=TIMELY, delivery="daily"),
                name="what_cannot_wait_is_not_put_off",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.topic} {self.delivery}"

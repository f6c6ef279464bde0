"""An organiser's own words in the mails of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chambers.models import ScopedQuerySet
from marketplace.models.events import Event

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class MailTextQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The organiser's staff; others read the mails."""
        return self.served_by(user)

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(event__in=Event.objects.served_by(user).values("pk"))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(event__in=Event.objects.managed_by(user).values("pk"))


class MailText(models.Model):
    """The subject and the opening of one kind of mail at one event, in one language.

    What is left empty stays as the product writes it; so does what has no row.
    """

    class Kind(models.TextChoices):
        REGISTRATION_ADMITTED = "registration_admitted", _("Registration admitted")
        REQUEST_WINDOW = "request_window", _("Requests for meetings are open")
        REMIND_REQUESTS = "remind_requests", _("Nobody asked yet, a week before the end")
        REQUEST_RECEIVED = "request_received", _("Meeting requested")
        REMIND_ANSWERS = "remind_answers", _("Requests wait for an answer")
        MEETING_ACCEPTED = "meeting_accepted", _("Request accepted")
        TIMETABLE_PROVISIONAL = "timetable_provisional", _("Provisional timetable")
        TIMETABLE_FINAL = "timetable_final", _("Final timetable")
        MEETING_CONFIRMED = "meeting_confirmed", _("Meeting confirmed")
        MEETING_MOVED = "meeting_moved", _("Meeting moved")
        MEETING_CANCELLED = "meeting_cancelled", _("Meeting cancelled")
        REMIND_TOMORROW = "remind_tomorrow", _("The meetings of tomorrow")
        REMIND_SOON = "remind_soon", _("Ten minutes before a meeting")

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="mail_texts", verbose_name=_("event")
    )
    kind = models.CharField(_("mail"), max_length=30, choices=Kind.choices)
    language = models.CharField(_("language"), max_length=2)
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    opening = models.TextField(_("opening"), max_length=2000, blank=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = MailTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of a mail")
        verbose_name_plural = _("texts of mails")
        ordering = ["event", "kind", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "kind", "language"], name="one_mail_text_per_language"
            ),
            models.CheckConstraint(
                condition=~Q(subject="", opening=""), name="mail_text_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language}), {self.event}"

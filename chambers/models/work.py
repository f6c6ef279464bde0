"""Work that survives anything: jobs, mail, and the signs of life of those who do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models.base import PublicModel, ScopedQuerySet
from chambers.models.chambers import Chamber

if TYPE_CHECKING:
    import datetime as dt

    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User


class JobQuerySet(ScopedQuerySet):
    def claimable(self, now: dt.datetime | None = None) -> Self:
        """Jobs that wait and are due, and those whose worker has gone silent."""
        at = now or timezone.now()
        return self.filter(
            Q(state=Job.State.QUEUED, run_after__lte=at)
            | Q(state=Job.State.RUNNING, lease_until__lt=at)
        )

    def open(self) -> Self:
        """Jobs that are not over."""
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Jobs of the chambers where ``user`` works."""
        if user.is_superuser:
            return self.all()
        return self.filter(chamber__in=Chamber.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(chamber__in=Chamber.objects.managed_by(user))


class Job(PublicModel):
    """A unit of work. The row is the truth; a broker message only wakes a worker."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        PARKED = "parked", _("Parked after repeated failures")
        CANCELLED = "cancelled", _("Stopped")

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(
        _("key"),
        max_length=200,
        blank=True,
        help_text=_("At most one open job of a kind has the same key."),
    )
    payload = models.JSONField(_("payload"), default=dict, encoder=DjangoJSONEncoder)
    chamber = models.ForeignKey(
        Chamber,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name=_("chamber"),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.QUEUED)
    priority = models.SmallIntegerField(_("priority"), default=0, help_text=_("Higher goes first."))
    run_after = models.DateTimeField(_("not before"), default=timezone.now)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    lease = models.UUIDField(_("lease"), null=True, blank=True, editable=False)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), default=0)
    message = models.CharField(_("message"), max_length=300, blank=True)
    error = models.TextField(_("error"), blank=True)
    result = models.JSONField(_("result"), default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state="queued") & ~Q(key=""),
                name="one_waiting_job_per_key",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease__isnull=False, lease_until__isnull=False),
                name="running_job_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-priority", "run_after", "id"],
                condition=Q(state="queued"),
                name="job_waiting",
            ),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="job_running"),
            # The clock asks whether the job of a day was ever written; rows stay for good.
            models.Index(fields=["kind", "key"], name="job_of_a_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}".strip()


class MailQuerySet(ScopedQuerySet):
    def served_by(self, user: User | AnonymousUser) -> Self:
        """Mail sent in the name of the chambers where ``user`` works."""
        if user.is_superuser:
            return self.all()
        return self.filter(chamber__in=Chamber.objects.served_by(user))


class Mail(PublicModel):
    """A message to one person: stored with the change that caused it, then sent."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        BOUNCED = "bounced", _("Refused by the address")
        HELD = "held", _("Waits for the daily mail")
        INCLUDED = "included", _("Sent in the daily mail")
        OFF = "off", _("Not wanted")

    to = models.EmailField(_("to"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    language = models.CharField(_("language"), max_length=2, default="en")
    kind = models.CharField(_("kind"), max_length=40, blank=True)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    calendar = models.TextField(
        _("calendar file"), blank=True, help_text=_("What the mail brings for a calendar program.")
    )
    method = models.CharField(max_length=8, blank=True, editable=False)
    calendar_name = models.CharField(max_length=120, blank=True, editable=False)
    cancellations = models.TextField(
        _("calendar file of what is off"),
        blank=True,
        help_text=_("What takes other entries out of the calendar."),
    )
    thread = models.CharField(
        max_length=120,
        blank=True,
        editable=False,
        help_text="Mails of one thread leave in the order in which they were written.",
    )
    chamber = models.ForeignKey(
        Chamber, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("chamber")
    )
    message_id = models.CharField(_("message id"), max_length=120, unique=True)
    once = models.CharField(
        max_length=200,
        blank=True,
        editable=False,
        help_text="What is written to somebody one time only, however often it is due.",
    )
    digest = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("daily mail"),
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.QUEUED)
    problem = models.CharField(_("why it was refused"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["once"], condition=~Q(once=""), name="one_mail_per_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["thread", "id"],
                condition=Q(state="queued") & ~Q(thread=""),
                name="mail_waiting_in_thread",
            ),
            models.Index(fields=["person"], condition=Q(state="held"), name="mail_held"),
            models.Index(fields=["created_at"], name="mail_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"


class Heartbeat(models.Model):
    """When the clock's last wake-up was sent, and when a worker took it from the queue."""

    name = models.CharField(max_length=20, primary_key=True)
    sent_at = models.DateTimeField()
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

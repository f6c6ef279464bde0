"""What each side of a meeting says afterwards, and where the two contradict each other."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import Chamber, PublicModel, ScopedQuerySet
from marketplace.models.events import Event
from marketplace.models.meetings import DirectlyServedQuerySet, Meeting, MeetingQuerySet
from marketplace.models.registrations import Registration

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


CHASED_AFTER = dt.timedelta(days=7)
"""Of a meeting of which neither side says anything both are asked once more."""
BETWEEN_MAILS = dt.timedelta(days=3)
MOST_MAILS = 3
"""The question after a week and two reminders; then somebody calls."""
CALLED_WITHIN = dt.timedelta(days=60)
"""Nobody remembers longer what to answer on the telephone."""


class FeedbackQuerySet(ScopedQuerySet):
    def run_by(self, user: User | AnonymousUser) -> Self:
        """What the companies that ``user`` speaks for say."""
        return self.filter(side__in=Registration.objects.run_by(user).values("pk"))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own side's and, for the organiser, everybody's. Never the other side's."""
        if user.is_superuser:
            return self.all()
        served = Event.objects.served_by(user).values("pk")
        own = self.run_by(user).values("pk")
        return self.filter(Q(pk__in=own) | Q(meeting__event__in=served))

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(meeting__event__in=Event.objects.served_by(user).values("pk"))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(meeting__event__in=Event.objects.managed_by(user).values("pk"))


class Feedback(PublicModel):
    """What one company says of one meeting: whether it took place, and thrice what came of it.

    A row exists from the moment when the company is asked or answers by itself.
    """

    class Said(models.TextChoices):
        HELD = "held", _("It took place")
        THEY_MISSED = "they_missed", _("They did not come")
        WE_MISSED = "we_missed", _("We did not come")

    class First(models.TextChoices):
        NOT_HELD = "not_held", _("Did not take place")
        NO_INTEREST = "no_interest", _("Insufficient interest")
        INFORMATIVE = "informative", _("Informative, no cooperation planned")
        POSSIBLE = "possible", _("Cooperation possible")

    class Second(models.TextChoices):
        NO_CONTACT = "no_contact", _("No further contact")
        KNOWLEDGE = "knowledge", _("No further contact, knowledge gained")
        VALUABLE = "valuable", _("Valuable contact for future projects")
        NEGOTIATING = "negotiating", _("Negotiation started")
        AGREED = "agreed", _("Agreement reached")

    meeting = models.ForeignKey(
        Meeting, models.CASCADE, related_name="feedback", verbose_name=_("meeting")
    )
    side = models.ForeignKey(
        Registration, models.CASCADE, related_name="feedback", verbose_name=_("company")
    )
    said = models.CharField(
        _("did it take place"), max_length=11, choices=Said.choices, blank=True, default=""
    )
    said_at = models.DateTimeField(_("said"), null=True, blank=True)
    wrote = ArrayField(
        models.CharField(max_length=5),
        default=list,
        blank=True,
        editable=False,
        help_text="Marks, host or guest, that stand on this word alone.",
    )
    first = models.CharField(
        _("right after"), max_length=11, choices=First.choices, blank=True, default=""
    )
    first_at = models.DateTimeField(_("answered right after"), null=True, blank=True)
    second = models.CharField(
        _("six months later"), max_length=11, choices=Second.choices, blank=True, default=""
    )
    second_at = models.DateTimeField(_("answered six months later"), null=True, blank=True)
    third = models.CharField(
        _("18 months later"), max_length=11, choices=Second.choices, blank=True, default=""
    )
    third_at = models.DateTimeField(_("answered 18 months later"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    asked_at = models.DateTimeField(_("asked"), null=True, blank=True)
    asked_again_at = models.DateTimeField(_("asked after six months"), null=True, blank=True)
    asked_last_at = models.DateTimeField(_("asked after 18 months"), null=True, blank=True)
    chased = models.PositiveSmallIntegerField(
        _("asked while nobody said anything"),
        default=0,
        db_default=0,
        editable=False,
        help_text="Mails from a week after the meeting on: the question and its reminders.",
    )
    chased_at = models.DateTimeField(_("last asked"), null=True, blank=True, editable=False)
    called_at = models.DateTimeField(_("called"), null=True, blank=True, editable=False)
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("called by"),
    )

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["-meeting__slot__starts_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "side"],
                name="one_feedback_per_side",
                violation_error_message=_("This company has answered already."),
            ),
            models.CheckConstraint(
                condition=Q(said="", said_at=None) | ~Q(said="") & Q(said_at__isnull=False),
                name="feedback_said_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side.company}: {self.meeting_id}"


def silent_meetings() -> MeetingQuerySet:
    """Meetings that were to be held and of which neither the organiser nor a side says how."""
    unknown = Meeting.Attendance.UNKNOWN
    told = Feedback.objects.filter(meeting=OuterRef("pk")).exclude(said="", first="", note="")
    return Meeting.objects.filter(
        ~Exists(told),
        status=Meeting.Status.CONFIRMED,
        host_attendance=unknown,
        guest_attendance=unknown,
        event__cancelled_at=None,
    )


class CallQuerySet(FeedbackQuerySet):
    def due(self, at: dt.datetime | None = None) -> Self:
        """Sides whom somebody is to call: all mails are out, and still nobody says how it went."""
        now = at or timezone.now()
        return self.filter(
            chased=MOST_MAILS,
            chased_at__lte=now - BETWEEN_MAILS,
            called_at=None,
            meeting__in=silent_meetings().filter(slot__ends_at__gt=now - CALLED_WITHIN),
        )

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The staff that calls alone."""
        return self.served_by(user)

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self._called_by(Meeting.objects.served_by(user), Chamber.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self._called_by(Meeting.objects.managed_by(user), Chamber.objects.managed_by(user))

    def _called_by(self, meetings: MeetingQuerySet, chambers: models.QuerySet[Chamber]) -> Self:
        """The organiser calls both sides; outside events who asked is called by its chamber."""
        direct = Meeting.objects.asked_from(chambers)
        asked = Q(meeting__in=direct.values("pk"), side=F("meeting__request__requester"))
        return self.filter(Q(meeting__in=meetings.values("pk")) | asked, chased=MOST_MAILS)


class Call(Feedback):
    """A side that staff calls, because mails got no answer of how its meeting went."""

    objects = CallQuerySet.as_manager()  # type: ignore[misc]  # rows of its own

    class Meta:
        proxy = True
        verbose_name = _("call after a meeting")
        verbose_name_plural = _("calls after meetings")
        ordering = ["meeting__slot__ends_at", "pk"]

    def __str__(self) -> str:
        return f"{self.side.company.told}: {self.meeting.told}"

    @property
    def until(self) -> dt.datetime | None:
        """When a call is no longer worth it."""
        slot = self.meeting.slot
        return slot.ends_at + CALLED_WITHIN if slot is not None else None


class DisputeQuerySet(DirectlyServedQuerySet):
    def open(self) -> Self:
        """Those that nobody has settled."""
        return self.filter(settled_at=None)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The staff that settles it alone: a side sees only that its meeting is being looked at."""
        return self.served_by(user)


class Dispute(PublicModel):
    """The two sides say different things of whether they met; the organiser finds out."""

    meeting = models.OneToOneField(
        Meeting, models.CASCADE, related_name="dispute", verbose_name=_("meeting")
    )
    opened_at = models.DateTimeField(_("since"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )
    note = models.TextField(_("what was found out"), blank=True, max_length=2000)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = _("contradiction")
        verbose_name_plural = _("contradictions")
        ordering = ["settled_at", "opened_at", "pk"]

    def __str__(self) -> str:
        return str(self.meeting)

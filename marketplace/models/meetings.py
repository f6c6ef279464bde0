"""Meetings, and what each of them holds: its people, a table, an interpreter."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.models import Chamber, Membership, PublicModel, ScopedQuerySet
from marketplace.models.events import Event
from marketplace.models.parts import Interpreter, Session, Slot, Table
from marketplace.models.registrations import Participant, Registration
from marketplace.models.requests import MeetingRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import Company, User


def new_uid() -> str:
    """The name of a meeting in calendars, for life."""
    return str(uuid.uuid4())


class MeetingQuerySet(ScopedQuerySet):
    def placed(self) -> Self:
        """Meetings with a time that hold their people and their table."""
        return self.filter(status__in=Meeting.HOLDING)

    def alive(self) -> Self:
        """Meetings that are to be or were held."""
        return self.exclude(status=Meeting.Status.CANCELLED)

    def ahead(self, at: dt.datetime | None = None) -> Self:
        """Meetings that have not begun and are not cancelled; those without a time too."""
        return self.filter(
            Q(slot=None) | Q(slot__starts_at__gt=at or timezone.now()),
            status__in=[
                Meeting.Status.UNSCHEDULED,
                Meeting.Status.PROVISIONAL,
                Meeting.Status.CONFIRMED,
            ],
        )

    def told(self) -> Self:
        """All but those that the organiser proposes and that never yet had a time."""
        return self.filter(is_told=True)

    def held(self) -> Self:
        """Meetings that took place and that both companies were told of."""
        return self.told().filter(status=Meeting.Status.HELD)

    def proposed(self) -> Self:
        """Those that the organiser has in mind and that nobody was told of yet."""
        return self.filter(is_told=False, status=Meeting.Status.UNSCHEDULED)

    def asked_from(self, chambers: models.QuerySet[Chamber]) -> Self:
        """Meetings outside events that members of some chambers asked for.

        The one that vouched when it was asked for stays such a chamber.
        """
        members = Membership.objects.in_force().filter(chamber__in=chambers.values("pk"))
        asking = Q(request__requester__company__in=members.values("company"))
        vouching = Q(event__chamber__in=chambers.values("pk"))
        return self.filter(asking | vouching, event__kind=Event.Kind.DIRECT)

    def of(self, registration: Registration) -> Self:
        """Meetings of anybody of a company at an event."""
        people = Participant.objects.filter(registration=registration).values("pk")
        return self._with(people)

    def of_company(self, company: Company) -> Self:
        """Meetings of anybody of a company, at any event and outside them."""
        people = Participant.objects.filter(registration__company=company).values("pk")
        return self._with(people)

    def between(self, one: Registration, other: Registration) -> Self:
        """Meetings of the two companies, whoever is the host."""
        return self.filter(
            Q(host__registration=one, guest__registration=other)
            | Q(host__registration=other, guest__registration=one)
        )

    def run_by(self, user: User | AnonymousUser, *, of: Company | None = None) -> Self:
        """Meetings of the companies that ``user`` speaks for, of those that they are told of.

        ``of``: of this one of them alone.
        """
        mine = Registration.objects.run_by(user)
        mine = mine if of is None else mine.filter(company=of)
        people = Participant.objects.filter(registration__in=mine.values("pk")).values("pk")
        return self._with(people).told()

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the companies that meet, of the people themselves, and of the event's staff."""
        if user.is_superuser:
            return self.all()
        if not user.is_authenticated:
            return self.none()
        own = self.run_by(user).values("pk")
        people = Participant.objects.filter(
            person=user.pk, registration__company__representatives__person=user.pk
        ).values("pk")
        mine = self._with(people).told().values("pk")
        served = Event.objects.served_by(user).values("pk")
        return self.filter(
            Q(pk__in=own) | Q(pk__in=mine) | Q(interpreter__person=user.pk) | Q(event__in=served)
        )

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(event__in=Event.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(event__in=Event.objects.managed_by(user))

    def _with(self, people: models.QuerySet) -> Self:
        """By keys: beside the joins of a page, those of the people took 0.1 s to be planned."""
        further = Meeting.others.through.objects.filter(participant__in=people).values("meeting")
        return self.filter(Q(host__in=people) | Q(guest__in=people) | Q(pk__in=further))


class Meeting(PublicModel):
    """Two companies meet, each with a named person; in a slot, at a table, once it is placed."""

    class Status(models.TextChoices):
        UNSCHEDULED = "unscheduled", _("Time to be set")
        PROVISIONAL = "provisional", _("Provisional")
        CONFIRMED = "confirmed", _("Confirmed")
        HELD = "held", _("Held")
        NO_SHOW = "no_show", _("Did not take place")
        CANCELLED = "cancelled", _("Cancelled")

    class Cause(models.TextChoices):
        WITHDRAWAL = "withdrawal", _("a side does not come")

    class Attendance(models.TextChoices):
        UNKNOWN = "unknown", _("Unknown")
        CAME = "came", _("Came")
        LATE = "late", _("Came late")
        NO_SHOW = "no_show", _("Did not come")

    HOLDING = (Status.PROVISIONAL, Status.CONFIRMED, Status.HELD, Status.NO_SHOW)
    """States in which bookings exist."""
    AHEAD = (Status.UNSCHEDULED, Status.PROVISIONAL, Status.CONFIRMED)
    """States from which it can still be cancelled."""

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="meetings", verbose_name=_("event")
    )
    request = models.OneToOneField(
        MeetingRequest,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="meeting",
        verbose_name=_("request"),
    )
    host = models.ForeignKey(
        Participant, models.RESTRICT, related_name="hosted", verbose_name=_("host")
    )
    guest = models.ForeignKey(
        Participant, models.RESTRICT, related_name="visited", verbose_name=_("guest")
    )
    others = models.ManyToManyField(
        Participant,
        blank=True,
        related_name="joined",
        verbose_name=_("further participants"),
        help_text=_("Of a meeting of more than two."),
    )
    session = models.ForeignKey(
        Session,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("section"),
        help_text=_("It is placed within the hours of the section. Empty: any."),
    )
    status = models.CharField(
        _("status"), max_length=11, choices=Status.choices, default=Status.UNSCHEDULED
    )
    slot = models.ForeignKey(
        Slot,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("slot"),
    )
    table = models.ForeignKey(
        Table,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("table"),
    )
    interpreter = models.ForeignKey(
        Interpreter,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("interpreter"),
    )
    is_told = models.BooleanField(
        _("told"),
        default=True,
        editable=False,
        help_text=_("Its people know of it: of a proposal they do once it has got a time."),
    )
    link = models.URLField(_("link"), max_length=500, blank=True)
    uid = models.CharField(max_length=60, default=new_uid, unique=True, editable=False)
    sequence = models.PositiveIntegerField(
        default=0, editable=False, help_text="Rises with each change of time, place or state."
    )
    moves = models.PositiveSmallIntegerField(_("moves"), default=0, editable=False)
    locked = models.BooleanField(_("locked"), default=False, help_text=_("No timetable moves it."))
    host_attendance = models.CharField(
        _("host"), max_length=7, choices=Attendance.choices, default=Attendance.UNKNOWN
    )
    guest_attendance = models.CharField(
        _("guest"), max_length=7, choices=Attendance.choices, default=Attendance.UNKNOWN
    )
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cancelled by"),
    )
    cancelled_side = models.ForeignKey(
        Registration,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("side that cancelled"),
        help_text=_("Empty: the organiser."),
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, max_length=2000)
    cause = models.CharField(
        max_length=10, choices=Cause.choices, blank=True, default="", editable=False
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["slot__starts_at", "table__number", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(host=F("guest")),
                name="meeting_has_two_people",
                violation_error_message=_("A meeting needs two different people."),
            ),
            models.CheckConstraint(
                condition=Q(status="unscheduled", slot=None, table=None)
                | Q(status__in=["provisional", "confirmed", "held", "no_show"], slot__isnull=False)
                | Q(status="cancelled"),
                name="meeting_has_a_time_once_placed",
                violation_error_message=_("A placed meeting needs a slot."),
            ),
        ]
        indexes = [
            models.Index(fields=["event", "status"], name="meeting_of_event"),
            models.Index(fields=["host", "status"], name="meeting_of_host"),
            models.Index(fields=["guest", "status"], name="meeting_of_guest"),
        ]

    def __str__(self) -> str:
        return f"{self.host.registration.company} × {self.guest.registration.company}"

    @property
    def told(self) -> str:
        """Both companies as this reader reads their names."""
        return f"{self.host.registration.company.told} × {self.guest.registration.company.told}"

    @property
    def told_reason(self) -> str:
        """Why it was cancelled: as somebody wrote it, or the cause in the reader's language."""
        side = self.cancelled_side
        if self.cause == self.Cause.WITHDRAWAL and side is not None:
            return gettext("%(company)s does not come.") % {"company": side.company.told}
        return self.reason

    @property
    def is_remote(self) -> bool:
        """Whether nobody of it comes to a place."""
        remote = Participant.Presence.REMOTE
        is_round = self.event.kind == Event.Kind.ONLINE
        return is_round or all(one.presence == remote for one in self.people())

    @property
    def takes_link(self) -> bool:
        """Whether some of its people meet the others online."""
        remote = Participant.Presence.REMOTE
        return self.is_remote or any(one.presence == remote for one in self.people())

    @property
    def is_placed(self) -> bool:
        """Whether it has a time and holds it."""
        return self.status in self.HOLDING

    @property
    def is_settled(self) -> bool:
        """Whether a person has set its time: no timetable changes that."""
        by_hand = self.locked or self.status == self.Status.CONFIRMED or self.moves > 0
        return self.slot_id is not None and by_hand

    @property
    def is_agreed(self) -> bool:
        """Whether both sides know each other's people: they agreed to meet, or it is certain."""
        if self.status in (self.Status.CONFIRMED, self.Status.HELD):
            return True
        asked = self.request
        return asked is not None and asked.status == MeetingRequest.Status.ACCEPTED

    def companies(self) -> list[Company]:
        """The companies that meet, each once."""
        found = (one.registration.company for one in self.people())
        return list({one.pk: one for one in found}.values())

    def people(self) -> list[Participant]:
        """All who attend: host, guest, then the others."""
        return [self.host, self.guest, *self.others.all()]


class OfMeetingQuerySet(ScopedQuerySet):
    """What belongs to a meeting is seen and kept by those who see and keep the meeting."""

    path = "meeting"

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self._of(Meeting.objects.visible_to(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self._of(Meeting.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self._of(Meeting.objects.managed_by(user))

    def _of(self, meetings: MeetingQuerySet) -> Self:
        return self.filter(**{f"{self.path}__in": meetings})


class DirectlyServedQuerySet(OfMeetingQuerySet):
    """What the organiser sees to and, outside events, the chambers of the side that asked.

    Of such a meeting they see this alone; the meeting itself is its companies'.
    """

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self._seen_to(Meeting.objects.served_by(user), Chamber.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self._seen_to(Meeting.objects.managed_by(user), Chamber.objects.managed_by(user))

    def _seen_to(self, meetings: MeetingQuerySet, chambers: models.QuerySet[Chamber]) -> Self:
        direct = Meeting.objects.asked_from(chambers)
        return self.filter(
            Q(meeting__in=meetings.values("pk")) | Q(meeting__in=direct.values("pk"))
        )


class MeetingOrderQuerySet(OfMeetingQuerySet):
    """Only the event's staff sees in which order it wants meetings."""

    path = "first"

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.served_by(user)


class MeetingOrder(models.Model):
    """One meeting is over before another begins, whatever timetable comes."""

    first = models.ForeignKey(
        Meeting, models.CASCADE, related_name="comes_before", verbose_name=_("first meeting")
    )
    second = models.ForeignKey(
        Meeting, models.CASCADE, related_name="comes_after", verbose_name=_("later meeting")
    )

    objects = MeetingOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order of two meetings")
        verbose_name_plural = _("orders of meetings")
        ordering = ["first", "second"]
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                name="one_order_per_meetings",
                violation_error_code="order_exists",
                violation_error_message=_("This order is set already."),
            ),
            models.CheckConstraint(
                condition=~Q(first=F("second")),
                name="meeting_does_not_precede_itself",
                violation_error_message=_("A meeting cannot come before itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} → {self.second}"

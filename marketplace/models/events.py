"""Events: where companies meet, and the dates up to which one may do what."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from chambers.models import (
    Chamber,
    PublicModel,
    ScopedQuerySet,
    in_language,
    in_own_words,
    validate_texts,
    validate_zone,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class EventQuerySet(ScopedQuerySet):
    def of_chambers(self) -> Self:
        """Without those that only carry a meeting of two companies: no list shows them."""
        return self.exclude(kind=Event.Kind.DIRECT)

    def published(self) -> Self:
        """Events that the world knows of; a cancelled one stays to say that it is."""
        return self.of_chambers().filter(is_published=True)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """What is published; beyond that the events one looks after."""
        if not user.is_authenticated:
            return self.published()
        served = Q(pk__in=Event.objects.served_by(user).values("pk"))
        shown = self.of_chambers()
        return shown if user.is_superuser else shown.filter(Q(is_published=True) | served)

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Events that a chamber where ``user`` works organises or hosts.

        A direct meeting is its companies' own: nobody else looks after it.
        """
        if user.is_superuser:
            return self.of_chambers()
        mine = Chamber.objects.served_by(user).values("pk")
        hosted = Event.hosts.through.objects.filter(chamber__in=mine).values("event")
        return self.of_chambers().filter(Q(chamber__in=mine) | Q(pk__in=hosted))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Events of the chambers that ``user`` manages: the organiser decides, hosts read."""
        if user.is_superuser:
            return self.of_chambers()
        return self.of_chambers().filter(chamber__in=Chamber.objects.managed_by(user))

    def ahead(self, at: dt.datetime | None = None) -> Self:
        """Events that go on or are to come, but for cancelled ones."""
        return self.filter(cancelled_at=None).not_over(at)

    def not_over(self, at: dt.datetime | None = None) -> Self:
        """Events whose last day is not over, by the clock of their place."""
        return self.filter(self._last_day_goes_on(at))

    def over(self, at: dt.datetime | None = None) -> Self:
        """Events whose last day is over, by the clock of their place."""
        return self.exclude(self._last_day_goes_on(at))

    def _last_day_goes_on(self, at: dt.datetime | None) -> Q:
        """Asks for the zones of the events: where it is which day is known here, not there."""
        now = at or timezone.now()
        found = Q(pk__in=[])
        days: dict[dt.date, list[str]] = {}
        for zone in self.order_by().values_list("zone", flat=True).distinct():
            days.setdefault(now.astimezone(ZoneInfo(zone)).date(), []).append(zone)
        for day, zones in days.items():
            found |= Q(zone__in=zones, ends_on__gte=day)
        return found


class Event(PublicModel):
    """Where companies meet: days at a place or online, with dates up to which one may do what."""

    class Kind(models.TextChoices):
        EXHIBITION = "exhibition", _("Exhibition")
        FORUM = "forum", _("Forum")
        MISSION = "mission", _("Trade mission")
        ONLINE = "online", _("Online round")
        COUNCIL = "council", _("Council sitting")
        TRAINING = "training", _("Training")
        DIRECT = "direct", _("Direct meeting")

    HELD_BY_CHAMBERS = tuple(kind for kind in Kind if kind != "direct")
    """Kinds that a chamber announces; beside them there is what carries one direct meeting."""

    class SamePartner(models.TextChoices):
        FORBID = "forbid", _("forbidden")
        WARN = "warn", _("allowed with a warning")
        ALLOW = "allow", _("allowed")

    class Stage(models.TextChoices):
        SET_UP = "set_up", _("Set-up")
        REGISTRATION = "registration", _("Registration")
        REQUESTS = "requests", _("Requests for meetings")
        PROVISIONAL = "provisional", _("Provisional timetable")
        FINAL = "final", _("Final timetable")
        EVENT = "event", _("Event")
        FEEDBACK = "feedback", _("Feedback")

    chamber = models.ForeignKey(
        Chamber, models.PROTECT, related_name="events", verbose_name=_("organiser")
    )
    hosts = models.ManyToManyField(
        Chamber, blank=True, related_name="hosted_events", verbose_name=_("hosts")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.JSONField(_("name"), validators=[validate_texts])
    theme = models.JSONField(_("theme"), default=dict, blank=True, validators=[validate_texts])
    place = models.CharField(_("place"), max_length=200, blank=True)
    place_names = models.JSONField(
        _("place in other languages"),
        default=dict,
        blank=True,
        validators=[validate_texts],
        help_text=_("Who reads none of them reads the place as it stands above."),
    )
    desk_phone = models.CharField(
        _("phone of the desk"),
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text=_("Stands on the page of the event and in reminders of meetings."),
    )
    zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    registration_opens_at = models.DateTimeField(_("registration opens"), null=True, blank=True)
    registration_closes_at = models.DateTimeField(_("registration closes"), null=True, blank=True)
    requests_open_at = models.DateTimeField(_("requests open"), null=True, blank=True)
    requests_close_at = models.DateTimeField(_("requests close"), null=True, blank=True)
    provisional_at = models.DateTimeField(_("provisional timetable"), null=True, blank=True)
    final_at = models.DateTimeField(_("final timetable"), null=True, blank=True)
    is_published = models.BooleanField(_("published"), default=False)
    members_only = models.BooleanField(
        _("members only"),
        default=True,
        help_text=_("Only companies that are members of a chamber may register."),
    )
    request_quota = models.PositiveSmallIntegerField(
        _("open requests"),
        default=20,
        help_text=_("As many requests of one company may wait for an answer at once."),
    )
    meetings_least = models.PositiveSmallIntegerField(
        _("meetings at least"), default=0, help_text=_("As many as each company should get.")
    )
    meetings_most = models.PositiveSmallIntegerField(
        _("meetings at most"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    walking_minutes = models.PositiveSmallIntegerField(
        _("minutes to walk"),
        default=0,
        help_text=_("Free minutes after each meeting of a person."),
    )
    hall_minutes = models.PositiveSmallIntegerField(
        _("minutes to another hall"),
        default=0,
        help_text=_(
            "Where somebody has less between two meetings, tables in the same hall are chosen as"
            " far as there are any. 0: halls are near each other."
        ),
    )
    most_in_a_row = models.PositiveSmallIntegerField(
        _("meetings in a row at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "After so many a timetable gives a person a free time; a longer meeting counts as"
            " several. Empty: no limit."
        ),
    )
    freeze_minutes = models.PositiveSmallIntegerField(
        _("freeze window, minutes"),
        default=60,
        help_text=_("Nothing that begins within these minutes is moved."),
    )
    fairness = models.PositiveSmallIntegerField(
        _("fairness"),
        null=True,
        blank=True,
        help_text=_("By how many breaks people may differ at most. Empty: no limit."),
    )
    same_partner_rule = models.CharField(
        _("second meeting of the same companies"),
        max_length=6,
        choices=SamePartner.choices,
        default=SamePartner.FORBID,
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    display_digest = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="event_ends_after_it_starts",
                violation_error_message=_("An event cannot end before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(registration_opens_at=None)
                | Q(registration_closes_at=None)
                | Q(registration_closes_at__gt=F("registration_opens_at")),
                name="event_registration_closes_after_it_opens",
                violation_error_message=_("Registration cannot close before it opens."),
            ),
            models.CheckConstraint(
                condition=Q(requests_open_at=None)
                | Q(requests_close_at=None)
                | Q(requests_close_at__gt=F("requests_open_at")),
                name="event_requests_close_after_they_open",
                violation_error_message=_("Requests cannot close before they open."),
            ),
            models.CheckConstraint(
                condition=Q(provisional_at=None)
                | Q(final_at=None)
                | Q(final_at__gte=F("provisional_at")),
                name="event_final_timetable_comes_last",
                violation_error_message=_(
                    "The final timetable cannot come before the provisional one."
                ),
            ),
            models.CheckConstraint(
                condition=Q(meetings_most=None) | Q(meetings_most__gte=F("meetings_least")),
                name="event_meetings_are_ordered",
                violation_error_message=_("At most cannot be fewer than at least."),
            ),
            # Also what an address of a screen is looked up by.
            models.UniqueConstraint(
                fields=["display_digest"],
                condition=~Q(display_digest=""),
                name="one_event_per_display",
                violation_error_message=_("This address leads to another event."),
            ),
        ]
        indexes = [
            models.Index(fields=["is_published", "starts_on", "id"], name="event_by_date"),
            models.Index(fields=["chamber", "starts_on"], name="event_of_chamber"),
        ]

    def __str__(self) -> str:
        return f"{self.named()[0]}, {date_format(self.starts_on)}"

    @property
    def is_direct(self) -> bool:
        """Whether it only carries one meeting that companies arrange themselves."""
        return self.kind == self.Kind.DIRECT

    def named(self, language: str | None = None) -> tuple[str, str]:
        """(name, its language); see ``in_language``."""
        return in_language(self.name, language)

    def themed(self, language: str | None = None) -> tuple[str, str]:
        """(theme, its language); see ``in_language``."""
        return in_language(self.theme, language)

    @property
    def told_place(self) -> str:
        """The place as its reader calls it."""
        return in_own_words(self.place_names, self.place)

    @property
    def clock(self) -> ZoneInfo:
        """The zone of the place."""
        return ZoneInfo(self.zone)

    @property
    def begins_at(self) -> dt.datetime:
        """Midnight before its first day, at the place."""
        return dt.datetime.combine(self.starts_on, dt.time(), self.clock)

    @property
    def over_at(self) -> dt.datetime:
        """Midnight after its last day, at the place."""
        return dt.datetime.combine(self.ends_on + dt.timedelta(days=1), dt.time(), self.clock)

    def takes_registrations(self, at: dt.datetime | None = None) -> bool:
        """Whether a company may register now."""
        now = at or timezone.now()
        return self._open(self.registration_opens_at, self.registration_closes_at, now)

    def takes_requests(self, at: dt.datetime | None = None) -> bool:
        """Whether a company may ask another for a meeting now."""
        now = at or timezone.now()
        return self._open(self.requests_open_at, self.requests_close_at, now)

    def awaits_timetable(self, at: dt.datetime | None = None) -> bool:
        """Whether times are still to be set by a timetable."""
        return self.provisional_at is not None and (at or timezone.now()) < self.provisional_at

    @property
    def last_timetable_at(self) -> dt.datetime | None:
        """When the final timetable is due, or the provisional one where there is no other date."""
        return self.final_at or self.provisional_at

    def stages(self) -> list[tuple[Stage, dt.datetime | None]]:
        """The process line: each stage and when it begins; None where no date is set."""
        stage = self.Stage
        return [
            (stage.SET_UP, None),
            (stage.REGISTRATION, self.registration_opens_at),
            (stage.REQUESTS, self.requests_open_at),
            (stage.PROVISIONAL, self.provisional_at),
            (stage.FINAL, self.final_at),
            (stage.EVENT, self.begins_at),
            (stage.FEEDBACK, self.over_at),
        ]

    def stage_at(self, at: dt.datetime | None = None) -> Stage:
        """Where on the process line the event is: the last stage that has begun.

        A timetable that is published before its date begins its stage.
        """
        order = list(self.Stage)
        return max(self.stage_by_dates(at), self.stage_published, key=order.index)

    def stage_by_dates(self, at: dt.datetime | None = None) -> Stage:
        """The last stage whose date has come, whatever is published."""
        now = at or timezone.now()
        begun = [stage for stage, since in self.stages() if since is not None and since <= now]
        return begun[-1] if begun else self.Stage.SET_UP

    @property
    def stage_published(self) -> Stage:
        """The stage of the timetable in force; a list reads it along (``selectors.events``)."""
        if "timetable_in_force" in self.__dict__:
            status = self.__dict__["timetable_in_force"]
        else:
            status = self.timetables.in_force().values_list("status", flat=True).first()
        return self.Stage(status) if status else self.Stage.SET_UP

    def _open(
        self, opens: dt.datetime | None, closes: dt.datetime | None, now: dt.datetime
    ) -> bool:
        return (
            self.is_published
            and self.cancelled_at is None
            and (opens is None or opens <= now)
            and now < (closes or self.over_at)
        )

"""What an event consists of: halls, tables, slots, sessions, groups, interpreters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.models import (
    Chamber,
    PublicModel,
    ScopedQuerySet,
    in_language,
    in_own_words,
    validate_texts,
)
from marketplace.models.events import Event, EventQuerySet
from marketplace.models.names import NameField

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class PartQuerySet(ScopedQuerySet):
    """Parts of an event: seen and kept by those who see and keep the event."""

    path = "event"

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self._of(Event.objects.visible_to(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self._of(Event.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self._of(Event.objects.managed_by(user))

    def _of(self, events: EventQuerySet) -> Self:
        return self.filter(**{f"{self.path}__in": events})


class StaffPartQuerySet(PartQuerySet):
    """Parts of an event that only its staff sees."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.served_by(user)


class Hall(PublicModel):
    """A room or pavilion of an event."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="halls", verbose_name=_("event"))
    name = models.CharField(_("name"), max_length=80)
    names = models.JSONField(
        _("name in other languages"),
        default=dict,
        blank=True,
        validators=[validate_texts],
        help_text=_("Who reads none of them reads the name as it stands above."),
    )

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("hall")
        verbose_name_plural = _("halls")
        ordering = ["event", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "name"],
                name="one_hall_per_name",
                violation_error_code="hall_exists",
                violation_error_message=_("The event has a hall of this name."),
            )
        ]

    def __str__(self) -> str:
        return in_own_words(self.names, self.name)


class TableQuerySet(PartQuerySet):
    def shared(self) -> Self:
        """Tables for anybody, in the order in which they are given out."""
        return self.filter(owner=None).order_by("hall", "number")


class Table(PublicModel):
    """A place for one meeting at a time: a shared table, or the booth of a company."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="tables", verbose_name=_("event"))
    hall = models.ForeignKey(
        Hall,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="tables",
        verbose_name=_("hall"),
    )
    number = models.PositiveSmallIntegerField(_("number"))
    has_screen = models.BooleanField(
        _("screen"), default=False, help_text=_("For meetings with somebody who is remote.")
    )
    seats = models.PositiveSmallIntegerField(_("seats"), default=4)
    owner = models.ForeignKey(
        "marketplace.Registration",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="booths",
        verbose_name=_("booth of"),
        help_text=_("Empty: a shared table."),
    )

    objects = TableQuerySet.as_manager()

    class Meta:
        verbose_name = _("table")
        verbose_name_plural = _("tables")
        ordering = ["event", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "number"],
                name="one_table_per_number",
                violation_error_code="table_exists",
                violation_error_message=_("The event has a table of this number."),
            ),
            models.CheckConstraint(
                condition=Q(seats__gte=2),
                name="table_seats_two",
                violation_error_message=_("A table has two seats or more."),
            ),
        ]

    def __str__(self) -> str:
        if self.owner_id is not None:
            return gettext("booth %(number)d") % {"number": self.number}
        return gettext("table %(number)d") % {"number": self.number}


class Slot(PublicModel):
    """A time in which meetings may be; slots of several lengths may lie over each other."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="slots", verbose_name=_("event"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    # The zone of the event and its minutes ahead of UTC then, as first known; see selectors.clocks.
    noted_clock = models.CharField(
        _("clock"), max_length=80, blank=True, default="", db_default="", editable=False
    )

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["starts_at", "ends_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "starts_at", "ends_at"],
                name="one_slot_per_time",
                violation_error_code="slot_exists",
                violation_error_message=_("The event has a slot of this time."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="slot_ends_after_it_starts",
                violation_error_message=_("A slot cannot end before it starts."),
            ),
        ]

    def __str__(self) -> str:
        clock = self.event.clock
        first, last = self.starts_at.astimezone(clock), self.ends_at.astimezone(clock)
        return f"{first:%Y-%m-%d %H:%M}–{last:%H:%M}"

    @property
    def minutes(self) -> int:
        """Its length."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


class Session(PublicModel):
    """Part of the programme: a plenary, a section with its meetings, a visit, a break."""

    class Kind(models.TextChoices):
        PLENARY = "plenary", _("Plenary")
        SECTION = "section", _("Section")
        SITE_VISIT = "site_visit", _("Site visit")
        COUNCIL = "council", _("Council sitting")
        BREAK = "break", _("Break")

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="sessions", verbose_name=_("event")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    title = models.JSONField(_("title"), validators=[validate_texts])
    chair = models.CharField(_("chair"), max_length=200, blank=True)
    hall = models.ForeignKey(
        Hall,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("hall"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="session_ends_after_it_starts",
                violation_error_message=_("A session cannot end before it starts."),
            )
        ]
        indexes = [models.Index(fields=["event", "starts_at"], name="session_of_event")]

    def __str__(self) -> str:
        return self.titled()[0]

    def holds(self, slot: Slot) -> bool:
        """Whether a slot lies within its hours."""
        return self.starts_at <= slot.starts_at and slot.ends_at <= self.ends_at

    def titled(self, language: str | None = None) -> tuple[str, str]:
        """(title, its language); see ``in_language``."""
        return in_language(self.title, language)


class Group(PublicModel):
    """A kind of participants, such as buyers and suppliers."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="groups", verbose_name=_("event"))
    name = models.JSONField(_("name"), validators=[validate_texts])

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["event", "pk"]

    def __str__(self) -> str:
        return self.named()[0]

    def named(self, language: str | None = None) -> tuple[str, str]:
        """(name, its language); see ``in_language``."""
        return in_language(self.name, language)


class GroupRule(models.Model):
    """Two groups whose companies may meet; an event without rules lets everybody meet."""

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="group_rules", verbose_name=_("event")
    )
    first = models.ForeignKey(Group, models.CASCADE, related_name="+", verbose_name=_("group"))
    second = models.ForeignKey(Group, models.CASCADE, related_name="+", verbose_name=_("may meet"))

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule of who meets whom")
        verbose_name_plural = _("who meets whom")
        ordering = ["event", "first", "second"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "first", "second"],
                name="one_rule_per_groups",
                violation_error_code="rule_exists",
                violation_error_message=_("This rule exists."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.first} × {self.second}"


class Delegation(PublicModel):
    """Companies that a chamber brings to an event."""

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="delegations", verbose_name=_("event")
    )
    chamber = models.ForeignKey(
        Chamber, models.PROTECT, related_name="delegations", verbose_name=_("chamber")
    )
    name = models.JSONField(_("name"), validators=[validate_texts])
    leader = models.CharField(_("leader"), max_length=150, blank=True)
    seats = models.PositiveSmallIntegerField(
        _("seats"), null=True, blank=True, help_text=_("Empty: no limit.")
    )

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["event", "pk"]

    def __str__(self) -> str:
        return self.named()[0]

    def named(self, language: str | None = None) -> tuple[str, str]:
        """(name, its language); see ``in_language``."""
        return in_language(self.name, language)


class Interpreter(PublicModel):
    """Somebody who interprets at an event, one meeting at a time."""

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="interpreters", verbose_name=_("event")
    )
    name = NameField(_("name"), max_length=150)
    languages = ArrayField(
        models.CharField(max_length=2), verbose_name=_("languages"), help_text=_("ISO 639-1 codes")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )

    objects = StaffPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("interpreter")
        verbose_name_plural = _("interpreters")
        ordering = ["event", "name", "pk"]

    def __str__(self) -> str:
        return self.name

    def told_instead(self) -> str:
        """What stands for the name of somebody who has deleted their account."""
        return gettext("an interpreter")


class InterpreterAwayQuerySet(StaffPartQuerySet):
    path = "interpreter__event"


class InterpreterAway(models.Model):
    """A slot in which an interpreter is not there."""

    interpreter = models.ForeignKey(
        Interpreter, models.CASCADE, related_name="away", verbose_name=_("interpreter")
    )
    slot = models.ForeignKey(Slot, models.CASCADE, related_name="+", verbose_name=_("slot"))

    objects = InterpreterAwayQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence of an interpreter")
        verbose_name_plural = _("absences of interpreters")
        ordering = ["interpreter", "slot"]
        constraints = [
            models.UniqueConstraint(
                fields=["interpreter", "slot"], name="interpreter_is_away_once_per_slot"
            )
        ]

    def __str__(self) -> str:
        return f"{self.interpreter}, {self.slot}"


class TableClosedQuerySet(StaffPartQuerySet):
    path = "table__event"


class TableClosed(models.Model):
    """A slot in which a table cannot be used: it broke, or its hall is lost."""

    table = models.ForeignKey(Table, models.CASCADE, related_name="closed", verbose_name=_("table"))
    slot = models.ForeignKey(Slot, models.CASCADE, related_name="+", verbose_name=_("slot"))

    objects = TableClosedQuerySet.as_manager()

    class Meta:
        verbose_name = _("closing of a table")
        verbose_name_plural = _("closings of tables")
        ordering = ["table", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["table", "slot"], name="table_is_closed_once_per_slot")
        ]

    def __str__(self) -> str:
        return f"{self.table}, {self.slot}"

"""Who takes part in an event, who of a company comes, and when they are away."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, PublicModel, ScopedQuerySet
from marketplace.models.events import Event
from marketplace.models.names import NameField
from marketplace.models.parts import Delegation, Group, Slot

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

# Neither zero nor O, one nor I: a code is also read aloud and typed in at the desk.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_badge_code() -> str:
    """Ten random letters, 50 bits: nobody guesses another's badge."""
    return "".join(secrets.choice(_LETTERS) for _letter in range(10))


class RegistrationQuerySet(ScopedQuerySet):
    def at_events(self) -> Self:
        """Without those that only carry a direct meeting; see ``EventQuerySet.of_chambers``."""
        return self.exclude(event__kind=Event.Kind.DIRECT)

    def taking_part(self) -> Self:
        """Those who come, as far as is decided."""
        return self.filter(status=Registration.Status.ADMITTED)

    def alive(self) -> Self:
        """All that were neither refused nor withdrawn."""
        return self.exclude(status__in=Registration.OVER)

    def run_by(self, user: User | AnonymousUser) -> Self:
        """Registrations of the companies that ``user`` speaks for."""
        return self.filter(company__in=Company.objects.run_by(user))

    def edited_by(self, user: User | AnonymousUser) -> Self:
        """Registrations of the companies for which ``user`` may decide."""
        return self.filter(company__in=Company.objects.edited_by(user))

    def listed_for(self, user: User | AnonymousUser) -> Self:
        """Who agreed to be listed, for those who take part in the same event themselves.

        Who has only applied, or waits for a place, does not take part yet: else anybody could read
        names and addresses by registering for an event. A company that has excluded one of the
        reader's companies is not there for them, nor is one that they have excluded.
        """
        mine = Company.objects.run_by(user).values("pk")
        excluded = Company.excluded_companies.through.objects
        return (
            self.taking_part()
            .exclude(consent=Registration.Consent.NOT_LISTED)
            .filter(
                Exists(
                    Registration.objects.taking_part()
                    .run_by(user)
                    .filter(event=OuterRef("event"), event__is_published=True)
                )
            )
            .exclude(Exists(excluded.filter(from_company=OuterRef("company"), to_company__in=mine)))
            .exclude(Exists(excluded.filter(to_company=OuterRef("company"), from_company__in=mine)))
        )

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own, those one looks after, and who else comes, by their consent."""
        if user.is_superuser:
            return self.all()
        shown = (self.run_by(user), self.served_by(user), self.listed_for(user))
        where = Q()
        for some in shown:
            where |= Q(pk__in=some.values("pk"))
        return self.filter(where)

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Those of one's events, and one's own members at the events of others."""
        if user.is_superuser:
            return self.at_events()
        return self.at_events().filter(
            Q(event__in=Event.objects.served_by(user).values("pk"))
            | Q(Exists(Company.objects.members_served_by(user).filter(pk=OuterRef("company"))))
        )

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Those of the events that one manages."""
        return self.filter(event__in=Event.objects.managed_by(user))


class Registration(PublicModel):
    """A company at an event."""

    class Status(models.TextChoices):
        APPLIED = "applied", _("Applied")
        ADMITTED = "admitted", _("Admitted")
        WAITING = "waiting", _("On the waiting list")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Consent(models.TextChoices):
        NOT_LISTED = "not_listed", _("Not listed")
        LISTED = "listed", _("Listed without contact")
        LISTED_WITH_CONTACT = "listed_with_contact", _("Listed with contact")

    OVER = (Status.REFUSED, Status.WITHDRAWN)

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="registrations", verbose_name=_("event")
    )
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="registrations", verbose_name=_("company")
    )
    group = models.ForeignKey(
        Group,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="registrations",
        verbose_name=_("group"),
    )
    delegation = models.ForeignKey(
        Delegation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="registrations",
        verbose_name=_("delegation"),
    )
    status = models.CharField(
        _("status"), max_length=9, choices=Status.choices, default=Status.APPLIED
    )
    consent = models.CharField(
        _("who sees that we come"),
        max_length=19,
        choices=Consent.choices,
        default=Consent.NOT_LISTED,
    )
    quota = models.PositiveSmallIntegerField(
        _("open requests"), null=True, blank=True, help_text=_("Empty: as the event says.")
    )
    meetings_most = models.PositiveSmallIntegerField(
        _("meetings at most"), null=True, blank=True, help_text=_("Empty: as the event says.")
    )
    languages = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        verbose_name=_("languages"),
        help_text=_("ISO 639-1 codes; empty: those of the company."),
    )
    reason = models.TextField(_("reason"), blank=True, max_length=2000)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("registered by"),
    )
    registered_at = models.DateTimeField(_("registered"), default=timezone.now, editable=False)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    window_told_at = models.DateTimeField(
        _("told that requests are open"), null=True, blank=True, editable=False
    )
    idle_told_at = models.DateTimeField(
        _("reminded that it has asked nobody"), null=True, blank=True, editable=False
    )

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["event", "company__legal_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "company"],
                name="one_registration_per_event",
                violation_error_code="already_registered",
                violation_error_message=_("This company is registered for the event already."),
            ),
            models.CheckConstraint(
                condition=~Q(status="refused") | ~Q(reason=""),
                name="refused_registration_has_a_reason",
                violation_error_message=_("Say why the registration is refused."),
            ),
        ]
        indexes = [models.Index(fields=["event", "status"], name="registration_of_event")]

    def __str__(self) -> str:
        return f"{self.company}, {self.event}"

    @property
    def is_over(self) -> bool:
        """Whether it was refused or withdrawn."""
        return self.status in self.OVER

    @property
    def most_requests(self) -> int:
        """As many requests of it may be open at once."""
        return self.event.request_quota if self.quota is None else self.quota

    @property
    def most_meetings(self) -> int | None:
        """As many meetings it may have; None: no limit."""
        return self.event.meetings_most if self.meetings_most is None else self.meetings_most

    @property
    def speaks(self) -> list[str]:
        """Its languages here, else those of the company."""
        return self.languages or self.company.languages


class OfRegistrationQuerySet(ScopedQuerySet):
    """What belongs to a registration and only its company and the event's staff see."""

    path = "registration"

    def visible_to(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        own = Registration.objects.run_by(user).values("pk")
        served = Registration.objects.served_by(user).values("pk")
        return self.filter(Q(**{f"{self.path}__in": own}) | Q(**{f"{self.path}__in": served}))

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(**{f"{self.path}__in": Registration.objects.served_by(user)})

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(**{f"{self.path}__in": Registration.objects.managed_by(user)})


class ParticipantQuerySet(OfRegistrationQuerySet):
    def taking_part(self) -> Self:
        """People of those who come."""
        return self.coming().filter(registration__in=Registration.objects.taking_part())

    def coming(self) -> Self:
        """Without those who no longer come, and are kept for their earlier meetings."""
        return self.filter(left_at=None)


class Participant(PublicModel):
    """A person whom a company sends to an event; the calendar that meetings go into."""

    class Presence(models.TextChoices):
        ON_SITE = "on_site", _("On site")
        REMOTE = "remote", _("Remote")

    registration = models.ForeignKey(
        Registration, models.CASCADE, related_name="participants", verbose_name=_("registration")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="participations",
        verbose_name=_("person"),
        help_text=_("Who signs in and reads this timetable."),
    )
    NAME_LENGTH = 150
    name = NameField(_("name"), max_length=NAME_LENGTH)
    position = models.CharField(_("position"), max_length=150, blank=True)
    presence = models.CharField(
        _("presence"), max_length=7, choices=Presence.choices, default=Presence.ON_SITE
    )
    badge_code = models.CharField(
        _("badge code"), max_length=10, default=new_badge_code, unique=True, editable=False
    )
    checked_in_at = models.DateTimeField(_("checked in"), null=True, blank=True)
    checked_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("checked in by"),
    )
    left_at = models.DateTimeField(
        _("no longer comes"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Somebody else comes instead; earlier meetings stay in the records."),
    )

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ["registration", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "person"],
                condition=Q(person__isnull=False),
                name="one_participant_per_person",
                violation_error_code="already_participant",
                violation_error_message=_("This person is a participant already."),
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="participant_has_a_name",
                violation_error_message=_("Give the name of the participant."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def told_instead(self) -> str:
        """What stands for the name of who has given none, or has deleted their account."""
        company = self.registration.company.told
        if self.person_id is not None:
            told = gettext("A representative of %(company)s") % {"company": company}
        else:
            told = gettext("a participant of %(company)s") % {"company": company}
        return told[: self.NAME_LENGTH]


class AwayQuerySet(OfRegistrationQuerySet):
    path = "participant__registration"


class Away(models.Model):
    """A slot in which a participant takes no meetings; all others are open."""

    participant = models.ForeignKey(
        Participant, models.CASCADE, related_name="away", verbose_name=_("participant")
    )
    slot = models.ForeignKey(
        Slot, models.CASCADE, related_name="away_participants", verbose_name=_("slot")
    )

    objects = AwayQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["participant", "slot"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "slot"], name="participant_is_away_once_per_slot"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant}, {self.slot}"

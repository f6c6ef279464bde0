"""People and how programs speak for them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from chambers.models.base import PublicModel, ScopedQuerySet, new_public_id

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.companies import Company


# Languages are named in themselves, so these words are not translated.
NOBODY = "erased.invalid"
"""The domain of deleted accounts, which no mail ever reaches (RFC 2606)."""

LANGUAGES = [("en", "English"), ("ru", "Русский"), ("ja", "日本語")]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def validate_zone(value: str) -> None:
    """Refuse what is not an IANA zone name."""
    if value not in _zones():
        raise ValidationError(
            _("%(value)s is no IANA time zone such as Asia/Tokyo."),
            code="bad_zone",
            params={"value": value},
        )


class UserQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Oneself."""
        return self.filter(pk=user.pk)

    def served_by(self, user: User | AnonymousUser) -> Self:
        """People of the companies and chambers that ``user`` looks after."""
        from chambers.models.companies import Representative  # companies are built upon people

        if user.is_superuser:
            return self.all()
        colleagues = User.objects.filter(staff_roles__chamber__staff_roles__person=user.pk)
        speakers = Representative.objects.served_by(user)
        return self.filter(Q(pk__in=colleagues.values("pk")) | Q(pk__in=speakers.values("person")))

    def deciding_for(self, company: Company) -> Self:
        """Its main contacts and representatives with an active account, in a fixed order."""
        from chambers.models.companies import Representative  # companies are built upon people

        voices = Representative.objects.filter(company=company)
        deciding = voices.exclude(role=Representative.Role.VIEWER)
        return self.filter(pk__in=deciding.values("person"), is_active=True).order_by("pk")


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a person who signs in with ``email``; without password they cannot yet."""
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a platform operator; who can make one needs not confirm an address by mail."""
        from allauth.account.models import EmailAddress  # its models are built upon people

        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user


class User(AbstractBaseUser, PermissionsMixin, PublicModel):  # type: ignore[django-manager-missing] # of an untyped base
    """A person. What they may do follows from the companies and chambers they act for."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(
        _("language"),
        max_length=2,
        default="en",
        choices=LANGUAGES,
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_zone]
    )
    is_staff = models.BooleanField(
        _("chamber staff"), default=False, help_text=_("May enter the chambers' administration.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_person_per_email",
                violation_error_message=_("A person with this e-mail exists."),
            )
        ]

    def __str__(self) -> str:
        if not self.name and self.email.endswith(f"@{NOBODY}"):
            return str(_("a deleted account"))
        return self.name or self.email


class Scope(models.TextChoices):
    """What a token may be used for; reading a thing and changing it are apart."""

    CHAMBERS_READ = "chambers:read", _("read chambers")
    COMPANIES_READ = "companies:read", _("read companies")
    COMPANIES_WRITE = "companies:write", _("change what a company asks of partners")
    PROFILE_WRITE = "profile:write", _("change the profile of a company")
    PEOPLE_READ = "people:read", _("read who speaks for a company")
    PEOPLE_WRITE = "people:write", _("change who speaks for a company")
    INVITATIONS_READ = "invitations:read", _("read whom a company invites")
    INVITATIONS_WRITE = "invitations:write", _("invite people to a company and take that back")
    SEARCHES_READ = "searches:read", _("read saved searches")
    SEARCHES_WRITE = "searches:write", _("save, change and delete searches")
    MESSAGES_READ = "messages:read", _("read messages")
    MESSAGES_WRITE = "messages:write", _("write messages, block and report")
    OPPORTUNITIES_READ = "opportunities:read", _("read opportunities")
    OPPORTUNITIES_WRITE = "opportunities:write", _("write, submit and review opportunities")
    INTERESTS_READ = "interests:read", _("read expressions of interest")
    INTERESTS_WRITE = "interests:write", _("express interest, pass it on and answer")
    SUGGESTIONS_READ = "suggestions:read", _("read suggestions")
    RUNS_READ = "runs:read", _("read matching runs")
    RUNS_WRITE = "runs:write", _("start and stop matching runs")
    EVENTS_READ = "events:read", _("read events and who comes")
    EVENTS_WRITE = "events:write", _("register for events and change that")
    MEETINGS_READ = "meetings:read", _("read requests, meetings and availability")
    MEETINGS_WRITE = "meetings:write", _("ask for meetings, answer and cancel")
    OUTCOMES_READ = "outcomes:read", _("read what came of meetings, amounts too")
    OUTCOMES_WRITE = "outcomes:write", _("report what came of meetings, confirm and withdraw it")
    TIMETABLES_READ = "timetables:read", _("read timetables of events")
    TIMETABLES_WRITE = "timetables:write", _("make and publish timetables of events")


class ApiTokenQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own."""
        return self.filter(user=user.pk)

    def served_by(self, user: User | AnonymousUser) -> Self:
        """One's own: a key is nobody else's business, except a superuser's who ends it."""
        return self.all() if user.is_superuser else self.visible_to(user)

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.served_by(user)


class ApiToken(AbstractAuthToken):
    """A program's key: stored hashed, shown once, limited in scope and time."""

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100, help_text=_("What uses this token."))
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope.choices), default=list)
    last_used_on = models.DateField(_("last used"), null=True, blank=True, editable=False)

    scoped = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(condition=Q(expiry__isnull=False), name="api_token_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key[:8]}…)"

    @property
    def labels(self) -> list[str]:
        """What it may be used for, in the reader's language."""
        return [str(Scope(one).label) for one in self.scopes]

    @property
    def is_over(self) -> bool:
        """Whether its last moment is past."""
        return self.expiry is not None and self.expiry <= timezone.now()

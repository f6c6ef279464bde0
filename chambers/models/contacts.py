"""Companies that have opened their contacts to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models.base import ScopedQuerySet
from chambers.models.companies import Company

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User


class ContactQuerySet(ScopedQuerySet):
    def of(self, company: Company) -> Self:
        """Contacts in which ``company`` is either side."""
        return self.filter(Q(one=company) | Q(other=company))

    def between(self, one: Company, other: Company) -> Self:
        """The contact of two companies, whoever stands first; at most one."""
        return self.filter(Q(one=one, other=other) | Q(one=other, other=one))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of the companies one speaks for."""
        if user.is_superuser:
            return self.all()
        mine = Company.objects.run_by(user).values("pk")
        return self.filter(Q(one__in=mine) | Q(other__in=mine))


class Contact(models.Model):
    """Two companies that agreed to know each other: fields kept for that level are open to both.

    What brought them together says so itself; here stands only that they agreed, and since when.
    """

    one = models.ForeignKey(
        Company, models.CASCADE, related_name="contacts_as_one", verbose_name=_("company")
    )
    other = models.ForeignKey(
        Company, models.CASCADE, related_name="contacts_as_other", verbose_name=_("other company")
    )
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("open contact")
        verbose_name_plural = _("open contacts")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                Least("one", "other"),
                Greatest("one", "other"),
                name="one_contact_per_pair",
                violation_error_message=_("These companies know each other already."),
            ),
            models.CheckConstraint(
                condition=~Q(one=F("other")),
                name="contact_has_two_companies",
                violation_error_message=_("A company cannot open its contacts to itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one} – {self.other}"

"""Files that a company keeps here: its logo and brochures, and papers for its chamber."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chambers.models.base import PublicModel, ScopedQuerySet
from chambers.models.companies import Company

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User

ENDINGS = {
    "image/webp": "webp",
    "image/jpeg": "jpg",
    "application/pdf": "pdf",
}
"""What is stored, by content: pictures are made anew as one of two kinds, papers are PDF."""


FOLDER = "documents"
"""Below it everything that is stored belongs to a row of ``Document``."""


class DocumentQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Logos of companies that ``user`` may see, their brochures if shown, and all one's own.

        A brochure's level is asked by ``chambers.selectors.shown``: rows come before fields.
        """
        seen = Company.objects.visible_to(user).values("pk")
        shown = Q(kind__in=Document.SHOWN, company__in=seen)
        if not user.is_authenticated:
            return self.filter(shown)
        if user.is_superuser:
            return self.all()
        own = Q(company__in=Company.objects.run_by(user).values("pk"))
        return self.filter(shown | own)

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Those of the companies that ``user`` looks after."""
        if user.is_superuser:
            return self.all()
        return self.filter(company__in=Company.objects.served_by(user).values("pk"))


def place_of(document: Document, _name: str) -> str:
    """Where a file stands: by its public id alone, never by what somebody called it."""
    key = str(document.public_id)
    return f"{FOLDER}/{key[-2:]}/{key}.{ENDINGS[document.content_type]}"


class Document(PublicModel):
    """A checked file; its bytes never change, another version is another row."""

    class Kind(models.TextChoices):
        LOGO = "logo", _("logo")
        BROCHURE = "brochure", _("brochure")
        EXTRACT = "extract", _("registration extract")
        EVIDENCE = "evidence", _("evidence")

    SHOWN = (Kind.LOGO, Kind.BROCHURE)

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="documents", verbose_name=_("company")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(
        _("language"), max_length=2, blank=True, help_text=_("ISO 639-1; empty: of no language.")
    )
    file = models.FileField(_("file"), upload_to=place_of, max_length=200)
    content_type = models.CharField(
        _("content type"), max_length=40, choices=[(one, one) for one in ENDINGS]
    )
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["company"],
                condition=Q(kind="logo"),
                name="one_logo_per_company",
                violation_error_code="logo_exists",
                violation_error_message=_("The company has a logo already."),
            ),
            models.CheckConstraint(
                condition=Q(kind="logo", content_type="image/webp") | ~Q(kind="logo"),
                name="logo_is_a_picture",
                violation_error_message=_("A logo is a picture."),
            ),
            models.CheckConstraint(
                condition=Q(content_type__in=list(ENDINGS)),
                name="document_content_is_known",
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="document_has_a_digest"
            ),
        ]
        indexes = [models.Index(fields=["company", "kind"], name="document_of_company")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Whether a page may show it in place; we made these bytes ourselves."""
        return self.content_type.startswith("image/")

"""What every model shares: public ids, texts in several languages, scoped querysets."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import uuid_utils.compat
from django.contrib.postgres.fields import DateRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User


SITE_LANGUAGES = ("en", "ru", "ja")


def new_public_id() -> uuid.UUID:
    """A UUIDv7: sortable by time, safe to show; an id is no secret."""
    return uuid_utils.compat.uuid7()


def today() -> dt.date:
    """The day by which first and last days are judged: the one in UTC, for everybody.

    Not ``timezone.localdate``, which follows the reader's zone: a page, an endpoint and a task
    would then disagree for hours on who is a member and what is on show.
    """
    return timezone.now().date()


class Days(models.Func):
    """The days from the first to the last, both included; no last day leaves the end open."""

    function = "DATERANGE"
    output_field = DateRangeField()


def site_language() -> str:
    """The reader's language as one of ``SITE_LANGUAGES``."""
    language = (get_language() or "en")[:2]
    return language if language in SITE_LANGUAGES else "en"


def in_language(texts: Mapping[str, str], language: str | None = None) -> tuple[str, str]:
    """The text in ``language`` if there is one, else English, else any: (text, its language).

    ``("", language)`` when there is no text at all.
    """
    wanted = language or site_language()
    for code in (wanted, "en", *texts):
        if texts.get(code):
            return texts[code], code
    return "", wanted


def in_own_words(texts: Mapping[str, str], otherwise: str, language: str | None = None) -> str:
    """How readers of ``language`` call what has a name of its own: else by that name."""
    return texts.get(language or site_language()) or otherwise


def validate_texts(value: object) -> None:
    """Refuse anything but {ISO 639-1 code: text}."""
    if not isinstance(value, dict) or not all(
        isinstance(code, str)
        and len(code) == 2
        and code.isalpha()
        and code.islower()
        and isinstance(text, str)
        for code, text in value.items()
    ):
        raise ValidationError(
            _("Give texts as {language: text}, with two-letter language codes."), code="bad_texts"
        )


class ScopedQuerySet(models.QuerySet):
    """A queryset that shows nothing to anybody until its model says otherwise."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Rows that pages and endpoints may show to ``user``."""
        return self.none()

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Rows that ``user`` looks after as chamber staff; all of them for a superuser."""
        return self.all() if user.is_superuser else self.none()

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Rows that ``user`` may change as chamber staff; all of them for a superuser."""
        return self.all() if user.is_superuser else self.none()


class PublicModel(models.Model):
    """A row the world may name: by ``public_id``, never by its integer key."""

    public_id = models.UUIDField(_("public id"), default=new_public_id, unique=True, editable=False)

    class Meta:
        abstract = True

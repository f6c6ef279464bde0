"""Versions of the rules: the constants of the score, as data that people put in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chambers.models import Chamber
from matching.engine import Weights
from matching.models.versions import Version, VersionQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class WeightSetQuerySet(VersionQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The rules in force are everybody's to read."""
        return self.in_force()

    def served_by(self, user: User | AnonymousUser) -> Self:
        """They concern every chamber: any staff may read all of them."""
        if user.is_superuser or Chamber.objects.served_by(user).exists():
            return self.all()
        return self.none()


class WeightSet(Version):
    """One version of the constants: a draft until a person puts it in force, kept for ever."""

    version = models.CharField(
        _("version"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z._-]*\Z")],
        error_messages={"unique": _("There is a set of this version.")},
    )
    values = models.JSONField(_("constants"), default=dict, blank=True)
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("made from"),
    )
    evaluation = models.JSONField(_("evaluation"), default=dict, blank=True)

    objects = WeightSetQuerySet.as_manager()

    class Meta(Version.Meta):
        verbose_name = _("set of weights")
        verbose_name_plural = _("sets of weights")
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="in_force"),
                name="one_weight_set_in_force",
                violation_error_code="already_in_force",
                violation_error_message=_("Another set has just been put in force. Look again."),
            ),
            Version.is_dated("weight_set_in_force_says_since_when"),
        ]

    def __str__(self) -> str:
        return self.version

    def clean(self) -> None:
        """Refuse constants that the engine refuses, and the name of the engine's own."""
        if self.version == Weights().version:
            taken = _("The constants that came with the program have this name.")
            raise ValidationError({"version": ValidationError(taken, code="engines_own")})
        try:
            self.weights()
        except (TypeError, ValueError) as error:
            refusal = ValidationError(str(error), code="bad_weights")
            raise ValidationError({"values": refusal}) from error

    def weights(self) -> Weights:
        """The constants as the engine reads them; what is not stated is as the engine has it.

        Raises TypeError for a constant that the engine does not know, ValueError for one out of
        its range.
        """
        return Weights(**{**self.values, "version": self.version})

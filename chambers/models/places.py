"""Where cities lie, so that companies can be drawn as dots."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chambers.models.codes import Country, ReferenceQuerySet


class Place(models.Model):
    """A city, found under each of its folded names (see ``chambers.words.fold``)."""

    country = models.ForeignKey(
        Country, models.CASCADE, related_name="places", verbose_name=_("country or region")
    )
    name = models.CharField(_("name"), max_length=120)
    latitude = models.FloatField(_("latitude"), help_text=_("degrees, north is positive"))
    longitude = models.FloatField(_("longitude"), help_text=_("degrees, east is positive"))
    population = models.PositiveIntegerField(_("inhabitants"), default=0)
    is_capital = models.BooleanField(
        _("stands for its country"),
        default=False,
        help_text=_("Companies whose city is not known are drawn here."),
    )
    names = ArrayField(models.CharField(max_length=120), default=list, verbose_name=_("names"))

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["country", "-population", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["country"],
                condition=Q(is_capital=True),
                name="one_place_stands_for_a_country",
            ),
            models.CheckConstraint(
                condition=Q(
                    latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180
                ),
                name="place_is_on_earth",
            ),
        ]
        indexes = [GinIndex(fields=["names"], name="place_names")]

    def __str__(self) -> str:
        return f"{self.name}, {self.country_id}"

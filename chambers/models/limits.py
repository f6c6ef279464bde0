"""What limits a company's partners: its own conditions, and a hold by its chamber."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Certificate(models.TextChoices):
    """Certificates that partners ask of each other across borders."""

    ISO_9001 = "iso9001", _("ISO 9001 (quality)")
    ISO_14001 = "iso14001", _("ISO 14001 (environment)")
    ISO_45001 = "iso45001", _("ISO 45001 (safety at work)")
    ISO_50001 = "iso50001", _("ISO 50001 (energy)")
    ISO_27001 = "iso27001", _("ISO/IEC 27001 (information security)")
    ISO_17025 = "iso17025", _("ISO/IEC 17025 (laboratories)")
    ISO_13485 = "iso13485", _("ISO 13485 (medical devices)")
    ISO_22000 = "iso22000", _("ISO 22000 (food safety)")
    FSSC_22000 = "fssc22000", _("FSSC 22000 (food safety)")
    IATF_16949 = "iatf16949", _("IATF 16949 (automotive)")
    AS_9100 = "as9100", _("AS9100 (aerospace)")
    ISO_3834 = "iso3834", _("ISO 3834 (welding)")
    GMP = "gmp", _("GMP (good manufacturing practice)")
    GDP = "gdp", _("GDP (good distribution practice)")
    HACCP = "haccp", _("HACCP (food hazards)")
    CE = "ce", _("CE marking (European Union)")
    EAC = "eac", _("EAC marking (Eurasian Economic Union)")
    GOST_R = "gostr", _("GOST R (Russia)")
    JIS = "jis", _("JIS mark (Japan)")
    PSE = "pse", _("PSE mark (electrical goods, Japan)")
    CCC = "ccc", _("CCC (China)")
    BIS = "bis", _("BIS (India)")
    UL = "ul", _("UL (product safety)")
    ROHS = "rohs", _("RoHS (hazardous substances)")
    REACH = "reach", _("REACH (chemicals)")
    FSC = "fsc", _("FSC (forests)")
    PEFC = "pefc", _("PEFC (forests)")
    OEKO_TEX = "oekotex", _("OEKO-TEX (textiles)")
    ORGANIC = "organic", _("Organic farming")
    HALAL = "halal", _("Halal")
    KOSHER = "kosher", _("Kosher")
    AEO = "aeo", _("Authorised economic operator (customs)")


def _codes(length: int, choices: Any, name: Any, help_text: Any) -> ArrayField:
    return ArrayField(
        models.CharField(max_length=length, choices=choices),
        default=list,
        blank=True,
        verbose_name=name,
        help_text=help_text,
    )


class MatchingLimits(models.Model):
    """The conditions of a company; nobody but itself and its chambers' staff reads them."""

    class Size(models.TextChoices):
        MICRO = "micro", _("up to 9 people")
        SMALL = "small", _("10 to 49 people")
        MEDIUM = "medium", _("50 to 249 people")
        LARGE = "large", _("250 people or more")

    corporate_group = models.CharField(
        _("corporate group"),
        max_length=200,
        blank=True,
        help_text=_("Companies that name the same group are never suggested to each other."),
    )
    certificates = _codes(
        10, Certificate.choices, _("certificates"), _("Those that the company holds.")
    )
    required_certificates = _codes(
        10,
        Certificate.choices,
        _("certificates asked of partners"),
        _("A partner must hold all of them. Empty: none is asked."),
    )
    accepted_sizes = _codes(
        6,
        Size.choices,
        _("sizes of partners"),
        _("Empty: any. Partners of unknown size are always accepted."),
    )
    accepts_interpreter = models.BooleanField(
        _("works with an interpreter"),
        default=True,
        help_text=_("Otherwise only partners with a common working language are suggested."),
    )
    avoids_competitors = models.BooleanField(
        _("no competitors"),
        default=False,
        help_text=_("Nobody who offers goods of the same trade codes is suggested."),
    )
    held_on = models.DateField(_("on hold since"), null=True, blank=True)
    held_reason = models.TextField(_("reason of the hold"), blank=True, max_length=2000)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("put on hold by"),
    )

    class Meta:
        abstract = True

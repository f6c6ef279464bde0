"""Codes with their labels, and names of bodies: the small parts that answers are made of."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class CountryPart(serializers.Serializer):
    """A country or region."""

    code = serializers.RegexField(r"^[A-Z]{2}$", help_text="ISO 3166-1 alpha-2")
    name = serializers.CharField()


class TradeCodePart(serializers.Serializer):
    """A position of HS 2022 or NACE Rev. 2; codes are text, zeros in front count."""

    scheme = serializers.ChoiceField(["hs", "nace"])
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the framework takes fields out of the class


class NamePart(serializers.Serializer):
    """A body by its id and its name in the reader's language."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()


class TextsField(serializers.DictField):
    """A text in each language it was written in: {ISO 639-1 code: text}."""

    child = serializers.CharField(allow_blank=True)


class QuestionField(serializers.RegexField):
    """Words to search for."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("Words to search for, in any of the languages."))
        super().__init__(r"^[^\x00]{2,100}$", required=False, trim_whitespace=False, **options)


class ExactField(serializers.BooleanField):
    """Whether words that find nothing are left as they are."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "help_text",
            _("Only “q” as it is typed; otherwise words that find nothing mean the nearest ones."),
        )
        super().__init__(required=False, **options)


class HsField(serializers.RegexField):
    """The beginning of an HS code."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("A chapter, heading or subheading of HS 2022."))
        super().__init__(r"^([0-9]{2}){1,3}$", required=False, **options)

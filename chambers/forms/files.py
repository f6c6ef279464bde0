"""Fields that take a file. Its content is judged by ``chambers.services.files``."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chambers.gates.files import MEBIBYTE
from chambers.gates.papers import LARGEST_PAPER, LARGEST_PICTURE


class _Sized(forms.FileField):
    most = LARGEST_PAPER
    accept = ""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.FileInput({"accept": self.accept}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        found = super().clean(data, initial)
        if found and found.size > self.most:
            raise ValidationError(
                _("This file is larger than %(n)d MB. Choose a smaller one."),
                code="too_large",
                params={"n": self.most // MEBIBYTE},
            )
        return found


class PictureField(_Sized):
    """A picture: PNG, JPEG or WebP."""

    most = LARGEST_PICTURE
    accept = "image/png,image/jpeg,image/webp"


class PaperField(_Sized):
    """A PDF, or the picture of a paper."""

    accept = "application/pdf,image/png,image/jpeg,image/webp"

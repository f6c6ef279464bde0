"""Names of people that are forgotten when their account is."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

FORGOTTEN = "\N{EM DASH}"
"""What is stored instead of a name: the same in every language."""


class _Told(str):
    """What a reader is told instead of a name; it is never stored."""

    __slots__ = ()


def _stored(value: Any) -> Any:
    return FORGOTTEN if isinstance(value, _Told) else value


class _NameOrNot(DeferredAttribute):
    """A name; of who is forgotten what the row says instead, in the language of the reader."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        name = super().__get__(instance, cls)
        # A row of a migration has no words for it.
        if name != FORGOTTEN or not hasattr(instance, "told_instead"):
            return name
        return _Told(instance.told_instead())

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = _stored(value)


class NameField(models.CharField):
    """The name of somebody whom a row may have to forget, by storing ``FORGOTTEN``.

    Its model has ``told_instead()``, the words for it in the language of the moment.
    """

    descriptor_class = _NameOrNot

    def get_prep_value(self, value: Any) -> Any:
        """What is stored, never what is told."""
        return super().get_prep_value(_stored(value))

"""Choosing any number of countries: boxes by part of the world, the chosen ones before them.

``{% include "ui/countries.html" with field=form.countries %}`` draws it. With JavaScript a word
narrows the boxes; without it the parts of the world are opened one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from chambers.selectors.countries import Part, by_part, countries_by_name


class CountriesBoundField(forms.BoundField):
    """The field with the boxes that a page shows."""

    @cached_property
    def _picked(self) -> frozenset[str]:
        return frozenset(map(str, self.value() or ()))

    @cached_property
    def _all(self) -> Sequence[tuple[str, str]]:
        return countries_by_name()

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """(code, name) of those that are ticked, by name."""
        return [one for one in self._all if one[0] in self._picked]

    @property
    def parts(self) -> list[Part]:
        """All others under the parts of the world."""
        return by_part([one for one in self._all if one[0] not in self._picked])


class CountriesField(forms.MultipleChoiceField):
    """Any number of countries; cleaned to a list of their codes, as ``MultipleChoiceField`` does.

    Errors: ``required`` and ``invalid_choice``.
    """

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> CountriesBoundField:
        return CountriesBoundField(form, self, field_name)

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")
        known = {code for code, _name in countries_by_name()} if value else set()
        for code in value:
            if code not in known:
                raise ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": code},
                )

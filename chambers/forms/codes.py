"""Choosing trade codes by words, as a field of any form.

``{% include "ui/codes.html" with field=form.codes %}`` draws it. With JavaScript what is found
appears while one types; without it "Find codes" sends the form, which comes back unsaved, with
all that was typed and what was found.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chambers.models import TradeCode
from chambers.selectors.codes import (
    LONGEST_QUESTION,
    CodesFound,
    FoundCode,
    codes_by_keys,
    find_codes,
    key_of,
)

MOST_CODES = 50
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Typed:
    """What a form sends of a picker: codes ticked, words typed, and whether to look for them."""

    keys: tuple[str, ...] = ()
    words: str = ""
    looking: bool = False


@dataclass(frozen=True)
class Lists:
    """The two lists of a picker and what they are named in the form."""

    name: str
    words: str
    chosen: Sequence[FoundCode]
    found: Sequence[FoundCode]
    read_as: str = ""  # the words that were answered in place of ``words``

    @property
    def html_id(self) -> str:
        """Where they stand on the page."""
        return f"id_{self.name}_lists"


def lists_of(name: str, keys: Iterable[str], words: str, schemes: Collection[str]) -> Lists:
    """The lists of a picker: what is ticked, and what ``words`` find beside it. A few queries."""
    chosen = [FoundCode(code, picked=True) for code in codes_by_keys(keys)]
    picked = {one.key for one in chosen}
    answer = find_codes(words, schemes=schemes) if words.strip() else CodesFound([])
    found = [FoundCode(code) for code in answer.codes if key_of(code) not in picked]
    return Lists(name, words.strip(), chosen, found, answer.read_as if found else "")


def lists_asked(data: Mapping[str, Any]) -> Lists | None:
    """The lists that a page asks for while somebody types; None where it names no field."""
    name = str(data.get("field", ""))
    if not _NAME.fullmatch(name):
        return None
    typed = CodesWidget().value_from_datadict(data, None, name)
    schemes = [one for one in str(data.get("schemes", "")).split(",") if one in TradeCode.Scheme]
    return lists_of(name, typed.keys[:MOST_CODES], typed.words, schemes or TradeCode.Scheme.values)


class CodesWidget(forms.Widget):
    """Reads what a picker sends; ``ui/codes.html`` is how it looks."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Typed:
        ticked = data.getlist(name) if hasattr(data, "getlist") else data.get(name, ())
        words = str(data.get(f"{name}_words", ""))[:LONGEST_QUESTION]
        return Typed(tuple(map(str, ticked)), words, bool(data.get(f"{name}_find")))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False  # no box ticked is an answer

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_words"


class CodesBoundField(forms.BoundField):
    """The field with the lists that a page shows."""

    field: CodesField

    @cached_property
    def lists(self) -> Lists:
        """What is ticked and what was found."""
        value = self.value()
        typed = value if isinstance(value, Typed) else Typed(self.field.keys_of(value))
        return lists_of(self.html_name, typed.keys, typed.words, self.field.schemes)

    @property
    def schemes(self) -> str:
        """The classifications to choose from, as the page asks for them."""
        return ",".join(self.field.schemes)


class CodesField(forms.Field):
    """Any number of trade codes; cleaned to a list of ``TradeCode``.

    ``initial``: codes or their keys. Errors: ``required``, ``unknown_code``, ``too_many_codes``,
    and ``looking`` where words were sent to be looked for, so that nothing is saved meanwhile.
    """

    widget = CodesWidget

    def __init__(
        self,
        *,
        schemes: Sequence[str] = TradeCode.Scheme.values,
        at_most: int = MOST_CODES,
        **kwargs: Any,
    ) -> None:
        """``schemes``: the classifications to choose from; ``at_most``: how many codes."""
        self.schemes, self.at_most = tuple(schemes), at_most
        super().__init__(**kwargs)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> CodesBoundField:
        return CodesBoundField(form, self, field_name)

    def keys_of(self, value: Any) -> tuple[str, ...]:
        """The keys of codes, of keys, or of what was typed."""
        if isinstance(value, Typed):
            return value.keys
        return tuple(key_of(one) if isinstance(one, TradeCode) else str(one) for one in value or ())

    def clean(self, value: Any) -> list[TradeCode]:
        typed = value if isinstance(value, Typed) else Typed(self.keys_of(value))
        if typed.looking and typed.words.strip():
            raise ValidationError(
                _("Tick the codes that fit in the list, then save."), code="looking"
            )
        wanted = tuple(dict.fromkeys(typed.keys))
        if len(wanted) > self.at_most:
            raise ValidationError(
                _("Choose at most %(most)d codes."),
                code="too_many_codes",
                params={"most": self.at_most},
            )
        found = [one for one in codes_by_keys(wanted) if one.scheme in self.schemes]
        if len(found) < len(wanted):
            raise ValidationError(_("There is no such code."), code="unknown_code")
        if self.required and not found:
            raise ValidationError(
                _("Choose one code at least: type a word for it and tick what fits."),
                code="required",
            )
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(self.keys_of(initial)) != sorted(cast("Typed", data).keys)

"""The two best reasons for a pair, in words, where the marketplace asks why they should meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chambers.models import Company, User
from marketplace.selectors.why import tells_why
from matching.selectors.suggestions import Suggestion, Way, suggestions_among

BEST = 2


@dataclass(frozen=True, eq=False)
class _Named:
    """One reason: what it is, and how much it says of the pair, 0 to 100."""

    label: str
    weight: int


@tells_why
def best_reasons(company: Company, partners: Sequence[int], reader: User) -> dict[int, list[str]]:
    """What one has that the other seeks, a line for each direction; else what both work on."""
    found = suggestions_among(company, partners, reader, with_dismissals=False)
    return {partner: _lines(one) for partner, one in found.items()}


def _lines(found: Suggestion) -> list[str]:
    they, you = _best(found.they_cover), _best(found.you_cover)
    best = sorted([*they, *you], key=lambda one: -one.weight)[:BEST]
    said = [
        (_("They have what you seek: %(what)s"), [one for one in they if one in best]),
        (_("You have what they seek: %(what)s"), [one for one in you if one in best]),
    ]
    if not best:
        said = [(_("You work in the same field: %(what)s"), _best(found.shared))]
    return [
        line % {"what": ", ".join(one.label for one in reasons)}
        for line, reasons in said
        if reasons
    ]


def _best(way: Way) -> list[_Named]:
    """The first reasons of a direction, each name once: trade codes, and words only where none is.

    A word beside a code says little in a line ("mm"); the page of the pair tells them all.
    """
    codes: dict[str, _Named] = {}
    words: dict[str, _Named] = {}
    for one in way.reasons:
        word = one.answer_word or one.need_word
        if one.label:
            codes.setdefault(one.label, _Named(one.label, one.tenths * way.tenths))
        elif _tells(word):
            words.setdefault(word, _Named(word, one.tenths * way.tenths))
    return list((codes or words).values())[:BEST]


def _tells(word: str) -> bool:
    """Whether a word is long enough to be more than a unit or a particle; kanji are dense."""
    letters = sum(sign.isalpha() for sign in word)
    return letters >= (2 if any(sign > "\u2e7f" for sign in word) else 4)

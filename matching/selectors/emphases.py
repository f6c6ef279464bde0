"""What a chamber or an event stresses, told in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from marketplace.models import Opportunity
from matching.models import StatedEmphasis

_NOTABLE = 0.005  # of what a figure with two decimals shows


@dataclass(frozen=True, slots=True)
class Stress:
    """What is stressed: its name, as it was stated, and what it multiplies evidence by.

    A kind of opportunity is told against the others, on top of codes and words.
    """

    name: str
    stated: float
    times: float


def stresses(one: StatedEmphasis) -> list[Stress]:
    """Codes, words and each kind of opportunity."""
    codes, words = one.times()
    found = [
        Stress(gettext("Trade codes"), one.codes, codes),
        Stress(gettext("Words"), one.words, words),
    ]
    for kind, name in Opportunity.Kind.choices:
        found.append(Stress(str(name), getattr(one, kind), one.times(kind)[0] / codes))
    return found


def more_and_less(one: StatedEmphasis) -> tuple[list[Stress], list[Stress]]:
    """What counts more than elsewhere, the most first, and what counts less, the least first."""
    found = sorted(stresses(one), key=lambda stress: stress.times)
    less = [stress for stress in found if stress.times < 1 - _NOTABLE]
    return [stress for stress in reversed(found) if stress.times > 1 + _NOTABLE], less

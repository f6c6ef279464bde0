"""What each constant of the score is called, what it does, and how far it may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from matching.engine import Weights
from matching.engine.weights import LEAST_STEP

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    Text = str | StrPromise


@dataclass(frozen=True)
class Constant:
    """One number of the score as people read and change it; ``low`` and ``high`` are allowed."""

    name: str
    label: Text
    low: float
    high: float
    help: Text
    part: Text

    def of(self, weights: Weights) -> float:
        """Its value; ``levels.hs4`` stands in ``levels``."""
        head, _sep, level = self.name.partition(".")
        value: Any = getattr(weights, head)
        return float(value[level] if level else value)


_CODES, _WORDS = _("Trade codes"), _("Words")
_NEEDS, _SCORE = _("Needs"), _("One number")
_BESIDE, _SHARED = _("Beside the texts"), _("Attention")

CONSTANTS = (
    Constant(
        "levels.hs2", _("same HS chapter"), 0, 10, _("Evidence of the first two digits."), _CODES
    ),
    Constant("levels.hs4", _("same HS heading"), 0, 10, _("Added by four digits."), _CODES),
    Constant("levels.hs6", _("same HS position"), 0, 10, _("Added by all six digits."), _CODES),
    Constant("levels.nace", _("same NACE division"), 0, 10, _("Evidence of an industry."), _CODES),
    Constant("levels.section", _("same NACE section"), 0, 10, _("Of a whole branch."), _CODES),
    Constant(
        "word_scale",
        _("a shared word"),
        0,
        20,
        _("Evidence of the rarest possible word that two texts share."),
        _WORDS,
    ),
    Constant(
        "word_power",
        _("how much rarity counts"),
        0,
        10,
        _("The higher, the less common words count."),
        _WORDS,
    ),
    Constant(
        "word_rarest",
        _("rarest word"),
        0,
        0.99,
        _("Words in fewer texts than their number to this power weigh the same."),
        _WORDS,
    ),
    Constant(
        "word_limit",
        _("commonest word"),
        0.01,
        1,
        _("Words in more texts than their number to this power count nothing."),
        _WORDS,
    ),
    Constant(
        "length_power",
        _("length of the text"),
        0,
        0.5,
        _("How much less each word of a long text counts."),
        _WORDS,
    ),
    Constant(
        "met", _("need is met from"), 0.01, 0.98, _("Coverage; below it counts nothing."), _NEEDS
    ),
    Constant("strong", _("strong from"), 0.02, 0.99, _("Coverage that is called strong."), _NEEDS),
    Constant(
        "further",
        _("further opportunities"),
        0,
        1,
        _("Share of every further pair of opportunities that also meet."),
        _NEEDS,
    ),
    Constant(
        "met_floor",
        _("met needs begin at"),
        LEAST_STEP,
        1,
        _("Score above all that meet no need."),
        _SCORE,
    ),
    Constant(
        "met_span", _("met needs rise by"), LEAST_STEP, 1, _("At most, for a perfect fit."), _SCORE
    ),
    Constant(
        "better", _("better covered side"), 0.5, 0.99, _("The other side has the rest."), _SCORE
    ),
    Constant("same_field", _("same field adds"), 0, 1, _("At most, where a need is met."), _SCORE),
    Constant(
        "field_least",
        _("same field shown above"),
        0,
        0.99,
        _("Coverage of a shared field without a met need."),
        _SCORE,
    ),
    Constant(
        "common_least",
        _("same field counts from"),
        0,
        0.99,
        _("Common ground below which two who meet no need are not suggested."),
        _SCORE,
    ),
    Constant(
        "shown_least",
        _("shown from"),
        0,
        0.99,
        _("Score below which only the best partner is shown, where none scores more."),
        _SCORE,
    ),
    Constant(
        "prior",
        _("who trades with whom"),
        0,
        10,
        _("How much the table of industries and countries counts; 0: not at all."),
        _BESIDE,
    ),
    Constant(
        "standing",
        _("standing of the companies"),
        0,
        10,
        _("Favours those who are known already; 0: not at all."),
        _BESIDE,
    ),
    Constant(
        "prior_most",
        _("both together at most"),
        0,
        10,
        _("Evidence that table and standing add or take away."),
        _BESIDE,
    ),
    Constant(
        "prior_leaves",
        _("what the table leaves"),
        0.01,
        1,
        _("Share of a shared field that it never takes away."),
        _BESIDE,
    ),
    Constant(
        "prior_gains",
        _("what the table adds"),
        1,
        1000,
        _("Times a shared field that it makes of it at most."),
        _BESIDE,
    ),
    Constant(
        "met_before",
        _("met before"),
        0,
        0.99,
        _("Share of the score that a pair loses when the two have met."),
        _BESIDE,
    ),
    Constant(
        "share_cap",
        _("much shown from"),
        1,
        50,
        _("Who stands in more lists, in lengths of a list, moves down in them."),
        _SHARED,
    ),
    Constant(
        "share_floor",
        _("little shown up to"),
        0,
        1,
        _("Who stands in fewer lists, in lengths of a list, moves up."),
        _SHARED,
    ),
    Constant(
        "share_most",
        _("down by at most"),
        0,
        1,
        _("Score taken off for the order; 0: nobody moves down."),
        _SHARED,
    ),
    Constant("share_bonus", _("up by at most"), 0, 1, _("Score added for the order."), _SHARED),
    Constant(
        "share_spare",
        _("up, if in no list"),
        0,
        1,
        _("Score added besides for who would stand in no list."),
        _SHARED,
    ),
    Constant(
        "share_budget",
        _("cost of sharing"),
        0,
        0.5,
        _("Share of the sum of all scores that sharing attention may cost; 0: nothing."),
        _SHARED,
    ),
)


def changed_constants(before: Weights, after: Weights) -> list[tuple[Constant, float, float]]:
    """(constant, value before, value after) of those that differ."""
    pairs = [(one, one.of(before), one.of(after)) for one in CONSTANTS]
    return [pair for pair in pairs if pair[1] != pair[2]]

"""The rules of the engine as data: every constant of the score in one frozen place."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_LEVELS = {
    "hs2": -math.log(0.80),
    "hs4": math.log(0.80) - math.log(0.32),
    "hs6": math.log(0.32) - math.log(0.10),
    "nace": -math.log(0.80),
    "section": -math.log(0.97),
}
LEAST_STEP = 0.01
"""Least ``met_floor`` and ``met_span``: without the one no pair without a met need would be shown,
without the other all with one would be alike, and the search divides by both."""
_OTHER = ("version", "levels")  # not single numbers


@dataclass(frozen=True)
class Weights:
    """Constants of the score; a run stores ``version`` and shows them to members.

    Evidence is additive and coverage is ``1 - exp(-evidence)``, so the levels of a shared trade
    code read as the share of a need they cover: chapter 0.20, heading 0.68, six digits 0.90.
    """

    version: str = "4"
    levels: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(dict(_LEVELS)))
    """Evidence of one shared code per level; a deeper code brings its parents along."""
    word_scale: float = 4.0
    """Evidence of the rarest possible word shared by two texts of one word each."""
    word_power: float = 2.0
    """How steeply rarer words count more: relative idf to this power."""
    word_rarest: float = 0.3
    """A word in fewer than ``rows ** word_rarest`` rows (or five) weighs as one in so many: often
    it is a name or a curiosity and not a trade."""
    word_limit: float = 0.8
    """A word in more than ``rows ** word_limit`` rows counts nothing, unless in at most ten."""
    length_power: float = 0.25
    """A word of a text of n words counts ``n ** -length_power``; at most 0.5, see ``evidence``."""
    met: float = 0.25
    """A need is met from this coverage on; below, it counts nothing."""
    strong: float = 0.6
    """Coverage that is called strong."""
    further: float = 0.01
    """Share of the evidence of every further pair of opportunities that also meet."""
    met_floor: float = 0.5
    """Score below which no pair with a met need lies, and above which none without."""
    met_span: float = 0.45
    better: float = 0.65
    """Weight of the better covered side in the mutual fit; the other has the rest."""
    same_field: float = 0.05
    """What being in the same field adds where a need is met."""
    field_least: float = 0.0
    """Without a met need, a shared field is shown above this coverage of what both say alone,
    before the prior."""
    common_least: float = 0.0
    """Without a met need, common ground (after the prior) from which on two are suggested at all.
    At 0.84, which reads as a score of 0.42, 69 of 100 real companies would have nobody, and of the
    others' partners a reader called 33 of 50 sensible: so it is left to staff, and
    ``shown_least`` keeps the best partner of everybody."""
    shown_least: float = 0.42
    """Score below which only the best partner is shown: fewer partners, and better ones."""
    prior: float = 0.5
    """How much the table of who trades with whom counts; 0 for not at all."""
    standing: float = 0.0
    """How much the standing of both companies counts; 0, for it favours those known already."""
    prior_most: float = 2.0
    """Evidence that prior and standing together add or take away at most."""
    prior_leaves: float = 0.2
    """Share of the evidence of a shared field that no prior takes away."""
    prior_gains: float = 2.0
    """Times the evidence of a shared field that a prior makes of it at most: trades that work
    together often are no reason where two texts share next to nothing."""
    met_before: float = 0.3
    """Share of the score that a pair loses when the two have met before."""
    share_cap: float = 3.0
    """Nobody should stand in more lists than a list is long, times this; see ``Sharing``."""
    share_floor: float = 0.5
    """Nor in fewer than a list is long, times this."""
    share_most: float = 0.25
    """Score that who is wanted by many loses at most in the order of a list."""
    share_bonus: float = 0.06
    """Score that who is shown to few gains at most in it."""
    share_spare: float = 0.1
    """Further score of who would else stand in no list."""
    share_budget: float = 0.03
    """Share of the total score that sharing attention may cost."""

    def __post_init__(self) -> None:
        """Refuse constants for which the promised properties of the score do not hold.

        Raises ValueError, and TypeError for what is no number.
        """
        if not isinstance(self.levels, Mapping):
            raise TypeError("levels must map names to numbers")
        numbers = [getattr(self, name) for name in self.__dataclass_fields__ if name not in _OTHER]
        if not all(math.isfinite(one) for one in (*numbers, *self.levels.values())):
            raise ValueError("every constant must be finite")
        if min(self.levels.values(), default=0) < 0:
            raise ValueError("no level may be below 0")
        if self.word_scale < 0 or self.word_power < 0 or self.same_field < 0:
            raise ValueError("word_scale, word_power and same_field must be at least 0")
        if self.met_floor < LEAST_STEP or self.met_span < LEAST_STEP:
            raise ValueError(f"met_floor and met_span must be at least {LEAST_STEP}")
        if not 0 <= self.length_power <= 0.5:
            raise ValueError("length_power must lie in [0, 0.5]")
        if not 0 <= self.word_rarest < self.word_limit <= 1:
            raise ValueError("0 <= word_rarest < word_limit <= 1 must hold")
        if not 0.5 <= self.better < 1:
            raise ValueError("better must lie in [0.5, 1)")
        if not 0 < self.met < self.strong < 1 or not 0 <= self.field_least < 1:
            raise ValueError("0 < met < strong < 1 and 0 <= field_least < 1 must hold")
        if not 0 <= self.common_least < 1:
            raise ValueError("common_least must lie in [0, 1)")
        if not 0 <= self.further <= 1:
            raise ValueError("further must lie in [0, 1]")
        if self.prior < 0 or self.standing < 0 or self.prior_most < 0:
            raise ValueError("prior, standing and prior_most must be at least 0")
        if not 0 <= self.shown_least < 1:
            raise ValueError("shown_least must lie in [0, 1)")
        if self.prior_gains < 1:
            raise ValueError("prior_gains must be at least 1")
        if not 0 < self.prior_leaves <= 1 or not 0 <= self.met_before < 1:
            raise ValueError("prior_leaves must lie in (0, 1] and met_before in [0, 1)")
        if self.met_floor + self.met_span + self.same_field > 1:
            raise ValueError("the score must stay within [0, 1]")
        if not 0 <= self.share_floor <= 1 <= self.share_cap:
            raise ValueError("0 <= share_floor <= 1 <= share_cap must hold")
        shares = (self.share_most, self.share_bonus, self.share_spare, self.share_budget)
        if not 0 <= min(shares) <= max(shares) <= 1:
            raise ValueError("what sharing attention moves and costs must lie in [0, 1]")

    def as_data(self) -> dict[str, object]:
        """Plain values for storing beside a run and showing to members."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {
            "levels": dict(self.levels)
        }

    @property
    def met_evidence(self) -> float:
        """The evidence whose coverage is ``met``."""
        return -math.log1p(-self.met)

    @property
    def field_evidence(self) -> float:
        """The evidence whose coverage is ``field_least``, at least 0."""
        return -math.log1p(-self.field_least)


def term_weight(term: str, rows_with: int, rows: int, weights: Weights) -> float:
    """What a shared term is worth before confidence and length: fixed for codes, idf for words.

    ``rows_with`` of ``rows`` hold the term. Words: ``word_scale * r ** word_power`` with the
    relative idf ``r = ln((1 + rows) / rows_with) / ln(1 + rows)`` in (0, 1].
    Source of idf: Spärck Jones (1972), A statistical interpretation of term specificity.
    """
    return class_weight(term.partition(":")[0], rows_with, rows, weights)


def class_weight(prefix: str, rows_with: int, rows: int, weights: Weights) -> float:
    """``term_weight`` by what stands before the colon of a term."""
    if prefix != "w":
        return weights.levels.get(prefix, 0.0)
    if rows <= 0 or rows_with > max(10.0, rows**weights.word_limit):
        return 0.0
    counted = max(rows_with, min(5.0, rows / 2), rows**weights.word_rarest)
    rarity = max(0.0, math.log((1 + rows) / counted) / math.log1p(rows))
    return weights.word_scale * math.pow(rarity, weights.word_power)

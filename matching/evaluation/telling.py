"""Which words tell a trade: learnt from descriptions and the headings a register puts them under.

A word said of companies of a few headings tells their trade; one said of all alike tells nothing,
however rare it is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from chambers.words import lexemes
from matching.engine.telling import LEAST, MOST, Telling
from matching.evaluation.sparse import Doubles
from matching.evaluation.topics import mostly_written

GENERAL = Path(__file__).with_name("general.txt")
"""Words that tell no trade, whatever the headings say: some registers just use more of them."""
SELDOM = 12
"""Texts that a word must stand in: of fewer, its spread is chance."""
_DOUBT = 15.0
"""Companies of average headings that every word is thought to stand with besides."""
_TYPICAL = 1 / 150
"""Share of a middling heading."""
_POWER = 1.5
_BINS = 3.0
"""Groups of words of like frequency, per unit of its natural logarithm."""
_FLOOR = 0.14
"""Least usual share: that of words which three companies in a hundred say. More frequent ones are
mostly of every trade (system, service), so their own middle would call the best of them telling."""


def find_telling(
    texts: Sequence[Iterable[str]], headings: Sequence[str], allowed: frozenset[str]
) -> Telling:
    """What each of the ``allowed`` words tells, against the middle of those about as frequent.

    The divergence of the headings of the companies that say the word from those of all, as a share
    of what one heading alone would give; set in relation to words about as frequent, since a rarer
    word diverges more by chance alone. ``headings`` may be empty where none is known. Words of
    Latin letters only: registers of other scripts put their companies under few headings.
    """
    spread = [heading for heading in headings if heading]
    usual = {one: times / len(spread) for one, times in Counter(spread).items()}
    held: dict[str, Counter[str]] = {}
    for text, heading in zip(texts, headings, strict=True):
        for word in set(text) if heading else ():
            if word in allowed and word.isascii():
                held.setdefault(word, Counter())[heading] += 1
    times = {word: found.total() for word, found in held.items()}
    words = sorted(word for word in held if times[word] >= SELDOM)
    if not words:
        return Telling()
    share = np.array([_divergence(held[word], usual) / _most(times[word]) for word in words])
    usually = _middle(share, np.array([times[word] for word in words]))
    told = np.clip((np.maximum(share, 0) / usually) ** _POWER, LEAST, MOST)
    return Telling({word: round(float(one), 2) for word, one in zip(words, told, strict=True)})


def without_general(telling: Telling) -> Telling:
    """The same with the least that a word can tell for every word of ``GENERAL``."""
    return Telling({**telling.of, **dict.fromkeys(general_words(), LEAST)})


def general_words(path: Path = GENERAL) -> list[str]:
    """The lexemes of the words that tell no trade, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return sorted(set(lexemes("\n".join(one for one in lines if not one.startswith("#")), "en")))


def trade_words(texts: Iterable[str]) -> frozenset[str]:
    """Lexemes that texts mostly write small or all in capitals (LED): no names."""
    return mostly_written(texts, lambda word: word.islower() or (len(word) > 1 and word.isupper()))


def _divergence(held: Counter[str], usual: Mapping[str, float]) -> float:
    """Kullback-Leibler divergence of a word's headings from all, with a doubt, in nats."""
    total = held.total() + _DOUBT
    seen = sum(usual[one] for one in held)
    amount = (1 - seen) * _DOUBT / total * math.log(_DOUBT / total)
    for one, count in held.items():
        share = (count + _DOUBT * usual[one]) / total
        amount += share * math.log(share / usual[one])
    return amount


def _most(count: int) -> float:
    """The divergence of a word that stands under one middling heading only."""
    share = (count + _DOUBT * _TYPICAL) / (count + _DOUBT)
    return share * math.log(share / _TYPICAL) + (1 - share) * math.log((1 - share) / (1 - _TYPICAL))


def _middle(share: Doubles, times: np.ndarray) -> Doubles:
    """The median share of the words about as frequent, for each word, at least ``_FLOOR``."""
    group = np.floor(np.log(times) * _BINS).astype(int)
    middles = {one: max(float(np.median(share[group == one])), _FLOOR) for one in np.unique(group)}
    return np.array([middles[one] for one in group])

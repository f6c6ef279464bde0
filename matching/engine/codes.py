"""Trade codes suggested from a text, so that companies without codes meet across languages.

Two readers, each learnt from labels: ``CodeReader`` finds HS headings in stretches of a text,
``DivisionReader`` the NACE division of a whole one. Figures: ``docs/matching-languages.md``.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from chambers.words import lexemes
from matching.engine.lexicon import Lexicon
from matching.engine.terms import code_terms, merged

INFERRED = 0.7
"""What a suggested code weighs beside a stated one, times the confidence in it."""

USED = 0.7
"""Confidence from which a suggested code is used in matching: seven of ten are right."""

OFFERED = 0.5
"""Confidence from which a code is worth showing to people; below, most are wrong."""

SHOWN = 5
"""Codes suggested at most, of each scheme."""

DIVISIONS = Path(__file__).with_name("divisions.txt")
"""English words of each NACE division, one division a line."""

Suggested = list[tuple[str, float]]
"""Codes with the confidence in each, in (0, 1), surest first."""

_SURE = 0.95
_BASE = 0.3
_SHARP = 8.0
_LEAST = 0.02
_WINDOW = 8
_SHORT = 4
_SEEN_ONCE = 0.1
_CHAPTER = 0.5
_WORDS_KEPT = 50_000
_LIFT = 0.6

_LAST_OF_GOODS = "47"

_Floats = np.ndarray[Any, np.dtype[np.float64]]
_Ints = np.ndarray[Any, np.dtype[np.int64]]
_Evidence = tuple[_Ints, _Floats, float]
_Label = tuple[str, str, str]


class _Associations:
    """How much each word speaks for each code: rarer words more, said of one code only most."""

    def __init__(self, labels: Iterable[_Label], digits: int, lexicon: Lexicon) -> None:
        """From labels (code, language, text); longer codes speak for their first ``digits``.

        Labels are not translated: each code has an English one beside the others.
        """
        self.lexicon = lexicon
        said: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
        codes: set[str] = set()
        for code, language, text in labels:
            codes.add(code[:digits])
            for word in set(lexemes(text, language)):
                said[word][code[:digits]] += 1.0
        self.codes = sorted(code for code in codes if len(code) == digits)
        self._places = {code: at for at, code in enumerate(self.codes)}
        self._below: defaultdict[str, list[int]] = defaultdict(list)
        for at, code in enumerate(self.codes):
            self._below[code[:2]].append(at)
        self._words = {word: self._weights(held) for word, held in said.items()}
        peaks = [weights.max() for _, weights in self._words.values() if len(weights)]
        self._unknown = float(np.median(peaks)) if peaks else 1.0
        self._known: dict[tuple[str, str | None], _Evidence] = {}

    def evidence(self, words: Sequence[str], language: str | None) -> list[_Evidence]:
        """For each word the codes it speaks for, how much, and the most it could say."""
        found = []
        for word in words:
            key = word, language
            if key not in self._known:
                if len(self._known) >= _WORDS_KEPT:
                    self._known.clear()
                self._known[key] = self._of_word(word, language)
            found.append(self._known[key])
        return found

    def _of_word(self, word: str, language: str | None) -> _Evidence:
        total = np.zeros(len(self.codes))
        for one, amount in self._meant([word], language):
            if one in self._words:
                places, weights = self._words[one]
                total[places] += amount * weights
        places = np.flatnonzero(total)
        return places, total[places], float(total.max(initial=0.0)) or self._unknown

    def _meant(self, words: Sequence[str], language: str | None) -> list[tuple[str, float]]:
        """Words and the English they mean, each once, with what it counts."""
        amounts = {word: 1.0 for word in words if not word.isdigit()}
        for word, meaning in self.lexicon.english(words, language).items():
            amounts.setdefault(word, math.sqrt(meaning.probability))
        return list(amounts.items())

    def _weights(self, held: dict[str, float]) -> tuple[_Ints, _Floats]:
        """A word's weight for each code, and a little for all codes of the same chapter."""
        weights: defaultdict[int, float] = defaultdict(float)
        spread = sum(1 - math.exp(-amount) for code, amount in held.items() if code in self._places)
        rarity = math.log1p(len(self.codes) / (spread + 0.5))
        chapters: defaultdict[str, float] = defaultdict(float)
        for code, amount in held.items():
            chapters[code[:2]] += amount
            if code in self._places:
                often = math.log1p(amount / _SEEN_ONCE) / math.log1p(1 / _SEEN_ONCE)
                weights[self._places[code]] += rarity * often
        if self.codes and len(self.codes[0]) > 2:
            said = sum(chapters.values()) + 1
            rare = _CHAPTER * math.log(max(2.0, len(self._below) / len(chapters)))
            for chapter, amount in chapters.items():
                for at in self._below.get(chapter, ()):
                    weights[at] += rare * amount / said
        places = np.fromiter(weights.keys(), np.int64, len(weights))
        return places, np.fromiter(weights.values(), np.float64, len(weights))


class CodeReader:
    """Finds the HS headings and chapters that a text speaks of, in any language it can read.

    Eight words in a row say a heading as surely as it takes its share of what they could say at
    most; headings that the same words say nearly as strongly divide the confidence. A chapter has
    that of its headings together. Calibrated on labels held back and real descriptions.
    """

    def __init__(self, known: _Associations) -> None:
        """For ``fit``."""
        self._known = known
        self.lexicon = known.lexicon
        chapters = sorted({code[:2] for code in known.codes})
        self._codes = [*known.codes, *chapters]
        places = {chapter: at for at, chapter in enumerate(chapters)}
        self._chapter = np.array([places[code[:2]] for code in known.codes], np.int64)

    @classmethod
    def fit(cls, labels: Iterable[_Label], lexicon: Lexicon | None = None) -> Self:
        """A reader from labels: HS code of 2 to 6 digits, language, text."""
        return cls(_Associations(labels, 4, lexicon or Lexicon()))

    def read(self, text: Sequence[str], language: str | None = None) -> Suggested:
        """What a text's lexemes speak of, at most SHOWN headings and chapters each, surest first.

        A text of more than four words needs two that speak for a heading. Cost: see the figures.
        """
        words = [word for word in text if not word.isdigit()]
        short = len(set(words)) <= _SHORT
        best = np.zeros(len(self._codes))
        for at in range(0, max(1, len(words) - _WINDOW // 2), _WINDOW // 2):
            window = list(dict.fromkeys(words[at : at + _WINDOW]))
            np.maximum(best, self._window(self._known.evidence(window, language), short), out=best)
        order = [int(at) for at in np.argsort(-best, kind="stable") if best[at] >= _LEAST]
        found = [(self._codes[at], round(float(best[at]), 3)) for at in order]
        return [
            one for digits in (4, 2) for one in [x for x in found if len(x[0]) == digits][:SHOWN]
        ]

    def _window(self, evidence: Sequence[_Evidence], short: bool) -> _Floats:
        """Confidence in each heading and chapter from a few words."""
        headings = len(self._known.codes)
        scores = np.zeros(headings)
        hits = np.zeros(headings, np.int64)
        most = 0.0
        for places, weights, peak in evidence:
            scores[places] += weights
            hits[places] += 1
            most += peak
        scores[hits < (1 if short else 2)] = 0.0
        top = float(scores.max(initial=0.0))
        if top <= 0:
            return np.zeros(len(self._codes))
        part = (scores / top) ** _SHARP
        part *= min(_SURE, top / most + _BASE) / part.sum()
        return np.concatenate([part, np.bincount(self._chapter, part)])


class DivisionReader:
    """Finds the NACE division of a whole text, goods and services alike."""

    def __init__(self, known: _Associations) -> None:
        """For ``fit``."""
        self._known = known

    @classmethod
    def fit(cls, labels: Iterable[_Label], lexicon: Lexicon | None = None) -> Self:
        """A reader from labels: NACE division, language, text."""
        return cls(_Associations(labels, 2, lexicon or Lexicon()))

    def read(self, text: Sequence[str], language: str | None = None) -> Suggested:
        """Divisions a text's lexemes speak of, at most SHOWN, surest first.

        What is said again counts by the logarithm. The confidence in the first grows with its lead
        over the second (calibrated on real descriptions); the others have what it leaves.
        """
        times: defaultdict[str, int] = defaultdict(int)
        for word in text:
            if not word.isdigit():
                times[word] += 1
        scores = np.zeros(len(self._known.codes))
        for count, (places, weights, _) in zip(
            times.values(), self._known.evidence(list(times), language), strict=True
        ):
            scores[places] += (1 + math.log(count)) * weights
        order = [int(at) for at in np.argsort(-scores, kind="stable")[:SHOWN] if scores[at] > 0]
        if not order:
            return []
        first, *others = order
        lead = 1 - float(scores[others[0]] / scores[first]) if others else 1.0
        sure = min(_SURE, 0.45 + 0.9 * lead)
        rest = float(scores[others].sum()) or 1.0
        left = [(at, (1 - sure) * float(scores[at]) / rest) for at in others]
        return [(self._known.codes[at], round(p, 3)) for at, p in [(first, sure), *left] if p > 0]


def division_words(lines: Iterable[str]) -> Iterator[_Label]:
    """The labels in ``DIVISIONS``."""
    for line in lines:
        code, _, words = line.strip().partition(" ")
        yield from ((code, "en", part) for part in words.split(";"))


def joined(found: Suggested, shares: Mapping[str, float]) -> Suggested:
    """What a reader found, with a second opinion: shares of codes in the text, adding up to 1.

    The reader counts twice. The root lifts what both say to the share that is right (calibrated on
    labels held back and real descriptions).
    """
    read = dict(found)
    sure = {
        code: min(_SURE, ((2 * read.get(code, 0.0) + shares.get(code, 0.0)) / 3) ** _LIFT)
        for code in {*read, *shares}
    }
    ranked = sorted(sure.items(), key=lambda one: (-one[1], one[0]))
    return [
        (code, round(p, 3))
        for digits in (4, 2)
        for code, p in [one for one in ranked if len(one[0]) == digits][:SHOWN]
    ]


def suggested(
    texts: Mapping[str, Sequence[str]],
    headings: CodeReader,
    divisions: DivisionReader,
    second: Mapping[str, Mapping[str, float]] | None = None,
) -> list[tuple[str, str, float]]:
    """(scheme, code, confidence) for the lexemes of a text in its languages, surest first.

    HS codes of four and two digits and NACE divisions. What is read as a service (surely enough to
    be used) trades in no goods, so it gets no HS code. ``second`` is another opinion, per scheme;
    see ``joined``.
    """
    division = max(
        (divisions.read(words, language) for language, words in sorted(texts.items())),
        key=lambda found: found[0][1] if found else 0.0,
        default=[],
    )
    if second is not None:
        division = joined(division, second.get("nace", {}))
    codes: dict[tuple[str, str], float] = {("nace", code): p for code, p in division}
    serves = bool(division) and division[0][1] >= USED and division[0][0] > _LAST_OF_GOODS
    for language, words in () if serves else sorted(texts.items()):
        for code, p in headings.read(words, language):
            codes["hs", code] = max(codes.get(("hs", code), 0.0), p)
    if second is not None and not serves:
        read = [(code, p) for (scheme, code), p in codes.items() if scheme == "hs"]
        codes |= {("hs", code): p for code, p in joined(read, second.get("hs", {}))}
    ranked = sorted(codes.items(), key=lambda one: (-one[1], one[0]))
    return [(scheme, code, p) for (scheme, code), p in ranked]


def suggested_terms(found: Iterable[tuple[str, str, float]]) -> dict[str, float]:
    """The terms of suggested codes that are sure enough, as part of a row."""
    return merged(
        *(
            code_terms([f"{scheme}:{code}"], round(INFERRED * p, 3))
            for scheme, code, p in found
            if p >= USED
        )
    )

"""Trade codes read from a text, so that companies without codes meet across languages."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Self

from chambers.words import lexemes
from matching.engine.terms import code_terms, merged

INFERRED = 0.7
"""Confidence in a code read from a text that repeats its label word for word."""

_WINDOW = 8
_ALL_SAID = 0.65
_LEAST = 0.4
_MOST = 3
_SHORT = 4
_AMBIGUOUS = 3
_ASIDE = re.compile(r"\(|, not |; not |кроме|\bother than\b|excluding|\bexcept|whether", re.I)
_LISTED = re.compile(r"[;,、・]")

_Label = tuple[frozenset[str], tuple[str, ...], float]


class CodeReader:
    """Finds the HS headings (and chapters) whose labels a text repeats, in any language labelled.

    A label counts when two thirds of it, by rarity of its words, stand within eight words of the
    text; two words at least, unless the text is only a few words long. Most texts get no code, and
    that is meant: the reader is for short plain labels. Measured with 731 of them in English and
    Russian on the names of 6,320 CPV goods: a code for 28 % and 18 %; where both names got one, the
    same one in 80 %, the same chapter in 88 %. From the official wording of the HS come more codes,
    of which half disagree.
    """

    def __init__(self, labels: Sequence[_Label], rarity: dict[str, float], unknown: float) -> None:
        """For ``fit``."""
        self._labels = labels
        self._rarity = rarity
        self._unknown = unknown
        self._by_word: defaultdict[str, list[int]] = defaultdict(list)
        for number, (words, _, _) in enumerate(labels):
            for word in words:
                self._by_word[word].append(number)

    @classmethod
    def fit(cls, labels: Iterable[tuple[str, str, str]]) -> Self:
        """A reader from labels: HS code of 2 to 6 digits, language, text.

        Six digits speak for their heading. Parts of a list ("Pumps, valves") are labels too; a part
        that four or more codes share says nothing.
        """
        codes: defaultdict[frozenset[str], set[str]] = defaultdict(set)
        for code, language, text in labels:
            plain = _ASIDE.split(text)[0] or text
            for part in {plain, *_LISTED.split(plain)}:
                words = frozenset(word for word in lexemes(part, language) if not word.isdigit())
                if words:
                    codes[words].add(code[:4])
        holders: defaultdict[str, set[str]] = defaultdict(set)
        for words, held in codes.items():
            for word in words:
                holders[word] |= held
        total = len(set().union(*codes.values())) if codes else 0
        rarity = {word: math.log1p(total / len(held)) ** 2 for word, held in holders.items()}
        found = [
            (words, tuple(sorted(held)), sum(rarity[word] for word in words))
            for words, held in codes.items()
            if len(held) <= _AMBIGUOUS
        ]
        return cls(found, rarity, (0.8 * math.log1p(total)) ** 2)

    def read(self, text: Sequence[str]) -> list[tuple[str, float]]:
        """At most three codes of a text's lexemes in their order, surest first.

        Each with a confidence in (0, INFERRED]; an empty text has none. Cost: 0.6 ms for a
        description of 60 words (measured).
        """
        words = [word for word in text if not word.isdigit()]
        short = len(set(words)) <= _SHORT
        best: dict[str, float] = {}
        for at in range(0, max(1, len(words) - _WINDOW // 2), _WINDOW // 2):
            for number, likeness in self._labels_in(frozenset(words[at : at + _WINDOW]), short):
                for code in self._labels[number][1]:
                    best[code] = max(likeness, best.get(code, 0.0))
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
        return [(code, round(INFERRED * likeness, 3)) for code, likeness in ranked]

    def terms(self, text: Sequence[str]) -> dict[str, float]:
        """The terms of the codes read from a text, as part of a row."""
        return merged(*(code_terms([f"hs:{code}"], sure) for code, sure in self.read(text)))

    def _labels_in(self, window: frozenset[str], short: bool) -> list[tuple[int, float]]:
        """Labels said in a window, each with the cosine between the two, in (0, 1]."""
        hits = Counter(number for word in window for number in self._by_word.get(word, ()))
        length = math.sqrt(sum(self._rarity.get(word, self._unknown) for word in window))
        found = []
        for number, count in hits.items():
            if count < 2 and not short:
                continue
            words, codes, mass = self._labels[number]
            said = sum(self._rarity[word] for word in words & window)
            likeness = said / (math.sqrt(mass * len(codes)) * length)
            if said >= _ALL_SAID * mass and likeness >= _LEAST:
                found.append((number, min(1.0, likeness)))
        return found

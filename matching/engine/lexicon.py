"""English words for Russian and Japanese ones, learnt from labels that say the same thing.

English is the pivot: a Russian offer and a Japanese demand that share no word meet through the
English words both translate to. Nothing here is downloaded; what was learnt is a text file that
ships beside this module (``lexicon.txt``, written by ``manage.py learn_words``).
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from chambers.words import lexemes, surface_forms
from matching.engine.cognates import Cognates, is_cyrillic, is_katakana

LEARNT = Path(__file__).with_name("lexicon.txt")
"""What ``manage.py learn_words`` wrote: the ``lines`` of the lexicon that ships."""

TRANSLATED = 0.7
"""Confidence in an English word that a text's word surely means; see ``Lexicon.english``."""

LEAST = 0.1
"""Probability below which a translation is not used."""

MAX_TRANSLATED = 100
"""English words that a row gets at most."""

_GIVEN = 0.75
_KEPT = 6
_LEAST_KEPT = 0.05
_ROUNDS = 8
_NOTHING = 0.005
_DOUBT = 0.5
_ROUGH_DOUBT = 2.0
_FALLBACK = 0.5
_PREFIX = 5
_LISTED = re.compile(r"[;,、，・/()（）]|\band\b|\bи\b|と|及び|および")
_NOT_JAPANESE = frozenset(["zh", "ko"])

Label = tuple[str, str, str]
"""Language, text, and what it says in English."""

_Words = Mapping[str, Sequence[tuple[str, float]]]
_Pairs = list[tuple[list[str], list[str]]]


@dataclass(frozen=True)
class Lexicon:
    """What a word means in English, with a probability, as far as labels taught it.

    ``words`` maps a lexeme to English lexemes, surest first; ``rough`` the same for beginnings of
    Russian words and for single kanji, the resort for words no label has. ``shown`` spells English
    lexemes as people write them.
    """

    words: _Words = field(default_factory=dict)
    rough: _Words = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def fit(cls, labels: Iterable[Label], english: Iterable[str] = ()) -> Self:
        """Learn from labels; ``english`` are further texts whose words may be heard in others.

        The same labels in the same order give the same lexicon. Cost: 5 s for 25,000 labels.
        Source: IBM model 1, Brown et al. (1993), The mathematics of statistical machine
        translation, both ways at once as in Liang, Taskar and Klein (2006), Alignment by agreement.
        """
        exact: _Pairs = []
        coarse: _Pairs = []
        spelled: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for language, text, meaning in labels:
            _spell(meaning, spelled)
            for one, other in _parts(text, meaning):
                words = _plain(keys(lexemes(one, language)))
                said = _plain(lexemes(other, "en"))
                if words and said:
                    exact.append((words, said))
                    rough = list(dict.fromkeys(part for word in words for part in _rough(word)))
                    coarse.append((rough, said))
        for text in english:
            _spell(text, spelled)
        shown = {
            lexeme: min(forms, key=lambda form: (-forms[form], len(form), form))
            for lexeme, forms in spelled.items()
        }
        return cls(_learnt(exact, _DOUBT), _learnt(coarse, _ROUGH_DOUBT), shown)

    def english(self, text: Sequence[str], language: str | None = None) -> dict[str, "Meaning"]:
        """The English lexemes that a text's lexemes mean, each with the word that means it most.

        ``language`` is that of the text; Chinese and Korean are not read as Japanese. Of a text in
        Latin letters nothing is translated.
        """
        found: dict[str, Meaning] = {}
        skip_han = (language or "").split("-")[0] in _NOT_JAPANESE
        for word in dict.fromkeys(self._whole(keys(text))):
            if skip_han and not is_cyrillic(word):
                continue
            for part in self._parts_of(word):
                for meaning, probability in self.translate(part):
                    if meaning not in found or found[meaning].probability < probability:
                        found[meaning] = Meaning(word, probability)
        return found

    def translate(self, word: str) -> list[tuple[str, float]]:
        """English lexemes for one lexeme, each with its probability in [LEAST, 1], surest first.

        As labels teach; what they leave open by the beginning of the word or its kanji, and by
        how it sounds, which count half.
        """
        if word in self._translated:
            return self._translated[word]
        found = dict(self.words.get(word, ()))
        doubt = _FALLBACK * (1 - min(1.0, math.fsum(found.values())))
        guesses = [guess for part in _rough(word) for guess in self.rough.get(part, ())]
        guesses += self._cognates.find(word) if doubt > LEAST else []
        for meaning, likely in guesses:
            found[meaning] = max(found.get(meaning, 0.0), doubt * likely)
        ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
        sure = [(meaning, round(min(1.0, p), 3)) for meaning, p in ranked if p >= LEAST]
        if len(self._translated) < 50_000:
            self._translated[word] = sure
        return sure

    def lines(self) -> Iterator[str]:
        """The lexicon as text, one entry a line, to be read by ``read``."""
        for sign, words in (("=", self.words), ("~", self.rough)):
            for word, meanings in sorted(words.items()):
                listed = " ".join(f"{meaning}:{p:g}" for meaning, p in meanings)
                yield f"{sign}{word} {listed}"
        for lexeme, form in sorted(self.shown.items()):
            yield f"+{lexeme} {form}"

    @classmethod
    def read(cls, lines: Iterable[str]) -> Self:
        """A lexicon from its ``lines``."""
        words: dict[str, list[tuple[str, float]]] = {}
        rough: dict[str, list[tuple[str, float]]] = {}
        shown: dict[str, str] = {}
        for line in lines:
            word, *rest = line[1:].split()
            if line[0] == "+":
                shown[word] = rest[0]
            else:
                meanings = (one.rpartition(":") for one in rest)
                into = words if line[0] == "=" else rough
                into[word] = [(meaning, float(p)) for meaning, _, p in meanings]
        return cls(words, rough, shown)

    def _whole(self, text: Sequence[str]) -> Iterator[str]:
        """A text's lexemes without pairs of kanji that two better known pairs overlap.

        In 電気泳動 the pair 気泳 joins the end of one word with the start of the next.
        """
        for before, word, after in zip(("", *text), text, (*text[1:], ""), strict=False):
            inside = _is_han(word) and before[-1:] == word[0] and after[:1] == word[-1]
            if not (inside and self._known(word) < min(self._known(before), self._known(after))):
                yield word

    def _known(self, word: str) -> float:
        return max((p for _, p in self.words.get(word, ())), default=0.0)

    def _parts_of(self, word: str) -> list[str]:
        """The known words that an unknown run of katakana is made of, else the word itself.

        The longest first, from the left: スクリューコンプレッサー -> スクリュー, コンプレッサー.
        """
        parts: list[str] = []
        at = 0 if is_katakana(word) and word not in self.words else len(word)
        while at < len(word):
            ends = range(len(word), at + 1, -1)
            end = next((end for end in ends if word[at:end] in self.words), 0)
            if not end:
                return [word]
            parts.append(word[at:end])
            at = end
        return parts or [word]

    @cached_property
    def _translated(self) -> dict[str, list[tuple[str, float]]]:
        return {}

    @cached_property
    def _cognates(self) -> Cognates:
        return Cognates(self.shown)


def with_english(
    own: Mapping[str, float],
    english: Mapping[str, "Meaning"],
    confidences: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """A text's word terms and the surest ``MAX_TRANSLATED`` English ones that they mean.

    ``confidences`` of English lexemes (see ``telling``), 1 for those not named.

    Two texts of one language share both the word and its English, so a translated word gives away
    what its translations weigh: the squares of the confidences in the two together stay at most 1,
    and a meaning counts once. Words not in ``own`` are not translated.
    """
    terms, told = dict(own), confidences or {}
    spent: defaultdict[str, float] = defaultdict(float)
    ranked = sorted(english.items(), key=lambda one: (-one[1].probability, one[0]))
    said = [(meaning, one) for meaning, one in ranked if f"w:{one.word}" in own]
    for meaning, one in said[:MAX_TRANSLATED]:
        spent[f"w:{one.word}"] += one.confidence**2
        terms.setdefault(f"w:{meaning}", one.confidence * told.get(meaning, 1.0))
    for word, squares in spent.items():
        terms[word] = own[word] * math.sqrt(1 - min(_GIVEN, squares))
    return terms


@dataclass(frozen=True)
class Meaning:
    """A lexeme of a text that means an English one, with a probability in (0, 1]."""

    word: str
    probability: float

    @property
    def confidence(self) -> float:
        """What a row holds for the English word, in (0, TRANSLATED].

        The root, since two doubtful words that agree are less doubtful: by it 40 % more names of
        the CPV find their English one first than by the probability itself (measured).
        """
        return TRANSLATED * math.sqrt(self.probability)


def keys(text: Iterable[str]) -> list[str]:
    """The lexemes of a text that are not in Latin letters.

    Without the pairs of katakana, which are cut from words and mean nothing.
    """
    found: list[str] = []
    run = ""
    for lexeme in text:
        if not (is_cyrillic(lexeme) or _is_japanese(lexeme)):
            continue
        if is_katakana(lexeme):
            if len(lexeme) == 2 and lexeme in run:
                continue
            run = lexeme if len(lexeme) > 2 else ""
        else:
            run = ""
        found.append(lexeme)
    return found


def _plain(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in words if not word.isdigit()))


def _spell(text: str, spelled: "defaultdict[str, Counter[str]]") -> None:
    for lexeme, form in surface_forms(text, "en").items():
        if lexeme.isascii() and lexeme.isalpha():
            spelled[lexeme][form.lower()] += 1


def _parts(text: str, meaning: str) -> list[tuple[str, str]]:
    """Two lists of equal length item by item, else both whole."""
    ours = [part for part in map(str.strip, _LISTED.split(text)) if part]
    theirs = [part for part in map(str.strip, _LISTED.split(meaning)) if part]
    if len(ours) == len(theirs) > 1:
        return list(zip(ours, theirs, strict=True))
    return [(text, meaning)]


def _rough(word: str) -> list[str]:
    """What stands for a word nobody taught: its beginning, or its kanji."""
    if is_cyrillic(word):
        return [word[:_PREFIX]] if len(word) >= _PREFIX else []
    return list(word) if _is_han(word) and len(word) > 1 else []


def _is_japanese(word: str) -> bool:
    return "\u3041" <= word[:1] <= "\u30fe" or _is_han(word)


def _is_han(word: str) -> bool:
    return "\u3400" <= word[:1] <= "\u9fff"


def _learnt(pairs: _Pairs, doubt: float) -> dict[str, list[tuple[str, float]]]:
    """Probabilities of meanings from pairs of words said and English words meant.

    A word's probability to mean another is its expected number of labels where it does, over the
    number of labels that have it plus ``doubt``: what was seen once is never sure.
    """
    seen = Counter(word for words, _ in pairs for word in words)
    said = Counter(word for _, english in pairs for word in english)
    together = Counter((word, e) for words, english in pairs for word in words for e in english)
    means = {pair: times**2 / (seen[pair[0]] * said[pair[1]]) for pair, times in together.items()}
    meant = dict(means)
    expected: dict[tuple[str, str], float] = {}
    for _ in range(_ROUNDS):
        expected = dict.fromkeys(means, 0.0)
        for words, english in pairs:
            by_english = {e: sum(means[w, e] for w in words) + _NOTHING for e in english}
            for word in words:
                by_word = sum(meant[word, e] for e in english) + _NOTHING
                for e in english:
                    pair = word, e
                    expected[pair] += means[pair] / by_english[e] * meant[pair] / by_word
        of_word: defaultdict[str, float] = defaultdict(float)
        of_english: defaultdict[str, float] = defaultdict(float)
        for (word, e), count in expected.items():
            of_word[word] += count
            of_english[e] += count
        means = {pair: count / (of_word[pair[0]] or 1.0) for pair, count in expected.items()}
        meant = {pair: count / (of_english[pair[1]] or 1.0) for pair, count in expected.items()}
    found: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for (word, e), count in expected.items():
        if (probability := round(count / (seen[word] + doubt), 3)) >= _LEAST_KEPT:
            found[word].append((e, probability))
    return {
        word: sorted(meanings, key=lambda one: (-one[1], one[0]))[:_KEPT]
        for word, meanings in found.items()
    }

"""Topics of texts: clusters found without any pairs, then told by the words that mark them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from chambers.words import lexemes
from matching.evaluation.sparse import Doubles, Floats, Longs, Rows

_WORD = re.compile(r"[^\W\d_]+")
SELDOM, OFTEN = 40, 0.25
"""A word of topics stands in so many texts at least, and in this share of them at most."""
_SMALL = 0.5
_ROUNDS = 12
_SHARPNESS = 0.5
MARKS = 60
"""Words kept of each topic."""


@dataclass(frozen=True)
class Topics:
    """Clusters of a collection of texts.

    ``image`` [texts, dimensions]: each text by ``map`` [words, dimensions]. ``weight`` [words,
    topics] is zero except for the words that mark a topic; ``of`` [texts] is the topic of each
    text, -1 for none. ``alike`` [topics, topics]: cosines of the centres.
    """

    image: Floats
    map: Floats
    weight: Floats
    of: Longs
    alike: Doubles


def plain_words(texts: Iterable[str]) -> frozenset[str]:
    """Lexemes that some texts mostly write small: no names of companies, products or places."""
    return mostly_written(texts, str.islower)


def mostly_written(texts: Iterable[str], how: Callable[[str], bool]) -> frozenset[str]:
    """English lexemes of which more than half of the spellings in some texts are such ones."""
    raw: Counter[str] = Counter()
    for text in texts:
        raw.update(_WORD.findall(text))
    such: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for word, count in raw.items():
        for lexeme in lexemes(word, "en"):
            times[lexeme] += count
            if how(word):
                such[lexeme] += count
    return frozenset(lexeme for lexeme, n in times.items() if such[lexeme] > _SMALL * n)


def rarity(rows: Rows) -> Floats:
    """Inverse document frequency of each word."""
    return np.log(len(rows) / np.maximum(rows.spread, 1)).astype(np.float32)


def find_topics(rows: Rows, count: int, dimensions: int, seed: int) -> Topics:
    """Cluster texts, given as unit rows of weighted words.

    Randomised singular value decomposition (Halko, Martinsson, Tropp 2011), then spherical k-means
    (Dhillon, Modha 2001). The same seed finds the same topics.
    """
    chance = np.random.default_rng(seed)
    vectors, values = _decomposed(rows, dimensions, chance)
    mapped = (vectors * values**-_SHARPNESS).astype(np.float32)
    image = rows.times(mapped)
    space = _unit(image)
    centres = _clustered(space, count, chance)
    weight = _marks(rows, (space @ centres.T).argmax(1), count)
    sums = rows.times(weight)
    of = np.where(sums.max(1) > 0, sums.argmax(1), -1)
    centres = _means(space, of, count)
    return Topics(image, mapped, weight, of, (centres @ centres.T).astype(np.float64))


def _decomposed(
    rows: Rows, dimensions: int, chance: np.random.Generator
) -> tuple[Doubles, Doubles]:
    """Right singular vectors [words, dimensions] and singular values."""
    turned = rows.by_column
    beyond = min(20, rows.width - dimensions)
    guess = chance.standard_normal((rows.width, dimensions + beyond)).astype(np.float32)
    for _ in range(3):
        guess, _upper = np.linalg.qr(turned.times(rows.times(guess)))
    image = rows.times(np.ascontiguousarray(guess, np.float32)).astype(np.float64)
    squares, turn = np.linalg.eigh(image.T @ image)
    order = np.argsort(-squares)[:dimensions]
    return guess.astype(np.float64) @ turn[:, order], np.sqrt(np.maximum(squares[order], 1e-12))


def _clustered(space: Floats, count: int, chance: np.random.Generator) -> Floats:
    centres = space[chance.choice(len(space), count, replace=False)]
    for _ in range(_ROUNDS):
        centres = _means(space, (space @ centres.T).argmax(1), count)
    return centres


def _means(space: Floats, of: Longs, count: int) -> Floats:
    inside = of >= 0
    sums = np.zeros((count, space.shape[1]), np.float32)
    np.add.at(sums, of[inside], space[inside])
    return _unit(sums)


def _marks(rows: Rows, of: Longs, count: int) -> Floats:
    """The words that mark each topic: its mean text above the mean of all, unit length."""
    sums = np.zeros((rows.width, count), np.float64)
    np.add.at(sums, (rows.columns, of[rows.row]), rows.values)
    sizes = np.maximum(np.bincount(of, minlength=count), 1)
    overall = np.bincount(rows.columns, rows.values, rows.width) / len(rows)
    marked = np.maximum(sums / sizes - overall[:, None], 0)
    kept = min(MARKS, rows.width)
    least = np.partition(marked, -kept, axis=0)[-kept]
    marked[marked < least] = 0
    return np.asarray((marked / np.maximum(np.linalg.norm(marked, axis=0), 1e-12)), np.float32)


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray((vectors / np.maximum(length, 1e-9)), np.float32)


def known_words(texts: Sequence[Iterable[str]], allowed: frozenset[str]) -> list[str]:
    """Words that topics may be told by, in alphabetical order."""
    held = Counter(word for text in texts for word in set(text))
    most = OFTEN * len(texts)
    return sorted(word for word, n in held.items() if SELDOM <= n <= most and word in allowed)

"""A second opinion on trade codes, from how near a text is to the codes' labels.

The vectors come from a provider that whoever runs the service may plug in; none ships. Figures with
one: ``docs/matching-languages.md``.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np

from chambers.words import lexemes
from matching.engine.lexicon import Lexicon

_SHARP = 0.03
_LEAST = 0.01
_AT_ONCE = 4_000

_Floats = np.ndarray[Any, np.dtype[np.float32]]
_Ints = np.ndarray[Any, np.dtype[np.int64]]


class Provider(Protocol):
    """What turns texts into vectors, so that texts of one meaning have a small angle."""

    @property
    def languages(self) -> Collection[str]:
        """ISO 639-1 codes of what it reads; English must be among them."""

    def encode(self, texts: Sequence[str]) -> _Floats:
        """A row per text, of any one width; of any length, a text without words may be zero."""


class EmbeddedLabels:
    """The English labels of codes as vectors, and which code each belongs to."""

    def __init__(self, codes: Sequence[str], owners: _Ints, vectors: _Floats) -> None:
        """For ``fit``: labels in the order of their codes, each code with one at least."""
        self._codes = codes
        self._starts = np.searchsorted(owners, np.arange(len(codes)))
        self._vectors = vectors

    @classmethod
    def fit(cls, labels: Iterable[tuple[str, str, str]], digits: int, provider: Provider) -> Self:
        """From labels (code, language, text); longer codes speak for their first ``digits``.

        English ones do: those of other languages told nothing more.
        """
        kept = sorted(
            {
                (code[:digits], text)
                for code, language, text in labels
                if language == "en" and len(code) >= digits and text.strip()
            }
        )
        codes = sorted({code for code, _text in kept})
        places = {code: at for at, code in enumerate(codes)}
        owners = np.array([places[code] for code, _text in kept], np.int64)
        texts = [text for _code, text in kept]
        parts = [
            _unit(provider.encode(texts[at : at + _AT_ONCE]))
            for at in range(0, len(texts), _AT_ONCE)
        ]
        return cls(codes, owners, np.concatenate(parts) if parts else np.zeros((0, 1), np.float32))

    def shares(self, vector: _Floats) -> dict[str, float]:
        """How the codes, and those of two digits above them, divide a text, adding up to 1 each.

        By the nearest label of each code. Empty for a text without a direction.
        """
        if not self._codes or not vector.any():
            return {}
        nearness = self._vectors @ _unit(vector[np.newaxis])[0]
        best = np.maximum.reduceat(nearness, self._starts).astype(np.float64)
        parts = np.exp((best - best.max()) / _SHARP)
        parts /= parts.sum()
        found: defaultdict[str, float] = defaultdict(float)
        for code, part in zip(self._codes, parts.tolist(), strict=True):
            found[code[:2]] += part
            if len(code) > 2:
                found[code] = part
        return {code: part for code, part in found.items() if part >= _LEAST}


def readable(provider: Provider, lexicon: Lexicon, language: str, text: str) -> str:
    """A text as the provider reads it: in a language that it does not know, by the lexicon."""
    if language in provider.languages:
        return text
    english = lexicon.english(lexemes(text, language), language)
    return " ".join(lexicon.shown.get(word, word) for word in english)


def surest(shares: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The highest share of each code in several texts."""
    found: dict[str, float] = {}
    for one in shares:
        for code, part in one.items():
            found[code] = max(found.get(code, 0.0), part)
    return found


def _unit(vectors: _Floats) -> _Floats:
    """Each of length one; a vector without a direction stays."""
    plain = np.nan_to_num(np.asarray(vectors, np.float32))
    lengths = np.linalg.norm(plain, axis=1, keepdims=True)
    found: _Floats = np.divide(plain, lengths, out=np.zeros_like(plain), where=lengths > 0)
    return found

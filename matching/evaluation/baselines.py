"""What the engine is compared with: BM25 and TF-IDF cosine, one-sided and without any limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from matching.evaluation.sparse import Doubles, Rows, Vocabulary

K1, B = 1.5, 0.75


class Bm25:
    """Okapi BM25 of texts as bags of counted words.

    Source: Robertson, Zaragoza (2009), The Probabilistic Relevance Framework: BM25 and Beyond.
    """

    def __init__(self, vocabulary: Vocabulary, texts: Rows) -> None:
        """``texts`` in the numbers of ``vocabulary``."""
        self._vocabulary = vocabulary
        held, count = texts.spread, len(texts)
        idf = np.log1p((count - held + 0.5) / (held + 0.5))
        length = np.bincount(texts.row, texts.values, count)
        relative = (1 - B + B * length / max(length.mean(), 1e-9))[texts.row]
        damped = texts.values * (K1 + 1) / (texts.values + K1 * relative)
        self._rows = texts.weighted(damped * idf[texts.columns])

    def scores(self, text: Mapping[str, float]) -> Doubles:
        """One number per text of the collection."""
        columns, values = self._vocabulary.read(text)
        return self._rows.scores(columns, np.ones_like(values))


class TfIdf:
    """Cosine of texts with logarithmic counts and inverse document frequency.

    Source: Salton, Buckley (1988), Term-weighting approaches in automatic text retrieval.
    """

    def __init__(self, vocabulary: Vocabulary, texts: Rows) -> None:
        """``texts`` in the numbers of ``vocabulary``."""
        self._vocabulary = vocabulary
        self._idf = np.log(len(texts) / np.maximum(texts.spread, 1))
        weights = (1 + np.log(texts.values)) * self._idf[texts.columns]
        self.rows = texts.weighted(weights).normalised()

    def scores(self, text: Mapping[str, float]) -> Doubles:
        """The cosine with each text of the collection."""
        columns, values = self._vocabulary.read(text)
        weights = (1 + np.log(values)) * self._idf[columns]
        length = float(np.sqrt(weights @ weights)) or 1.0
        return self.rows.scores(columns, (weights / length).astype(np.float32))


def collection(texts: Iterable[Mapping[str, float]]) -> tuple[Vocabulary, Rows]:
    """The words of some texts by number, and the texts in these numbers."""
    vocabulary = Vocabulary()
    return vocabulary, vocabulary.grow(texts)

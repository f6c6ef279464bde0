"""A provider of text vectors to measure beside: static ones that come in a wheel.

``wordllama`` (MIT) brings 32,000 vectors of 256 numbers (16 MB), cut from the input layer of a
large language model and trained on English; a text is the mean of its pieces. Nothing is
downloaded. Plugged in with ``TEXT_EMBEDDINGS=bench.embedding.WordLlamaVectors``.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import wordllama
from numpy.typing import NDArray


class WordLlamaVectors:
    """Reads English; see ``matching.engine.embedding.Provider``."""

    languages = ("en",)

    def __init__(self) -> None:
        """From the files of the package, wherever it stands."""
        folder = Path(wordllama.__file__).parent
        self._model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """256 numbers per text; 0.1 ms and less of one core each."""
        found = self._model.embed(list(texts))
        return np.nan_to_num(np.asarray(found, np.float32))

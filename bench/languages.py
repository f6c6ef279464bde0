"""Words and codes across languages: how often the right one is found, first and among ten.

``python -m bench.languages FOLDER`` with FOLDER holding ``classifications/cpv2008.csv`` and
``classifications/nace_rev2_includes_en.csv``. Nothing of FOLDER is learnt.

- Labels held back: a fifth of the project's own labels at a time is kept from the lexicon, with
  every other label of the same wording in either language; each Russian or Japanese one then looks
  for its English one among that fifth.
- CPV: each Russian name looks for its English one among all.
- Beside both: transliteration alone, that is a lexicon that learnt nothing.

The English wording among which is searched is known to both, since a market's texts are; that it
translates a text, and which, is not.
"""

import argparse
import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chambers.gates.tables import read_table
from chambers.words import fold, lexemes
from matching.engine.lexicon import Label, Lexicon
from seeds.labels import english_texts, own_rows, parallel_labels

_CPV = "classifications/cpv2008.csv"
_FOLDS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the classifications")
    folder = parser.parse_args().folder
    if not (folder / _CPV).exists():
        sys.exit(
            f"Not found in {folder}: {_CPV}. These records are not part of the project; name the "
            "folder that holds them."
        )
    _words(folder)


def _words(folder: Path) -> None:
    labels, english = list(parallel_labels()), list(english_texts())
    started = time.perf_counter()
    Lexicon.fit(labels, english)
    print(f"{len(labels):,} labels learnt in {time.perf_counter() - started:.1f} s")
    for language in ("ru", "ja"):
        _print(f"own labels {language} to en", *_held_back(language, labels, english))
    pairs = [(row["name_ru"], row["name_en"]) for row in table(folder / _CPV) if row["name_ru"]]
    english += [text for _, text in pairs]
    found = [_ranks(Lexicon.fit(one, english), "ru", pairs) for one in (labels, [])]
    _print("CPV ru to en", *found)


def _held_back(
    language: str, labels: list[Label], english: list[str]
) -> tuple[list[float], list[float]]:
    """Ranks of the own labels, with what the others teach and by transliteration alone."""
    rows = [(row[language], row["en"]) for row in own_rows()]
    random.Random(7).shuffle(rows)  # noqa: S311 - folds, not secrets
    learnt: list[float] = []
    sounded: list[float] = []
    for at in range(_FOLDS):
        fifth = rows[at::_FOLDS]
        held = {fold(text) for pair in fifth for text in pair}
        rest = [one for one in labels if fold(one[1]) not in held and fold(one[2]) not in held]
        texts = [*english, *(meaning for _, meaning in fifth)]
        learnt += _ranks(Lexicon.fit(rest, texts), language, fifth)
        sounded += _ranks(Lexicon.fit([], texts), language, fifth)
    return learnt, sounded


def _ranks(lexicon: Lexicon, language: str, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """For each text the rank of its English among all, by cosine; ties count half.

    English lexemes weigh as they are rare; those of the text by their confidence too.
    """
    said = [set(lexemes(english, "en")) for _, english in pairs]
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for at, words in enumerate(said):
        for word in words:
            holders[word].append(at)
    weight = {word: math.log1p(len(pairs) / len(held)) ** 2 for word, held in holders.items()}
    length = np.array([math.sqrt(sum(weight[word] for word in words)) or 1.0 for words in said])
    meanings = np.unique([fold(english) for _, english in pairs], return_inverse=True)[1]
    found = []
    for at, (text, _) in enumerate(pairs):
        scores = np.zeros(len(pairs))
        for word, meaning in lexicon.english(lexemes(text, language), language).items():
            scores[holders.get(word, [])] += meaning.confidence * weight.get(word, 0.0)
        scores /= length
        others = scores[meanings != meanings[at]]
        above, level = (others > scores[at]).sum(), (others == scores[at]).sum()
        found.append(1 + above + level / 2)
    return found


def _print(what: str, learnt: Sequence[float], sounded: Sequence[float]) -> None:
    figures = [
        f"{(ranks < 1.5).mean():.3f} / {(ranks <= 10).mean():.3f}"
        for ranks in (np.array(learnt), np.array(sounded))
    ]
    print(
        f"{what}: {len(learnt):,} texts, first / in ten {figures[0]}"
        f" (transliteration alone {figures[1]})",
        flush=True,
    )


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, by column."""
    with path.open("rb") as stream:
        return [row for _, row in read_table(stream, "utf-8-sig").rows]


if __name__ == "__main__":
    main()

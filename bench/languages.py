"""Words and codes across languages: how often the right one is found, first and among ten.

``python -m bench.languages FOLDER`` with FOLDER holding ``classifications`` (CPV 2008, what NACE
Rev. 2 includes, OKVED 2) and ``companies.jsonl.gz``. Nothing of FOLDER is learnt.

- Labels held back: a fifth of the project's own labels at a time is kept from the lexicon, with
  every other label of the same wording in either language; each Russian or Japanese one then looks
  for its English one among that fifth.
- CPV: each Russian name looks for its English one among all.
- Beside both: transliteration alone, that is a lexicon that learnt nothing.

- HS headings: a fifth at a time of the subheadings with a short label is kept from reader and
  lexicon, official wording and all; each label looks for its heading.
- NACE divisions: of what the classes include, in English, and of OKVED 2, which shares NACE's
  divisions, in Russian.
- Companies: by the industry a register gave them, which admits some chapters and divisions
  (``bench.trades``). A company of a service trade has no right chapter.
- Each of these again with a second opinion from static vectors (``bench.embedding``), Russian and
  Japanese read through the lexicon; and what both cost per text.

The English wording among which is searched is known to both, since a market's texts are; that it
translates a text, and which, is not.
"""

import argparse
import json
import math
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from pathlib import Path

import numpy as np

from bench import trades
from bench.embedding import WordLlamaVectors
from chambers.gates.files import open_outside
from chambers.gates.tables import read_table
from chambers.words import fold, lexemes
from matching.engine.codes import USED, CodeReader, DivisionReader, Suggested, joined, suggested
from matching.engine.embedding import EmbeddedLabels, readable
from matching.engine.lexicon import LEARNT, Label, Lexicon
from seeds import sources
from seeds.labels import (
    division_labels,
    english_texts,
    heading_labels,
    own_rows,
    parallel_labels,
)

_CPV = "classifications/cpv2008.csv"
_FOLDS = 5
_OF_EACH = 60  # companies of each industry
_BOTH = ", with vectors"


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
    _codes(folder)


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


def _codes(folder: Path) -> None:
    """Codes from text: headings of labels held back, divisions, and both of real companies."""
    with LEARNT.open(encoding="utf-8") as lines:
        lexicon = Lexicon.read(lines)
    headings = CodeReader.fit(heading_labels(), lexicon)
    divisions = DivisionReader.fit(division_labels(), lexicon)
    vectors = WordLlamaVectors()
    near = EmbeddedLabels.fit(division_labels(), 2, vectors)
    for (language, opinions), found in _headings_held_back(vectors).items():
        _print_codes(f"HS headings {language}, labels held back{opinions}", found)
    for name, column, language in (
        ("nace_rev2_includes_en", "includes_en", "en"),
        ("okved2", "name_ru", "ru"),
    ):
        rows = [row for row in table(folder / f"classifications/{name}.csv") if row[column]]
        asked = [(row["code"][:2], row[column]) for row in rows if row["code"][:2].isdigit()]
        found = [
            ({code}, divisions.read(lexemes(text, language), language)) for code, text in asked
        ]
        _print_codes(f"NACE divisions {language}, {name}", found)
        shares = _shares(near, vectors, [(language, text) for _, text in asked], lexicon)
        both = [
            (right, joined(read, one)) for (right, read), one in zip(found, shares, strict=True)
        ]
        _print_codes(f"NACE divisions {language}, {name}{_BOTH}", both)
    _companies(folder / "companies.jsonl.gz", headings, divisions, vectors)


_Found = list[tuple[Set[str], Suggested]]
"""For each text the codes that are right, and those suggested."""


def _shares(
    labels: EmbeddedLabels,
    vectors: WordLlamaVectors,
    texts: Sequence[tuple[str, str]],
    lexicon: Lexicon,
) -> list[dict[str, float]]:
    """The second opinion on texts given with their language, as the service forms it."""
    english = [readable(vectors, lexicon, *one) for one in texts]
    return [labels.shares(vector) for vector in vectors.encode(english)]


def _headings_held_back(vectors: WordLlamaVectors) -> dict[tuple[str, str], _Found]:
    """By language, without and with the second opinion."""
    labels, english = list(parallel_labels()), list(english_texts())
    coded = list(heading_labels())
    short = [row for row in sources.table("hs_labels") if len(row["code"]) == 6]
    random.Random(7).shuffle(short)  # noqa: S311 - folds, not secrets
    languages = ("en", "ru", "ja")
    found: dict[tuple[str, str], _Found] = {
        (language, opinions): [] for language in languages for opinions in ("", _BOTH)
    }
    for at in range(_FOLDS):
        fifth = short[at::_FOLDS]
        codes = {row["code"] for row in fifth}
        held = {fold(row[language]) for row in fifth for language in languages}
        rest = [one for one in labels if fold(one[1]) not in held and fold(one[2]) not in held]
        lexicon = Lexicon.fit(rest, english)
        known = [one for one in coded if one[0] not in codes and fold(one[2]) not in held]
        reader = CodeReader.fit(known, lexicon)
        near = EmbeddedLabels.fit(known, 4, vectors)
        for language in languages:
            shares = _shares(near, vectors, [(language, row[language]) for row in fifth], lexicon)
            for row, second in zip(fifth, shares, strict=True):
                read = reader.read(lexemes(row[language], language), language)
                for opinions, told in (("", read), (_BOTH, joined(read, second))):
                    four = [one for one in told if len(one[0]) == 4]
                    found[language, opinions].append(({row["code"][:4]}, four))
    return found


def _companies(
    path: Path, headings: CodeReader, divisions: DivisionReader, vectors: WordLlamaVectors
) -> None:
    near = (
        EmbeddedLabels.fit(heading_labels(), 4, vectors),
        EmbeddedLabels.fit(division_labels(), 2, vectors),
    )
    counted: Counter[str] = Counter()
    chapters: dict[str, _Found] = {"": [], _BOTH: []}
    sectors: dict[str, _Found] = {"": [], _BOTH: []}
    cost = dict.fromkeys(("", _BOTH), 0.0)
    with open_outside(path) as stream:
        for record in map(json.loads, stream):
            industry = record.get("industry", "")
            text = lexemes(record.get("description", ""), "en")
            if not text or record.get("language") != "en" or counted[industry] >= _OF_EACH:
                continue
            counted[industry] += 1
            for opinions in cost:
                started = time.process_time()
                second = None
                if opinions:
                    (vector,) = vectors.encode([record["description"]])
                    second = {"hs": near[0].shares(vector), "nace": near[1].shares(vector)}
                found = suggested({"en": text}, headings, divisions, second)
                cost[opinions] += time.process_time() - started
                of = {
                    scheme: [(code, p) for one, code, p in found if one == scheme]
                    for scheme in ("hs", "nace")
                }
                if industry in trades.CHAPTERS:
                    read = [one for one in of["hs"] if len(one[0]) == 2]
                    chapters[opinions].append((trades.CHAPTERS[industry], read))
                if industry in trades.DIVISIONS:
                    sectors[opinions].append((trades.DIVISIONS[industry], of["nace"]))
    for opinions, seconds in cost.items():
        _print_codes(f"HS chapters en, companies{opinions}", chapters[opinions])
        _print_codes(f"NACE divisions en, companies{opinions}", sectors[opinions])
        each = 1000 * seconds / counted.total()
        print(f"cost of codes from a description{opinions}: {each:.1f} CPU ms", flush=True)


def _print_codes(what: str, found: _Found) -> None:
    """Share right first and among five, of the texts that have a right code; then what is used."""
    able = [(right, read) for right, read in found if right]
    first = sum(bool(read) and read[0][0] in right for right, read in able)
    five = sum(any(code in right for code, _ in read[:5]) for right, read in able)
    used = [(right, code) for right, read in found for code, p in read if p >= USED]
    correct = sum(code in right for right, code in used)
    texts = sum(any(p >= USED for _, p in read) for _, read in found)
    print(
        f"{what}: {len(able):,} texts, first / in five {first / len(able):.3f} /"
        f" {five / len(able):.3f}; sure enough to be used {len(used):,}, of them right"
        f" {correct / len(used):.3f}, in {texts / len(found):.0%} of the texts",
        flush=True,
    )


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, by column."""
    with path.open("rb") as stream:
        return [row for _, row in read_table(stream, "utf-8-sig").rows]


if __name__ == "__main__":
    main()

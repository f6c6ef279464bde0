"""Which topics of texts buy from which: a hand-written table of trades, laid over learnt topics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from matching.engine.codes import DIVISIONS, DivisionReader, division_words
from matching.engine.lexicon import Lexicon
from matching.evaluation.sparse import Doubles, Floats, Longs

TABLE = Path(__file__).with_name("supply.txt")
LINK = 2.0
"""Evidence for a buyer and a seller, before ``Weights.prior``."""
RIVALS = -6.0
"""Evidence for two of one trade that serves its own country, or sells what the other sells."""
_SHARPNESS = 1.5
_READ = 2
"""Divisions read of each text."""


def read_table(path: Path = TABLE) -> tuple[list[str], Doubles]:
    """Divisions and what speaks for each pair of them, symmetric."""
    rows: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, colon, others = line.partition(":")
        if colon and not line.startswith("#"):
            rows[name] = others.split()
    own, among = rows.pop("own"), rows.pop("among")
    divisions = sorted({*rows, *own, *(one for others in rows.values() for one in others)})
    place = {division: at for at, division in enumerate(divisions)}
    lift = np.zeros((len(divisions), len(divisions)))
    for buyer, sellers in rows.items():
        for seller in sellers:
            lift[place[buyer], place[seller]] = lift[place[seller], place[buyer]] = LINK
    for one in own:
        lift[place[one], place[one]] = RIVALS
    for one in among:
        for other in among:
            lift[place[one], place[other]] = RIVALS
    return divisions, lift


def supply_between(topics: Longs, texts: Iterable[Sequence[str]], count: int) -> Floats:
    """What speaks for each pair of topics [count, count], by the trades of the texts in them.

    ``topics``: the topic of each text, -1 for none; ``texts``: their lexemes.
    """
    divisions, lift = read_table()
    place = {division: at for at, division in enumerate(divisions)}
    with DIVISIONS.open(encoding="utf-8") as lines:
        reader = DivisionReader.fit(division_words(lines), Lexicon())
    share = np.zeros((count, len(divisions)))
    for topic, text in zip(topics.tolist(), texts, strict=True):
        for division, sure in reader.read(text)[:_READ] if topic >= 0 else ():
            if division in place:
                share[topic, place[division]] += sure
    share = share**_SHARPNESS
    share /= np.maximum(share.sum(1, keepdims=True), 1e-9)
    return np.asarray(share @ lift @ share.T, np.float32)

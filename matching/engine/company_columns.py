"""Many companies as columns: what ``Company`` holds of one, without an object for each."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.rows import Company

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Texts(NamedTuple):
    """One text per company: ``names[numbers[c]]``. Every name is somebody's and stands once."""

    numbers: Ints
    names: list[str]


class TextSets(NamedTuple):
    """A set of texts per company: the names of ``numbers[start[c]:start[c + 1]]``.

    Every name is somebody's and stands once; a set may name one twice and in any order.
    """

    start: Longs
    numbers: Ints
    names: list[str]


class Pairs(NamedTuple):
    """Ids of two companies each; who is not among the companies does not count."""

    one: Longs
    other: Longs


@dataclass(frozen=True)
class CompanyColumns:
    """The fields of ``Company``, each as a column of all companies."""

    ids: Longs
    country: Texts
    wanted: TextSets
    excluded: TextSets
    blocked: Pairs
    dismissed: Pairs
    met: Pairs
    group: Longs
    languages: TextSets
    interpreter: Flags
    certificates: TextSets
    requires: TextSets
    size: Texts
    sizes: TextSets
    avoids_competitors: Flags
    trades: TextSets
    industry: Texts
    standing: NDArray[np.float64]

    @classmethod
    def of(cls, companies: Iterable[Company]) -> Self:
        """The columns of some companies; nothing of them is kept but numbers and names."""
        made = _Columns()
        for company in companies:
            made.add(company)
        texts = {name: column.texts() for name, column in made.texts.items()}
        sets = {name: column.sets() for name, column in made.sets.items()}
        pairs = {
            name: Pairs(np.array(one, np.int64), np.array(other, np.int64))
            for name, (one, other) in made.pairs.items()
        }
        return cls(
            ids=np.array(made.ids, np.int64),
            country=texts["country"],
            wanted=sets["wanted"],
            excluded=sets["excluded"],
            blocked=pairs["blocked"],
            dismissed=pairs["dismissed"],
            met=pairs["met"],
            group=np.array(made.group, np.int64),
            languages=sets["languages"],
            interpreter=np.array(made.interpreter, np.bool_),
            certificates=sets["certificates"],
            requires=sets["requires"],
            size=texts["size"],
            sizes=sets["sizes"],
            avoids_competitors=np.array(made.avoids, np.bool_),
            trades=sets["trades"],
            industry=texts["industry"],
            standing=np.array(made.standing, np.float64),
        )


class _Columns:
    """The columns while companies come in."""

    def __init__(self) -> None:
        self.ids, self.group, self.standing = array("q"), array("q"), array("d")
        self.interpreter, self.avoids = array("b"), array("b")
        self.texts = {name: _Names() for name in ("country", "size", "industry")}
        sets = ("wanted", "excluded", "languages", "certificates", "requires", "sizes", "trades")
        self.sets = {name: _Names() for name in sets}
        self.pairs = {name: (array("q"), array("q")) for name in ("blocked", "dismissed", "met")}

    def add(self, company: Company) -> None:
        self.ids.append(company.id)
        self.group.append(company.group)
        self.standing.append(company.standing)
        self.interpreter.append(company.interpreter)
        self.avoids.append(company.avoids_competitors)
        for name, texts in self.texts.items():
            texts.add((getattr(company, name),))
        for name, sets in self.sets.items():
            sets.add(getattr(company, name))
        for name, (one, other) in self.pairs.items():
            others = getattr(company, name)
            one.extend([company.id] * len(others))
            other.extend(others)


class _Names:
    """Names of many companies, numbered as they come."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._numbers, self._start = array("i"), array("q", [0])

    def add(self, names: Collection[str]) -> None:
        """Those of one more company."""
        for name in names:
            self._numbers.append(self._known.setdefault(name, len(self._known)))
        self._start.append(len(self._numbers))

    def texts(self) -> Texts:
        return Texts(np.array(self._numbers, np.int32), list(self._known))

    def sets(self) -> TextSets:
        return TextSets(np.array(self._start, np.int64), *self.texts())

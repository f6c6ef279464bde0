"""From companies and the prior to the arrays that say who may meet whom."""

from array import array
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.rows import Company, Prior

Array = NDArray[Any]
Bits = NDArray[np.uint64]

COUNTRY_WORDS = 4
OTHER_COUNTRY = 64 * COUNTRY_WORDS - 1
"""Number of a country that the index does not know."""
OTHER_SIZE = 63
"""Number of a size that the index does not know; 0 is no size."""
ALL = np.uint64(2**64 - 1)


class Members:
    """Sets of names, one per company or row, as numbers from 1 on."""

    def __init__(self, numbers: dict[str, int], unknown: int | None, *, grows: bool) -> None:
        """``unknown`` stands for a name that has no number and gets none; None drops it."""
        self.numbers = numbers
        self.start = array("q", [0])
        self.members = array("i")
        self._unknown = unknown
        self._grows = grows

    def number(self, name: str) -> int | None:
        """The number of a name."""
        if self._grows:
            return self.numbers.setdefault(name, len(self.numbers) + 1)
        return self.numbers.get(name, self._unknown)

    def add(self, names: Collection[str]) -> None:
        """Put one more set at the end."""
        numbers = [number for name in names if (number := self.number(name)) is not None]
        self.members.extend(sorted(numbers))
        self.start.append(len(self.members))

    def bits(self, words: int | None = None) -> Bits:
        """One set per line as bits, in as many words as the numbers take or as told.

        Raises ValueError when they do not fit.
        """
        most = max(self.numbers.values(), default=0) // 64 + 1
        words = most if words is None else words
        if most > words:
            raise ValueError("more names of one sort than the engine can tell apart")
        found = np.zeros((len(self.start) - 1, words), np.uint64)
        members = np.array(self.members, np.int64)
        line = np.repeat(np.arange(len(found)), np.diff(np.array(self.start)))
        one = np.uint64(1) << (members & 63).astype(np.uint64)
        np.bitwise_or.at(found, (line, members >> 6), one)
        return found


class PackedLimits:
    """Companies as they come in, packed; nothing of them is kept but numbers."""

    def __init__(self, numbers: Mapping[str, dict[str, int]] | None = None) -> None:
        """``numbers`` are those of an index, when its companies are to be asked about."""
        grows = numbers is None
        known: Mapping[str, dict[str, int]] = {} if numbers is None else numbers

        def sets(name: str, unknown: int | None = None) -> Members:
            return Members(known.get(name, {}), unknown, grows=grows)

        self.wanted = sets("countries", OTHER_COUNTRY)
        # Shares the numbers; nobody is in a country that only an exclusion names and no one has.
        self.excluded = Members(self.wanted.numbers, None, grows=grows)
        self.holds = sets("certificates")
        self.requires = Members(self.holds.numbers, 0, grows=grows)
        self.speaks = sets("languages", 0)
        self.sizes = sets("sizes", OTHER_SIZE)
        self.trades = sets("trades")
        self.industries = dict(known.get("industries", {}))
        self.ids, self.group = array("q"), array("q")
        self.country, self.size, self.industry = array("i"), array("b"), array("i")
        self.standing = array("d")
        self.interpreter, self.avoids = array("b"), array("b")
        self.pairs = {name: (array("q"), array("q")) for name in ("apart", "hidden", "met")}
        self._grows = grows

    @property
    def numbers(self) -> dict[str, dict[str, int]]:
        """The number of every name, for companies that come later."""
        return {
            "countries": self.wanted.numbers,
            "certificates": self.holds.numbers,
            "languages": self.speaks.numbers,
            "sizes": self.sizes.numbers,
            "trades": self.trades.numbers,
            "industries": self.industries,
        }

    @property
    def by_country(self) -> NDArray[np.int32]:
        """Number of the country of each company, 0 when unknown."""
        return np.array(self.country, np.int32)

    def read(self, companies: Iterable[Company], prior: Prior) -> None:
        """Pack all companies; ValueError for two of one id."""
        for country in prior.countries:
            self.wanted.number(country)
        if self._grows:
            self.industries = {name: at for at, name in enumerate(prior.industries, 1)}
        for company in companies:
            self._add(company)
        if len(np.unique(np.array(self.ids))) != len(self.ids):
            raise ValueError("two companies share an id")

    def _add(self, company: Company) -> None:
        at = len(self.ids)
        self.ids.append(company.id)
        self.group.append(company.group)
        self.country.append((self.wanted.number(company.country) or 0) if company.country else 0)
        self.wanted.add(company.wanted)
        self.excluded.add(company.excluded)
        self.holds.add(company.certificates)
        self.requires.add(company.requires)
        self.speaks.add(company.languages)
        self.size.append((self.sizes.number(company.size) or 0) if company.size else 0)
        self.sizes.add(company.sizes)
        self.trades.add(company.trades)
        self.industry.append(self.industries.get(company.industry, 0))
        self.standing.append(company.standing)
        self.interpreter.append(company.interpreter)
        self.avoids.append(company.avoids_competitors)
        for name, others in (
            ("apart", company.blocked),
            ("hidden", company.dismissed),
            ("met", company.met),
        ):
            for other in others:
                self.pairs[name][0].append(at)
                self.pairs[name][1].append(other)

    def arrays(self, prior: Prior, order: NDArray[np.int64]) -> dict[str, Array]:
        """The fields of ``kernel.Limits`` and ``kernel.Lifts``, companies in a new order.

        Raises ValueError for more countries, sizes or other names than there is room for.
        """
        if max(self.wanted.numbers.values(), default=0) >= OTHER_COUNTRY:
            raise ValueError("more countries than there are")
        if max(self.sizes.numbers.values(), default=0) >= OTHER_SIZE:
            raise ValueError("more sizes than the engine can tell apart")
        arrays: dict[str, Array] = {
            "limits_ids": np.array(self.ids, np.int64)[order],
            "limits_traits": self._traits()[order],
            "limits_widths": np.array([self._words(self.speaks), self._words(self.holds)]),
            "limits_industry": np.array(self.industry, np.int32)[order],
            "limits_standing": np.array(self.standing, np.float64)[order],
            "lifts_industry": self._lifts(prior.industries, prior.industry_lift, self.industries),
            "lifts_country": self._lifts(
                prior.countries, prior.country_lift, self.wanted.numbers, OTHER_COUNTRY + 1
            ),
        }
        start, members = np.array(self.trades.start), np.array(self.trades.members, np.int32)
        counts = np.diff(start)[order]
        arrays["limits_trades_start"] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        within = np.arange(counts.sum()) - np.repeat(arrays["limits_trades_start"][:-1], counts)
        arrays["limits_trades"] = members[np.repeat(start[:-1][order], counts) + within]
        positions = _Positions(arrays["limits_ids"])
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        for name, (one, other) in self.pairs.items():
            start, flat = positions.pairs(
                place[np.array(one, np.int64)], np.array(other, np.int64), mutual=name != "hidden"
            )
            arrays |= {f"limits_{name}_start": start, f"limits_{name}": flat}
        return arrays

    def _traits(self) -> Bits:
        """All that is checked of every pair side by side; see ``kernel.Limits``."""
        speaks = self.speaks.bits(self._words(self.speaks))
        certificates = self._words(self.holds)
        flags = (
            np.array(self.country, np.uint64)
            | np.array(self.size, np.uint64) << np.uint64(8)
            | np.array(self.interpreter, np.uint64) << np.uint64(16)
            | np.array(self.avoids, np.uint64) << np.uint64(17)
        )
        return np.column_stack(
            [
                self._admits(),
                flags,
                np.array(self.group, np.int64).view(np.uint64),
                self._accepted_sizes(),
                speaks,
                self.holds.bits(certificates),
                self.requires.bits(certificates),
            ]
        )

    def _words(self, sets: Members) -> int:
        return max(sets.numbers.values(), default=0) // 64 + 1

    def _admits(self) -> Bits:
        wanted = self.wanted.bits(COUNTRY_WORDS)
        wanted[np.diff(np.array(self.wanted.start)) == 0] = ALL
        return wanted & ~self.excluded.bits(COUNTRY_WORDS)

    def _accepted_sizes(self) -> Bits:
        accepted = self.sizes.bits(1)[:, 0] | np.uint64(1)
        accepted[np.diff(np.array(self.sizes.start)) == 0] = ALL
        return accepted

    def _lifts(
        self,
        names: tuple[str, ...],
        lift: NDArray[np.float32],
        numbers: Mapping[str, int],
        size: int | None = None,
    ) -> NDArray[np.float32]:
        """A table by the numbers of this index; 0 for what has none."""
        size = len(names) + 1 if size is None else size
        table = np.zeros((size, size), np.float32)
        places = np.array([numbers[name] for name in names], np.int64)
        table[np.ix_(places, places)] = lift
        return table


class _Positions:
    """Where companies of given ids stand."""

    def __init__(self, ids: NDArray[np.int64]) -> None:
        self._order = np.argsort(ids, kind="stable")
        self._sorted = ids[self._order]

    def pairs(
        self, one: NDArray[np.int64], other: NDArray[np.int64], *, mutual: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Sorted positions of the others of each company; ids of nobody here are left out.

        ``one`` are positions, ``other`` ids; a mutual pair stands with both.
        """
        companies = len(self._sorted)
        place = np.searchsorted(self._sorted, other)
        known = place < companies
        known[known] = self._sorted[place[known]] == other[known]
        one, two = one[known], self._order[place[known]]
        if mutual:
            one, two = np.concatenate([one, two]), np.concatenate([two, one])
        both: Any = np.unique(one * max(companies, 1) + two)
        start = np.searchsorted(both, np.arange(companies + 1) * max(companies, 1))
        return start.astype(np.int64), (both % max(companies, 1)).astype(np.int32)

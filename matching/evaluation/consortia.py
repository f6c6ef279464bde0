"""Research consortia: who joins an organisation of known projects in a call of known title."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chambers.words import lexemes
from matching.engine.index import Index
from matching.engine.prior import GAINS
from matching.engine.rows import Company, Prior, Row, Side
from matching.engine.weights import Weights
from matching.evaluation.answering import (
    Asking,
    ByText,
    Chance,
    Fixed,
    Method,
    Tally,
    by_position,
)
from matching.evaluation.baselines import Bm25, TfIdf
from matching.evaluation.formats import Call, Pair, Participation
from matching.evaluation.metrics import Figure
from matching.evaluation.sparse import Doubles, Vocabulary

Bools = NDArray[np.bool_]
Note = Callable[[str], None]

# Fitted by conditional logit on calls of 2017 from projects before, and of 2018 from before that.
PARTNER, PROGRAMME, TITLE = 1.5, 0.28, 0.25
"""Evidence of a common partner, a programme and a word of a title, before their rarity."""
COUNTRIES, TYPES, TIMES = 1.1, 1.45, 1.4
"""Factors of the tables of countries and types, and of the logarithm of past projects."""
_DOUBT = 5.0
_SCALE = 2.0
"""Values of terms are kept in steps of 0.01, so small ones are kept larger and weigh less."""
_LITTLE = 0.02
_CLASSES = ("", "p", "g", "t")


@dataclass(frozen=True)
class Project:
    """A call and who answered it together."""

    call: Call
    members: frozenset[str]


@dataclass(frozen=True)
class Past:
    """Projects known before a question, with the country and the type of each organisation."""

    projects: Mapping[str, Project]
    country: Mapping[str, str]
    type: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, participations: Iterable[Participation], calls: Mapping[str, Call]) -> Past:
        """From the lists of participations and projects."""
        members: defaultdict[str, set[str]] = defaultdict(set)
        country, kind = {}, {}
        for one in participations:
            members[one.project].add(one.organisation)
            country[one.organisation], kind[one.organisation] = one.country, one.type
        return cls(_projects(members, calls), country, kind)

    @classmethod
    def of_pairs(cls, pairs: Iterable[Pair]) -> Past:
        """From pairs alone; types of organisations stay unknown."""
        members: defaultdict[str, set[str]] = defaultdict(set)
        calls, country = {}, {}
        for pair in pairs:
            members[pair.project] |= {pair.a, pair.b}
            calls[pair.project] = Call(pair.title, pair.programme)
            country[pair.a], country[pair.b] = pair.a_country, pair.b_country
        return cls(_projects(members, calls), country)

    def without(self, project: str) -> Past:
        """The same as if one project had not been."""
        kept = {name: one for name, one in self.projects.items() if name != project}
        return Past(kept, self.country, self.type)


def _projects(members: Mapping[str, set[str]], calls: Mapping[str, Call]) -> dict[str, Project]:
    return {
        name: Project(calls.get(name, Call("", "")), frozenset(found))
        for name, found in members.items()
    }


class Organisations:
    """The organisations of past projects across borders, as the engine reads them."""

    def __init__(self, past: Past) -> None:
        """Their partners, programmes and titles so far."""
        across = [
            project
            for project in past.projects.values()
            if len({past.country[one] for one in project.members}) > 1
        ]
        self.ids = sorted({one for project in across for one in project.members})
        self.positions = {one: at for at, one in enumerate(self.ids)}
        self.country = np.array([past.country[one] for one in self.ids])
        self.type = [past.type.get(one, "") for one in self.ids]
        self._past = past
        inside = self.positions.keys()
        self.times = np.zeros(len(self.ids))
        self.partners: list[Counter[int]] = [Counter() for _ in self.ids]
        self._said: list[Counter[str]] = [Counter() for _ in self.ids]
        self.titles: list[Counter[str]] = [Counter() for _ in self.ids]
        for project in past.projects.values():
            members = sorted(self.positions[one] for one in project.members & inside)
            said = signs(project.call)
            for one in members:
                self.times[one] += 1
                self.partners[one].update(other for other in members if other != one)
                self._said[one].update(said)
                self.titles[one].update(words(project.call.title))
        self._rarity = self._rarities()

    def __len__(self) -> int:
        return len(self.ids)

    def _rarities(self) -> dict[str, float]:
        held = Counter(sign for one in self._past.projects.values() for sign in signs(one.call))
        count = len(self._past.projects)
        return {sign: math.log(1 + count / times) for sign, times in held.items()}

    @cached_property
    def _partner_values(self) -> list[dict[str, float]]:
        """Terms ``p:<partner>``; a partner that works with many says less, and so do many."""
        fame = [1 / math.sqrt(math.log(2 + len(found))) for found in self.partners]
        found = []
        for partners in self.partners:
            own = _SCALE * math.sqrt(PARTNER) * (1 + len(partners)) ** -0.25
            found.append({f"p:{self.ids[other]}": own * fame[other] for other in partners})
        return found

    def terms(self, at: int) -> dict[str, float]:
        """What an organisation has done so far."""
        return self._partner_values[at] | self._sign_values(self._said[at])

    def asking_terms(self, at: int, call: Call) -> dict[str, float]:
        """What an organisation has done, and a call that it now answers."""
        return self._partner_values[at] | self._sign_values(dict.fromkeys(signs(call), math.e - 1))

    def _sign_values(self, said: Mapping[str, float]) -> dict[str, float]:
        factor = {"g": math.sqrt(PROGRAMME), "t": math.sqrt(TITLE)}
        found = {}
        for sign, times in said.items():
            if rarity := self._rarity.get(sign, 0.0):
                kind = sign.partition(":")[0]
                size = rarity if kind == "g" else 1.0
                found[sign] = 0.5 * _SCALE * factor[kind] * size * math.log1p(times)
        # All of them take part in the same framework, which is little but something in common.
        return {sign: value for sign, value in found.items() if value > 0} | {"g:": _LITTLE}

    def prior(self) -> Prior:
        """Who works with whom by type and by country, counted in the same projects."""
        types, countries = sorted(set(self.type)), sorted(set(self.country.tolist()))
        return Prior(
            tuple(types),
            self._lift([types.index(one) for one in self.type], len(types), TYPES),
            tuple(countries),
            self._lift([countries.index(one) for one in self.country], len(countries), COUNTRIES),
        )

    def _lift(self, numbers: Sequence[int], size: int, factor: float) -> NDArray[np.float32]:
        counts = np.zeros((size, size))
        for project in self._past.projects.values():
            members = [self.positions[one] for one in project.members if one in self.positions]
            if len(members) < 2:
                continue
            here = np.bincount([numbers[one] for one in members], minlength=size)
            counts += (np.outer(here, here) - np.diag(here)) / (len(members) - 1)
        side = counts.sum(1)
        chance = np.outer(side, side) / max(counts.sum(), 1e-12)
        lift = factor * np.log((counts + _DOUBT) / (chance + _DOUBT))
        return np.asarray(((lift + lift.T) / 2), np.float32)

    def company(self, at: int, popularity: bool) -> Company:
        """One organisation as the engine knows it."""
        standing = TIMES * math.log1p(self.times[at]) if popularity else 0.0
        return Company(at, str(self.country[at]), industry=self.type[at], standing=standing)


def words(text: str) -> set[str]:
    """The lexemes of a title."""
    return {lexeme for lexeme in lexemes(text, "en") if not lexeme.isdigit()}


def signs(call: Call) -> set[str]:
    """A call as terms: words of its title, and the parts of its number that name a programme."""
    parts = "".join(
        letter if letter.isalpha() else " "
        for letter in call.programme.upper().replace("H2020", "")
    ).split()
    return {f"t:{word}" for word in words(call.title)} | {
        f"g:{part}" for part in parts if len(part) > 1
    }


class Engine:
    """The engine of the product over organisations, with what they have done as terms."""

    def __init__(self, known: Organisations, *, popularity: bool) -> None:
        """Build its index."""
        self._known, self._popularity = known, popularity
        weights = Weights(
            levels=dict.fromkeys(_CLASSES, _SCALE**-2),
            standing=1.0,
            prior_most=12.0,
            prior_leaves=1e-6,
            prior_gains=GAINS,
        )
        rows = (Row(at, Side.PROFILE, known.terms(at)) for at in range(len(known)))
        companies = (known.company(at, popularity) for at in range(len(known)))
        self._index = Index.build(rows, companies, weights, known.prior())

    def scores(self, asking: Asking) -> Doubles:
        """The score of the product with every organisation."""
        company = self._known.company(asking.at, self._popularity)
        row = Row(asking.at, Side.PROFILE, asking.terms)
        return by_position(self._index.scores_for(company, [row]))


@dataclass(frozen=True)
class Field:
    """Organisations that answer a call, seen from one of them."""

    known: Organisations
    everyone: bool
    call: Call

    def candidates(self, at: int) -> Bools:
        """Organisations abroad, or all but the one itself."""
        if self.everyone:
            return np.asarray(np.arange(len(self.known)) != at, np.bool_)
        return ~self.forbidden(at)

    def forbidden(self, at: int) -> Bools:
        """Organisations at home."""
        return np.asarray(self.known.country == self.known.country[at])

    def asking(self, at: int) -> Asking:
        """An organisation that answers the same call."""
        return ask(self.known, at, self.call)


def ask(known: Organisations, at: int, call: Call, relevant: tuple[int, ...] = ()) -> Asking:
    """An organisation asks who joins it in a call."""
    text = dict.fromkeys(words(call.title), 1.0)
    return Asking(at, known.ids[at], text, known.asking_terms(at, call), relevant)


def questions(pairs: Iterable[Pair], known: Organisations) -> dict[str, list[Asking]]:
    """One question per project and organisation known from before, with its partners abroad."""
    partners: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    calls: dict[str, Call] = {}
    for pair in pairs:
        calls[pair.project] = Call(pair.title, pair.programme)
        if pair.a_country != pair.b_country:
            partners[pair.project, pair.a].add(pair.b)
            partners[pair.project, pair.b].add(pair.a)
    found: defaultdict[str, list[Asking]] = defaultdict(list)
    for (project, one), others in sorted(partners.items()):
        relevant = tuple(sorted(known.positions[o] for o in others if o in known.positions))
        if one in known.positions and relevant:
            found[project].append(ask(known, known.positions[one], calls[project], relevant))
    return dict(found)


def measure(
    past: Past, pairs: Sequence[Pair], *, everyone: bool, seed: int, note: Note, limit: int | None
) -> tuple[dict[str, dict[str, Figure]], dict[str, int]]:
    """Figures of each method by name, and how much there was to ask.

    A project that is asked about is left out of what is known. Raises ValueError when no
    organisation of the pairs is known from before.
    """
    by_project: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_project[pair.project].append(pair)
    whole: dict[str, Tally] = defaultdict(Tally)
    everything = Organisations(past)
    shared = _Methods(everything, seed)
    asked = 0
    for project in sorted(by_project):
        if limit is not None and asked >= limit:
            break
        methods = shared
        if project in past.projects:
            methods = _Methods(Organisations(past.without(project)), seed)
        for asking in questions(by_project[project], methods.known).get(project, []):
            asked += 1
            _count(asking, methods, by_project[project][0], everyone, seed + asked, whole)
        note(project)
    if not whole:
        raise ValueError("no organisation of these pairs has a past project")
    figures = {name: tally.figures(len(everything), seed) for name, tally in whole.items()}
    return figures, {"queries": asked, "organisations": len(everything)}


def _count(
    asking: Asking,
    methods: _Methods,
    pair: Pair,
    everyone: bool,
    seed: int,
    whole: Mapping[str, Tally],
) -> None:
    field_ = Field(methods.known, everyone, Call(pair.title, pair.programme))
    for name, method in methods.by_name.items():
        part = Tally()
        part.add(asking, method.scores(asking), field_, seed)
        part.ask_back(method, field_, seed, most=1)
        for kind, values in vars(part).items():
            getattr(whole[name], kind).extend(values)


class _Methods:
    """All methods over the same organisations."""

    def __init__(self, known: Organisations, seed: int) -> None:
        self.known = known
        vocabulary = Vocabulary()
        texts = vocabulary.grow(known.titles)
        self.by_name: dict[str, Method] = {
            "random": Chance(len(known), seed),
            "popularity": Fixed(known.times),
            "bm25": ByText(Bm25(vocabulary, texts)),
            "tfidf": ByText(TfIdf(vocabulary, texts)),
            "engine_without_popularity": Engine(known, popularity=False),
            "engine": Engine(known, popularity=True),
        }

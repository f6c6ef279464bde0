"""From known pairs to the parameters of the engine: visible, repeatable, measured as it is learnt.

Tables are counted and factors fitted on pairs of other companies than those they are measured on:
companies that speak are dealt into folds, and every figure comes from the fold left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.index import Index
from matching.engine.prior import OTHER, Learnt, heading
from matching.engine.rows import Row, Side
from matching.engine.weights import Weights
from matching.evaluation import metrics
from matching.evaluation.formats import Statement
from matching.evaluation.pool import Pool, Query, folds, words_of
from matching.evaluation.sparse import Doubles, Floats, Longs, Vocabulary
from matching.evaluation.supply import supply_between
from matching.evaluation.tables import LABEL_DOUBT, Tables, Traits, count_tables, numbered
from matching.evaluation.topics import Topics, find_topics, known_words, plain_words, rarity

TOPICS, DIMENSIONS, FOLDS = 200, 128, 5
_DRAWN = 1200
_RIDGE = 1e-2
_SEEN_LEAST = 0.002
_LOWEST = 5
"""Companies in a hundred whose standing is below 0."""
_HIGHEST = 99.9
"""Companies in a hundred whose standing leaves room for tables and words."""
_ROOM = 2.0
PRIOR_MOST = 12.0
"""Evidence that prior and standing may add or take away where these parameters are used."""

FAIR = ("length", "length_squared", "names", "label", "home", "said")
POPULAR = (*FAIR, "named", "worked")
PAIR = ("shared", "topic", "country")

Note = Callable[[str], None]


@dataclass(frozen=True)
class Lesson:
    """What can be learnt from: a pool, its pairs, and all that is told of companies by number."""

    pool: Pool
    history: Sequence[Statement]
    queries: Sequence[Query]
    fold: Longs
    speakers: Longs
    partners: Longs
    pair_fold: Longs
    """The fold of the company that speaks; -1 when it asks nothing."""
    words: Sequence[str]
    rarity: Floats
    topics: Topics
    traits: Traits
    labels: Sequence[str]
    countries: Sequence[str]
    asking_topic: Longs


@dataclass(frozen=True)
class Answers:
    """Ranks of the true partners, one per query, by a variant, from companies left out."""

    ranks: Doubles
    factors: Mapping[str, float]


def prepare(
    pool: Pool, history: Sequence[Statement], queries: Sequence[Query], seed: int, note: Note
) -> Lesson:
    """Read topics and traits off a pool and put the pairs in folds.

    Raises ValueError when the texts of the pool are too few or too short for topics.
    """
    note("topics")
    texts = [words_of(terms) for terms in pool.terms]
    allowed = plain_words(company.description for company in pool.companies)
    words = known_words(texts, allowed)
    vocabulary = Vocabulary()
    vocabulary.numbers.update({word: number for number, word in enumerate(words)})
    known = set(words)
    rows = vocabulary.grow({word: 1.0 for word in text if word in known} for text in texts)
    rare = rarity(rows)
    rows = rows.weighted(rare[rows.columns]).normalised()
    dimensions = min(DIMENSIONS, len(words) // 2)
    if dimensions < 2:
        raise ValueError("the descriptions have too few words in common to find topics")
    topics = find_topics(rows, min(TOPICS, len(pool) // 20), dimensions, seed)
    labels, label = numbered([heading(company.industry) for company in pool.companies])
    countries, country = numbered(pool.country.tolist())
    length = np.log([max(len(company.description), 50) for company in pool.companies])
    fold = folds(queries, FOLDS, seed)
    of = {query.a: int(number) for query, number in zip(queries, fold, strict=True)}
    pairs = sorted(
        {
            (pool.positions[one.a], pool.positions[one.b])
            for one in history
            if one.a in pool.positions and one.b in pool.positions
        }
    )
    return Lesson(
        pool=pool,
        history=history,
        queries=queries,
        fold=fold,
        speakers=np.array([a for a, _ in pairs], np.int64),
        partners=np.array([b for _, b in pairs], np.int64),
        pair_fold=np.array([of.get(a, -1) for a, _ in pairs], np.int64),
        words=words,
        rarity=rare,
        topics=topics,
        traits=Traits(topics.of, country, label, topics.image, length, topics.alike),
        labels=labels,
        countries=countries,
        asking_topic=np.array([_topic(query, vocabulary, topics) for query in queries]),
    )


def _topic(query: Query, vocabulary: Vocabulary, topics: Topics) -> int:
    columns, _values = vocabulary.read(dict.fromkeys(words_of(query.terms), 1.0))
    sums = (topics.weight[columns]).sum(0) if len(columns) else np.zeros(1)
    return int(sums.argmax()) if sums.max() > 0 else -1


class Features:
    """What speaks for each pair of a query and a company, from the folds the query is not in."""

    def __init__(self, lesson: Lesson, seed: int, note: Note) -> None:
        """Count tables without each fold, and ask the engine about every query."""
        self._lesson = lesson
        pool = lesson.pool
        note("shared words")
        companies = (pool.engine_company(at) for at in range(len(pool)))
        index = Index.build(pool.rows(), companies, Weights(prior_leaves=1.0, common_least=0))
        self._shared = np.zeros((len(lesson.queries), len(pool)), np.float32)
        for number, query in enumerate(lesson.queries):
            row = Row(query.a, Side.PROFILE, query.terms)
            found = index.scores_for(pool.engine_company(query.a), [row])
            self._shared[number, found.companies] = -np.log1p(-found.shared)
        note("tables")
        self._tables: list[Tables] = []
        self._singles: list[dict[str, Doubles]] = []
        for number in range(FOLDS):
            others = lesson.pair_fold != number
            tables = count_tables(
                lesson.traits, lesson.speakers[others], lesson.partners[others], seed
            )
            silent = {
                query.a
                for query, fold in zip(lesson.queries, lesson.fold, strict=True)
                if fold == number
            }
            self._tables.append(tables)
            self._singles.append(singles(lesson, tables, silent))

    def candidates(self, number: int) -> NDArray[np.bool_]:
        """The companies abroad."""
        pool = self._lesson.pool
        return np.asarray(pool.country != pool.country[self._lesson.queries[number].a], np.bool_)

    def of(self, number: int, name: str) -> Doubles:
        """One feature of one query for every company."""
        lesson = self._lesson
        fold = int(lesson.fold[number])
        if name == "shared":
            return np.asarray(self._shared[number], np.float64)
        if name == "topic":
            lift = self._tables[fold].topic
            row = np.append(lift[lesson.asking_topic[number]], 0.0)
            return (
                row[lesson.topics.of]
                if lesson.asking_topic[number] >= 0
                else row[-1:].repeat(len(lesson.pool))
            )
        if name == "country":
            home = lesson.traits.country[lesson.queries[number].a]
            return np.asarray(self._tables[fold].country[home][lesson.traits.country], np.float64)
        return self._singles[fold][name]


def singles(lesson: Lesson, tables: Tables, silent: set[int]) -> dict[str, Doubles]:
    """What is known of every company by itself when some companies' own words are not heard."""
    known = lesson.pool.known(lesson.history, silent)
    length = lesson.traits.length
    names = [len(found) for found in lesson.pool.names.by_speaker]
    return {
        "length": length,
        "length_squared": length * length,
        "names": np.log1p(names),
        "label": tables.label[lesson.traits.label],
        "home": tables.home[lesson.traits.country],
        "said": tables.said,
        "named": np.log1p(known.named),
        "worked": np.log1p(known.worked),
    }


def fit(
    features: Features, numbers: Longs, lesson: Lesson, names: Sequence[str], seed: int
) -> Doubles:
    """Factors that make the true partner likeliest among some drawn ones, per unit of a feature.

    Conditional logit (McFadden 1974) with a ridge on standardised features, by Newton's method.
    """
    chance = np.random.default_rng(seed)
    drawn = []
    for number in numbers.tolist():
        abroad = np.flatnonzero(features.candidates(number))
        picked = chance.choice(abroad, min(_DRAWN, len(abroad)), replace=False)
        places = np.concatenate(
            [[lesson.queries[number].b], picked[picked != lesson.queries[number].b]]
        )
        places = np.resize(places, _DRAWN)
        drawn.append(np.stack([features.of(number, name)[places] for name in names], 1))
    cube = np.stack(drawn)
    spread = cube.std((0, 1)) + 1e-9
    cube = (cube - cube.mean((0, 1))) / spread
    factors = np.zeros(len(names))
    loss, slope, bend = _likelihood(cube, factors)
    for _ in range(50):
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while size > 1e-6 and _likelihood(cube, factors - size * step)[0] > loss:
            size /= 2
        factors -= size * step
        before = loss
        loss, slope, bend = _likelihood(cube, factors)
        if before - loss < 1e-7:
            break
    return np.asarray(factors / spread, np.float64)


def _likelihood(cube: Doubles, factors: Doubles) -> tuple[float, Doubles, Doubles]:
    """Loss of the first of each drawn set against the others, with its slope and curvature."""
    power = cube @ factors
    power -= power.max(1, keepdims=True)
    share = np.exp(power)
    total = share.sum(1, keepdims=True)
    share /= total
    mean = np.einsum("qn,qnf->qf", share, cube)
    loss = float(np.log(total).mean() - power[:, 0].mean() + _RIDGE * factors @ factors)
    slope = -(cube[:, 0] - mean).mean(0) + 2 * _RIDGE * factors
    flat = (cube * np.sqrt(share)[:, :, None]).reshape(-1, cube.shape[2])
    bend = (flat.T @ flat - mean.T @ mean) / len(cube)
    return loss, slope, bend + 2 * _RIDGE * np.eye(len(factors))


def answers(lesson: Lesson, features: Features, names: Sequence[str], seed: int) -> Answers:
    """Rank the partner of each query with factors fitted on the other folds."""
    found = np.zeros(len(lesson.queries))
    for fold in range(FOLDS):
        factors = fit(features, np.flatnonzero(lesson.fold != fold), lesson, names, seed)
        for number in np.flatnonzero(lesson.fold == fold).tolist():
            scores = _mixed(features, number, names, factors)
            partner = [lesson.queries[number].b]
            found[number] = metrics.ranks(scores, features.candidates(number), partner)[0]
    whole = fit(features, np.arange(len(lesson.queries)), lesson, names, seed)
    return Answers(found, dict(zip(names, whole.tolist(), strict=True)))


def _mixed(features: Features, number: int, names: Sequence[str], factors: Doubles) -> Doubles:
    parts = (
        factor * features.of(number, name) for name, factor in zip(names, factors, strict=True)
    )
    return np.asarray(np.sum(list(parts), axis=0), np.float64)


def parameters(
    lesson: Lesson, variants: Mapping[str, Answers], meta: Mapping[str, object], seed: int
) -> Learnt:
    """The parameters from all pairs, in units of the evidence of shared words."""
    tables = count_tables(lesson.traits, lesson.speakers, lesson.partners, seed)
    fair = variants["fair"].factors
    unit = fair["shared"]
    start, number, weight = _flat(lesson.topics.weight * lesson.rarity[:, None])
    stated = tables.label
    seen = np.bincount(lesson.traits.label[lesson.partners], minlength=len(stated))
    return Learnt(
        meta=meta,
        words=tuple(lesson.words),
        rarity=lesson.rarity,
        said=(lesson.topics.map.astype(np.float64) @ tables.said_weights).astype(np.float32),
        topic_start=start,
        topic_number=number,
        topic_weight=weight,
        topic_lift=_table(tables.topic * fair["topic"] / unit),
        countries=tuple(lesson.countries),
        country_lift=_table(tables.country * fair["country"] / unit),
        labels={
            name: round(float(value), 3)
            for name, value, times in zip(lesson.labels, stated, seen, strict=True)
            if times
        }
        | {OTHER: round(math.log(LABEL_DOUBT / (int(seen.sum()) + LABEL_DOUBT)), 3)},
        home={
            name: round(float(value), 3)
            for name, value in zip(lesson.countries, tables.home, strict=True)
        },
        terms={
            name: _terms(found.factors, fair, lesson, tables) for name, found in variants.items()
        },
        supply=_table(
            supply_between(lesson.topics.of, lesson.pool.lexemes(), lesson.topics.weight.shape[1])
        ),
        telling=lesson.pool.telling,
    )


def _terms(
    factors: Mapping[str, float], fair: Mapping[str, float], lesson: Lesson, tables: Tables
) -> dict[str, float]:
    """Factors of a variant per unit of shared evidence.

    ``level`` keeps most sums above 0, below which the engine would order by words alone. Where the
    best would go beyond ``PRIOR_MOST``, above which it would do so too, everything counts less, and
    ``words`` says how much less shared words have to count with it.
    """
    unit = factors["shared"]
    found = {name: value / unit for name, value in factors.items() if name not in PAIR}
    both = (fair["topic"] + fair["country"]) / fair["shared"]
    found["tables"] = (factors["topic"] + factors["country"]) / unit / both
    alone = singles(lesson, tables, set())
    total = np.sum([found[name] * alone[name] for name in factors if name not in PAIR], axis=0)
    low, high = np.percentile(total, (_LOWEST, _HIGHEST))
    found["level"] = -float(low)
    found["words"] = 1.0
    share = min(1.0, PRIOR_MOST / (2 * float(high - low) + _ROOM))
    return {name: round(value * share, 5) for name, value in found.items()}


def _table(lift: NDArray[np.floating]) -> Floats:
    # As the file keeps them, so that what was measured is what is read.
    return lift.astype(np.float16).astype(np.float32)


def _flat(weight: Floats) -> tuple[Longs, NDArray[np.int16], Floats]:
    """Words' weights in topics, word by word."""
    word, topic = np.nonzero(weight > _SEEN_LEAST)
    start = np.searchsorted(word, np.arange(len(weight) + 1))
    return start.astype(np.int64), topic.astype(np.int16), weight[word, topic]

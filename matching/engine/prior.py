"""What was learnt from known partners: topics of texts, who works with whom, how a company stands.

The parameters are a file of the project, written by ``manage.py learn_prior`` and by nothing else.
It holds words, topics, headings of registers and countries with numbers, and no company.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.rows import Prior
from matching.engine.telling import Telling
from matching.engine.weights import Weights

Floats = NDArray[np.float32]

SHIPPED = Path(__file__).resolve().parent / "learnt" / "prior.npz"
FORMAT = 2
LEAVES, GAINS = 0.05, 1e9
"""``Weights.prior_leaves`` and ``prior_gains`` with which the factors were measured: as they were
fitted, evidence and prior are a sum."""
UNKNOWN = ""
OTHER = "*"
"""Stands for all headings that no known partner has; the empty one is a heading too."""
RIVALRY = -2.0
"""Supply from which down two topics are rivals more than anything else."""
LEAST_WORDS = 3
"""Known words below which a text has no topic."""


@dataclass(frozen=True)
class Facts:
    """What is known of a company besides its words.

    ``characters`` of its description; ``names``: how many companies it names itself; ``named``: in
    how many other companies' texts it is named, a name that several share counting in parts;
    ``worked``: how often a partner says so, or a shared project does.
    """

    industry: str = ""
    country: str = ""
    characters: int = 0
    names: int = 0
    named: float = 0.0
    worked: float = 0.0


@dataclass(frozen=True)
class Learnt:
    """Parameters as arrays. W words, T topics, C countries.

    ``rarity`` [W] and ``said`` [W]: inverse frequency of a word, and how it speaks for a company as
    a partner. ``topic_*``: the weight of each word in each topic, by word. ``topic_lift`` [T, T]
    and ``country_lift`` [C, C]: evidence for a pair, symmetric. ``labels``: the same for the
    heading of a register, ``home`` for a country. ``terms`` maps a variant (``fair`` or
    ``popular``) to the factors of ``standing``, of the tables and of shared words.
    """

    meta: Mapping[str, Any]
    words: tuple[str, ...]
    rarity: Floats
    said: Floats
    topic_start: NDArray[np.int64]
    topic_number: NDArray[np.int16]
    topic_weight: Floats
    topic_lift: Floats
    countries: tuple[str, ...]
    country_lift: Floats
    labels: Mapping[str, float]
    home: Mapping[str, float]
    terms: Mapping[str, Mapping[str, float]]
    supply: Floats
    """Which topics buy from which [T, T], symmetric: evidence before ``Weights.prior``."""
    telling: Telling
    """What each word tells of a trade."""

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words)}

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """Names of the topics, the keys of ``prior``."""
        return tuple(f"t{number:03d}" for number in range(len(self.topic_lift)))

    @cached_property
    def tables(self) -> Prior:
        """What known pairs taught, as the engine reads it, for companies with topics."""
        return Prior(self.topics, self.topic_lift, self.countries, self.country_lift)

    @cached_property
    def prior(self) -> Prior:
        """The same with the trades that buy from one another, and those that are only rivals.

        What known pairs taught does not speak for rivals: a few hotels or shops that work together
        are no reason for all others to.
        """
        taught = np.where(self.supply <= RIVALRY, np.minimum(self.topic_lift, 0), self.topic_lift)
        lift = (taught + self.supply).astype(np.float32)
        return Prior(self.topics, lift, self.countries, self.country_lift)

    def topic(self, lexemes: Iterable[str]) -> str:
        """The topic of a text's lexemes, each counted once; empty when too few are known."""
        known = self._known(lexemes)
        if len(known) < LEAST_WORDS:
            return UNKNOWN
        sums = np.zeros(len(self.topic_lift), np.float64)
        for word in known:
            part = slice(self.topic_start[word], self.topic_start[word + 1])
            sums[self.topic_number[part]] += self.topic_weight[part]
        return self.topics[int(sums.argmax())] if sums.max() > 0 else UNKNOWN

    def standing(self, lexemes: Iterable[str], facts: Facts, *, popularity: bool = False) -> float:
        """What speaks for a company as a partner of anyone, in units of evidence.

        With ``popularity`` also how often others name it; without, only what it says itself.
        """
        factors = self.terms["popular" if popularity else "fair"]
        values = self.standing_terms(lexemes, facts)
        return sum(factor * values[name] for name, factor in factors.items() if name in values)

    def standing_terms(self, lexemes: Iterable[str], facts: Facts) -> dict[str, float]:
        """The parts of ``standing`` before their factors."""
        length = math.log(max(facts.characters, 50))
        return {
            "level": 1.0,
            "length": length,
            "length_squared": length * length,
            "names": math.log1p(facts.names),
            "label": self.labels.get(heading(facts.industry), self.labels.get(OTHER, 0.0)),
            "home": self.home.get(facts.country, 0.0),
            "said": self._says(lexemes),
            "named": math.log1p(facts.named),
            "worked": math.log1p(facts.worked),
        }

    def weights(self, *, popularity: bool = False) -> Weights:
        """The rules with which these parameters were measured."""
        factors = self.terms["popular" if popularity else "fair"]
        return Weights(
            word_scale=Weights().word_scale * factors["words"],
            version=f"{Weights().version}+{self.meta['version']}",
            prior=factors["tables"],
            standing=1.0,
            prior_most=self.meta["prior_most"],
            prior_leaves=LEAVES,
            prior_gains=GAINS,
            common_least=0,
        )

    def _known(self, lexemes: Iterable[str]) -> list[int]:
        numbers = self._numbers
        return sorted({numbers[lexeme] for lexeme in lexemes if lexeme in numbers})

    def _says(self, lexemes: Iterable[str]) -> float:
        known = self._known(lexemes)
        rarity = self.rarity[known].astype(np.float64)
        length = math.sqrt(float(rarity @ rarity))
        return float(rarity @ self.said[known]) / length if length else 0.0

    def save(self, path: Path) -> None:
        """Write the parameters; the same parameters give the same bytes."""
        listing = {
            "format": FORMAT,
            "meta": dict(self.meta),
            "labels": dict(self.labels),
            "home": dict(self.home),
            "terms": {name: dict(found) for name, found in self.terms.items()},
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            np.savez_compressed(
                target,
                listing=np.array(json.dumps(listing, sort_keys=True)),
                words=np.array("\n".join(self.words)),
                countries=np.array("\n".join(self.countries)),
                rarity=self.rarity.astype(np.float16),
                said=self.said.astype(np.float16),
                topic_start=self.topic_start.astype(np.int32),
                topic_number=self.topic_number.astype(np.int16),
                topic_weight=self.topic_weight.astype(np.float16),
                topic_lift=self.topic_lift.astype(np.float16),
                country_lift=self.country_lift.astype(np.float16),
                supply=self.supply.astype(np.float16),
                told=np.array("\n".join(self.telling.of)),
                tells=np.array(list(self.telling.of.values()), np.float16),
            )

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Self:
        """Read parameters. FileNotFoundError when there are none, ValueError for others' files."""
        with np.load(path, allow_pickle=False) as stored:
            listing = json.loads(str(stored["listing"]))
            if listing["format"] != FORMAT:
                raise ValueError(f"{path} has the format {listing['format']}, not {FORMAT}")
            return cls(
                meta=listing["meta"],
                words=tuple(str(stored["words"]).split("\n")),
                rarity=stored["rarity"].astype(np.float32),
                said=stored["said"].astype(np.float32),
                topic_start=stored["topic_start"].astype(np.int64),
                topic_number=stored["topic_number"],
                topic_weight=stored["topic_weight"].astype(np.float32),
                topic_lift=stored["topic_lift"].astype(np.float32),
                countries=tuple(str(stored["countries"]).split("\n")),
                country_lift=stored["country_lift"].astype(np.float32),
                labels=listing["labels"],
                home=listing["home"],
                terms=listing["terms"],
                supply=stored["supply"].astype(np.float32),
                telling=_telling(str(stored["told"]), stored["tells"]),
            )


def _telling(words: str, values: NDArray[np.float16]) -> Telling:
    of = zip(words.split("\n"), values.astype(np.float64).round(2).tolist(), strict=True)
    return Telling(dict(of) if words else {})


@lru_cache(maxsize=1)
def shipped() -> Learnt:
    """The parameters that come with the project, read once per process."""
    return Learnt.load()


@lru_cache(maxsize=1)
def shipped_name() -> str:
    """What these parameters are called: version and hash of the file, ``1-3f2a9c04d1b7``."""
    digest = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    return f"{shipped().meta['version']}-{digest[:12]}"


def heading(industry: str) -> str:
    """A heading of a register without its way of writing dashes and capitals."""
    plain = industry.casefold().replace("—", "-").replace("&", "and")
    return "-".join(part.strip() for part in plain.split("-")).strip()

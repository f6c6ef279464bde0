"""Who is named in whose text: companies found by their names in other companies' descriptions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale

from chambers.names import brand
from chambers.words import fold
from matching.evaluation.formats import CompanyText

Key = tuple[str, ...]
_Find = tuple[Key, str, bool]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|&")
_SENTENCE = re.compile(r"(?<=[a-z)])\.\s+(?=[A-Z])|;\s")
_TOGETHER = re.compile(
    r"collaborat|partner|alliance|licens|joint venture|agreement|cooperat|supply|distribut", re.I
)
"""Words of a sentence that says with whom a company works."""
_BETWEEN = frozenset(("and", "of", "de", "the"))
_LEGAL = """inc corp corporation company co ltd limited ag se plc sa s a gmbh nv n v ab asa as kk k
    llc lp group holdings holding incorporated pte pty spa oyj bv kgaa p and its the"""
_FORMS = frozenset(_LEGAL.split())
_PLACING = frozenset(("in", "throughout", "across", "outside", "near"))
_COMMON_ENDING = 25
_PLACED = 0.12
_SHORTEST = 3


@dataclass(frozen=True)
class Named:
    """A company of the pool that a text names; ``share`` is 1 / companies of that name."""

    company: int
    share: float
    together: bool
    """Whether the sentence speaks of working together."""


class Names:
    """The names of a pool of companies, ready to be found in texts.

    A name counts without its legal form, and also without a last word that many names have in
    common ("Takeda" for Takeda Pharmaceutical) where that still means one company. It must be
    written in capitals, stand alone, and be neither an ordinary word nor a place.
    """

    def __init__(self, companies: Sequence[CompanyText]) -> None:
        """Read the pool: its names, and from its texts which words are ordinary or places."""
        keys: defaultdict[Key, set[int]] = defaultdict(set)
        self._own: list[frozenset[Key]] = []
        for number, company in enumerate(companies):
            own = {name_key(company.name), name_key(company.name_local)} - {()}
            self._own.append(frozenset(own))
            for key in own:
                if len("".join(key)) >= _SHORTEST:
                    keys[key].add(number)
        endings = Counter(key[-1] for key in keys if len(key) > 1)
        self._endings = frozenset(word for word, n in endings.items() if n >= _COMMON_ENDING)
        self._follow = self._endings | _FORMS
        self._holders = {**_short_names(keys, self._endings), **keys}
        self._usual = _Capitals.of(company.description for company in companies)
        self._known = {key for key in self._holders if not self._is_ordinary(key)}
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for key in self._known:
            lengths[key[0]].add(len(key))
        self._lengths = {word: sorted(found, reverse=True) for word, found in lengths.items()}
        found = [list(self._found(company.description)) for company in companies]
        self._places = _place_names(found)
        self.by_speaker: list[list[Named]] = [
            self._named(one, speaker) for speaker, one in enumerate(found)
        ]
        """Whom each company of the pool names."""

    def named(self, text: str, speaker: int | None = None) -> list[Named]:
        """The companies that a text names, each once; never the speaker itself."""
        return self._named(self._found(text), speaker)

    def _named(self, found: Iterable[_Find], speaker: int | None) -> list[Named]:
        together: dict[Key, bool] = {}
        for key, _before, joint in found:
            if key not in self._places and not self._is_own(key, speaker):
                together[key] = together.get(key, False) or joint
        best: dict[int, Named] = {}
        for key, joint in together.items():
            share = 1 / len(self._holders[key])
            for company in self._holders[key]:
                known = best.get(company)
                best[company] = Named(
                    company,
                    max(share, known.share if known else 0.0),
                    joint or (known is not None and known.together),
                )
        return [best[company] for company in sorted(best)]

    def _is_own(self, key: Key, speaker: int | None) -> bool:
        return speaker is not None and any(
            key == own[: len(key)] or own == key[: len(own)] for own in self._own[speaker]
        )

    def _is_ordinary(self, key: Key) -> bool:
        if len(key) == 1:
            return key[0].isdigit() or self._usual.share_small(key[0]) > 0.15
        if len(key) > 2:
            return False
        return all(word.isdigit() or self._usual.share_small(word) > 0.3 for word in key)

    def _found(self, text: str) -> Iterator[_Find]:
        """Each name in a text, the word before it, whether its sentence speaks of partners."""
        for sentence in _SENTENCE.split(text):
            words = list(_WORD.finditer(sentence))
            joint: bool | None = None
            end = 0
            for at, word in enumerate(words):
                if at < end or not _is_high(word.group()):
                    continue
                lengths = self._lengths.get(_folded(word.group()))
                key = self._key_at(sentence, words, at, lengths) if lengths else None
                if key is None:
                    continue
                if joint is None:
                    joint = _TOGETHER.search(sentence) is not None
                close = at > 0 and sentence[words[at - 1].end() : word.start()] == " "
                yield key, _folded(words[at - 1].group()) if close else "", joint
                end = at + len(key)

    def _key_at(
        self, sentence: str, words: Sequence[re.Match[str]], at: int, lengths: Sequence[int]
    ) -> Key | None:
        if at and _joined(sentence, words, at) and _is_high(words[at - 1].group()):
            return None
        for length in lengths:
            end = at + length
            found = [word.group() for word in words[at:end]]
            key = tuple(map(_folded, found))
            if key not in self._known:
                continue
            if not all(_is_high(word) or _folded(word) in _BETWEEN for word in found):
                continue
            goes_on = (
                end < len(words)
                and _joined(sentence, words, end)
                and words[end].group()[0].isupper()
            )
            if not goes_on or _folded(words[end].group()) in self._follow:
                return key
        return None


@dataclass(frozen=True)
class _Capitals:
    """How often each word of some texts is written small and with a capital."""

    small: Mapping[str, int]
    large: Mapping[str, int]

    @classmethod
    def of(cls, texts: Iterable[str]) -> _Capitals:
        small: Counter[str] = Counter()
        large: Counter[str] = Counter()
        for text in texts:
            for word in _WORD.findall(text):
                if word[0].islower():
                    small[_folded(word)] += 1
                elif word[0].isupper():
                    large[_folded(word)] += 1
        return cls(small, large)

    def share_small(self, word: str) -> float:
        """How often it is written small for once that it has a capital."""
        return self.small.get(word, 0) / (self.large.get(word, 0) + 1)


def name_key(name: str) -> Key:
    """The folded words of a name without its legal forms."""
    return tuple(_folded(word) for word in _WORD.findall(brand(name))) if name else ()


def _place_names(texts: Iterable[Iterable[_Find]]) -> frozenset[Key]:
    """Names that stand where a place would, and names of countries."""
    before: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for found in texts:
        for key, word, _joint in found:
            before[key][word] += 1
    places = set(_country_keys())
    for key, words in before.items():
        placing = sum(words[word] for word in _PLACING) + 0.5 * (words["of"] + words["the"])
        if placing > _PLACED * words.total():
            places.add(key)
    return frozenset(places)


def _short_names(keys: Mapping[Key, set[int]], endings: frozenset[str]) -> dict[Key, set[int]]:
    """Names without their common last words, where one full name alone is meant."""
    shortened: defaultdict[Key, set[Key]] = defaultdict(set)
    for key in keys:
        short = key
        while len(short) > 1 and short[-1] in endings:
            short = short[:-1]
            if len("".join(short)) > _SHORTEST and short not in keys:
                shortened[short].add(key)
    return {short: keys[next(iter(full))] for short, full in shortened.items() if len(full) == 1}


def _joined(sentence: str, words: Sequence[re.Match[str]], at: int) -> bool:
    """Whether only a space or a hyphen stands between a word and the one before."""
    return sentence[words[at - 1].end() : words[at].start()] in (" ", "-")


@lru_cache(maxsize=1 << 17)
def _folded(word: str) -> str:
    return "and" if word == "&" else fold(word)


def _is_high(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit()


@lru_cache(maxsize=1)
def _country_keys() -> frozenset[Key]:
    return frozenset(
        tuple(_folded(word) for word in _WORD.findall(name))
        for name in Locale("en").territories.values()
    )

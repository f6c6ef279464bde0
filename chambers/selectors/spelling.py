"""Words that a misspelt one may mean, among all that something public has.

PostgreSQL gives the words whose sound shares most trigrams with the typed one, and those that two
exchanged letters make of it; which of them is nearest is decided by the slips of the hand that lie
between the two. Only ``SearchWord`` is asked: what nobody may find stands in no answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Case, FloatField, Q, Value, When
from django.db.models.functions import Greatest

from chambers.models import SearchWord

ALIKE = 0.7  # likeness from which a word may be what was meant
TOGETHER = 3  # words that are meant at once when they are about as near
MOST_GROUPS = 3
_SHORTEST, _LONGEST = 4, 40  # letters of a sound that is looked for
_LOOKED_AT = 60  # stored words that are compared letter by letter
_ABOUT = 0.05  # of likeness
_HALF = 0.5  # what a slip costs that hands and ears make often
_VOWELS = frozenset("aeiouy")


@dataclass(frozen=True)
class Near:
    """Stored words that are about as near to a typed one; ``alike`` of the nearest, up to 1.0."""

    words: tuple[str, ...]
    alike: float


def nearest(sounds: Collection[str], *, besides: Collection[str] = ()) -> list[Near]:
    """The stored words nearest to a misspelt one, ``MOST_GROUPS`` at the most, nearest first.

    ``sounds``: the whole typed word and its stem as they sound; ``besides``: words that are no
    answer. One query; none for a word of three letters.
    """
    wanted = sorted(one for one in set(sounds) if _SHORTEST <= len(one) <= _LONGEST)[:3]
    if not wanted:
        return []
    swapped = {other for sound in wanted for other in _swapped(sound)}
    like = reduce(or_, (Q(sound__trigram_similar=sound) for sound in wanted))
    shared = [TrigramSimilarity("sound", sound) for sound in wanted]
    near = Greatest(*shared) if len(shared) > 1 else shared[0]
    by_swap = When(sound__in=swapped, then=Value(1.0))
    rows = (
        SearchWord.objects.filter(like | Q(sound__in=swapped))
        .annotate(near=Case(by_swap, default=near, output_field=FloatField()))
        .order_by("-near", "word")
        .values_list("word", "sound")
    )
    scored = [
        (max(likeness(sound, other) for sound in wanted), word)
        for word, other in rows[:_LOOKED_AT]
        if word not in besides
    ]
    return list(_groups(sorted((one for one in scored if one[0] >= ALIKE), key=_best)))


def likeness(one: str, other: str) -> float:
    """How alike two words are in [0, 1]: 1 less the slips between them by the longer one's length.

    A slip is a letter too many, too few, another one, or two exchanged. Another vowel, a letter
    doubled or no longer doubled and two exchanged count half: that is what hands and ears do most.
    Source: Damerau (1964), A technique for computer detection and correction of spelling errors.
    """
    if one == other:
        return 1.0
    before: list[float] = []
    row = [float(at) for at in range(len(other) + 1)]
    for at, letter in enumerate(one, 1):
        last, row = row, [float(at)]
        twice = at > 1 and one[at - 2] == letter
        for to, against in enumerate(other, 1):
            again = to > 1 and other[to - 2] == against
            cost = min(
                last[to] + (_HALF if twice else 1.0),
                row[to - 1] + (_HALF if again else 1.0),
                last[to - 1] + _exchanged(letter, against),
            )
            if at > 1 and to > 1 and one[at - 2] == against and other[to - 2] == letter:
                cost = min(cost, before[to - 2] + _HALF)
            row.append(cost)
        before = last
    return 1.0 - row[-1] / max(len(one), len(other), 1)


def _exchanged(letter: str, against: str) -> float:
    if letter == against:
        return 0.0
    return _HALF if letter in _VOWELS and against in _VOWELS else 1.0


def _swapped(sound: str) -> Iterator[str]:
    """The word with two neighbours exchanged: of a short word trigrams do not find these."""
    for at in range(len(sound) - 1):
        yield sound[:at] + sound[at + 1] + sound[at] + sound[at + 2 :]


def _best(scored: tuple[float, str]) -> tuple[float, str]:
    return (-scored[0], scored[1])


def _groups(scored: list[tuple[float, str]]) -> Iterator[Near]:
    """Words about as near as the first of a group together, the groups one after the other."""
    for _group in range(MOST_GROUPS):
        if not scored:
            return
        best = scored[0][0]
        size = sum(alike >= best - _ABOUT for alike, _word in scored[:TOGETHER])
        yield Near(tuple(word for _alike, word in scored[:size]), best)
        scored = scored[size:]

"""Words that sound alike in two scripts: компрессор, コンプレッサー and compressor.

For words that no label taught. Cyrillic and katakana are written in Latin letters, both sides are
reduced to what survives borrowing, and pairs of letters are compared.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping

from chambers.words import transliterate

LEAST = 0.5
"""Likeness below which two words are strangers."""

_SHORTEST = 4
_SHARED_PAIRS = 3
_SAME_START = 5
_START = 0.9

_KANA = {
    "ン": "n", "シ": "si", "チ": "ti", "ツ": "tu", "フ": "hu", "ジ": "zi", "ヂ": "zi", "ヅ": "zu",
    "ヤ": "ia", "ユ": "iu", "ヨ": "io", "ワ": "ua", "ヲ": "o", "ヴ": "bu", "ー": "", "ッ": "",
}  # fmt: skip
for _consonant, _row in {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ",
    "h": "ハヒフヘホ", "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ",
    "d": "ダヂヅデド", "b": "バビブベボ", "p": "パピプペポ",
}.items():  # fmt: skip
    for _vowel, _sign in zip("aiueo", _row, strict=True):
        _KANA.setdefault(_sign, _consonant + _vowel)
_SMALL = {
    "ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o", "ャ": "a", "ュ": "u", "ョ": "o",
}  # fmt: skip

_DOUBLE = re.compile(r"(.)\1+")
_ENGLISH = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        ("ph", "f"),
        ("th", "t"),
        ("sch|sh", "S"),
        ("ch", "C"),
        ("ck", "k"),
        ("qu", "kv"),
        ("c(?=[eiy])", "s"),
        ("[cq]", "k"),
        ("x", "ks"),
        ("w", "v"),
        ("y", "i"),
        ("^h", "g"),
        ("h", ""),
    )
]
_CYRILLIC = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        ("shch|sh", "S"),
        ("zh", "j"),
        ("kh", "g"),
        ("ts", "s"),
        ("ch", "C"),
        ("y", "i"),
    )
]
_ENGLISH_HEARD_IN_JAPAN = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        ("(?:er|or|ar|ure|re)$", "a"),
        ("(?<=[^aeiou])e$", ""),
        ("ph", "h"),
        ("th|sh", "s"),
        ("tion|sion", "sion"),
        ("ch", "t"),
        ("ck", "k"),
        ("qu", "ku"),
        ("c(?=[eiy])", "s"),
        ("[cq]", "k"),
        ("x", "ks"),
        ("w", "u"),
        ("y", "i"),
        ("dg|j", "z"),
        ("r(?![aeiou])", ""),
        ("l", "r"),
        ("v", "b"),
        ("f", "h"),
        ("m(?=[^aeiou])", "n"),
        ("(?<=[kgsztdnhbpmr])u", ""),
        ("(?<=[td])o(?![aeiou])", ""),
    )
]
_KATAKANA = [
    (re.compile(pattern), plain)
    for pattern, plain in (("(?<=[kgsztdnhbpmr])u", ""), ("(?<=[td])o(?![aeiou])", ""))
]


def is_katakana(word: str) -> bool:
    """Whether a word begins in katakana."""
    return "\u30a1" <= word[:1] <= "\u30fe"


def is_cyrillic(word: str) -> bool:
    """Whether a word begins with a Cyrillic letter."""
    return "\u0400" <= word[:1] <= "\u052f"


class Cognates:
    """English lexemes to find by the sound of a Russian or Japanese one."""

    def __init__(self, english: Mapping[str, str]) -> None:
        """English lexemes of at least four letters are kept, with how each is spelled."""
        known = [item for item in sorted(english.items()) if len(item[0]) >= 4]
        self._words = [word for word, _ in known]
        self._russian = _Sounds([_reduced(word, _ENGLISH) for word in self._words])
        singular = [form.removesuffix("s") or word for word, form in known]
        self._japanese = _Sounds([_reduced(word, _ENGLISH_HEARD_IN_JAPAN) for word in singular])

    def find(self, word: str, limit: int = 2) -> list[tuple[str, float]]:
        """English lexemes that sound like a Cyrillic or katakana one, likest first.

        Each with a probability in (0, 1], which grows from nothing at LEAST likeness to 1 at
        equality; none for other scripts and short words. Cost: 0.3 ms
        (measured with 6,000 English words).
        """
        if is_cyrillic(word):
            found = self._russian.near(_reduced(transliterate(word), _CYRILLIC))
        elif is_katakana(word):
            found = self._japanese.near(_reduced(_read_kana(word), _KATAKANA))
        else:
            return []
        named = [(self._words[at], (likeness - LEAST) / (1 - LEAST)) for at, likeness in found]
        return sorted(named, key=lambda one: (-one[1], one[0]))[:limit]


class _Sounds:
    """Reduced words by their pairs of letters."""

    def __init__(self, sounds: list[str]) -> None:
        self._sounds = sounds
        self._pairs = [_pairs(sound) for sound in sounds]
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        for at, pairs in enumerate(self._pairs):
            for pair in pairs:
                self._holders[pair].append(at)

    def near(self, sound: str) -> list[tuple[int, float]]:
        if len(sound) < _SHORTEST:
            return []
        pairs = _pairs(sound)
        hits = Counter(at for pair in pairs for at in self._holders.get(pair, ()))
        likenesses = (
            (at, self._likeness(sound, pairs, at))
            for at, hit in hits.items()
            if hit >= _SHARED_PAIRS
        )
        return [(at, likeness) for at, likeness in likenesses if likeness > LEAST]

    def _likeness(self, sound: str, pairs: "Counter[str]", at: int) -> float:
        """Dice's coefficient of pairs of letters, or how far the two begin alike."""
        other = self._pairs[at]
        likeness = 2 * (pairs & other).total() / (pairs.total() + other.total())
        same = _common_start(sound, self._sounds[at])
        if same < 2:
            likeness *= 0.7
        if same < _SAME_START:
            return likeness
        return max(likeness, _START * same / min(len(sound), len(self._sounds[at])))


def _reduced(word: str, rules: "list[tuple[re.Pattern[str], str]]") -> str:
    for pattern, plain in rules:
        word = pattern.sub(plain, word)
    return _DOUBLE.sub(r"\1", word)


def _read_kana(word: str) -> str:
    """Katakana in Latin letters, roughly Kunrei; a small vowel replaces the one before it."""
    read = ""
    for sign in word:
        if sign in _SMALL:
            keeps = sign in "ャュョ" and read[-2:-1] not in "szt"
            read = (read if keeps else read[:-1]) + _SMALL[sign]
        else:
            read += _KANA.get(sign, "")
    return read


def _pairs(sound: str) -> "Counter[str]":
    framed = f"^{sound}$"
    return Counter(framed[at : at + 2] for at in range(len(framed) - 1))


def _common_start(one: str, other: str) -> int:
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))

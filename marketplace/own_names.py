"""A company's own name in a text: in any script, case and place, spaced, misspelled, disguised.

Where one word alone could be the name or an ordinary word, what others write decides: ``doubtful``
gives such words, and who calls says which of them are ordinary.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from chambers import names, words
from marketplace.sentences import begins_sentence

_LETTERS = r"\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af"  # of scripts without spaces
UNSPACED = re.compile(f"[{_LETTERS}]")
TOKEN = re.compile(rf"[{_LETTERS}]+|[^\W_{_LETTERS}]+")  # ends with its script
_KANA = re.compile(r"[\u30a1-\u30fa\u30fc]{3,}(?:[\s・][\u30a1-\u30fa\u30fc]{2,})*")
_SPACED_OUT = re.compile(r"(?<!\w)[^\W_](?:[ \t.·*_–-]{1,3}[^\W_](?!\w)){4,}")
_MIXED = re.compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]{4,}")  # letters and digits in one
_SIGN = re.compile(r"(?<=[^\W_])[@$](?=[^\W_])")
_BOTH = re.compile(r"(?=[^\W_]*[A-Za-z])(?=[^\W_]*[А-Яа-яЁё])[^\W_]{4,}")
_DIGITS = str.maketrans("0345678@$", "oeasbtbas")
_LOOK_LATIN = str.maketrans("АВЕКМНОРСТУХаекморстух", "ABEKMHOPCTYXaekmopctyx")
SHORTEST_NEAR = 6  # letters of a word of which one may be off
_USUAL_WORDS = """
    sensor sensors pressure first global general national world asian baltic central modern smart
    green power energy water steel metal food trade trading export import service services system
    systems technology technologies engineering electronics electric machine machines machinery
    industrial industry group company factory plant quality product products solutions union
    сенсор датчик первый общий мировой центральный новый современный энергия вода сталь металл
    торговый экспорт импорт сервис система технология электроника машина завод компания группа
"""
_USUAL = frozenset(map(names.grouping_key, _USUAL_WORDS.split()))


def find_names(text: str, own: Iterable[str], ordinary: frozenset[str]) -> Iterator[str]:
    """How ``text`` says one of a company's names; ``ordinary``: keys of words of no such weight."""
    usual = ordinary | _USUAL
    for words_said, doubted in _said(text, own):
        if doubted is None or not usual & set(doubted):
            yield words_said


def doubtful(text: str, own: Iterable[str]) -> dict[str, str]:
    """The words on whose ordinariness a finding hangs: key -> the word as it is written."""
    found: dict[str, str] = {}
    for _words, doubted in _said(text, own):
        found |= doubted or {}
    return found


def _said(text: str, own: Iterable[str]) -> Iterator[tuple[str, dict[str, str] | None]]:
    """(words of the text, None where they are the name for certain, else the words to judge)."""
    brands = dict.fromkeys(names.brand(name) for name in own if name.strip())
    readings = list(dict.fromkeys(_undisguised(text)))
    tokens = [list(TOKEN.finditer(one)) for one in readings]
    for brand in brands:
        if UNSPACED.search(brand):
            yield from _unspaced_name(text, tokens[0], brand)
            continue
        for reading, its in zip(readings, tokens, strict=True):
            for start, end, doubted in _spaced_name(reading, its, brand):
                yield text[start:end], doubted
        yield from ((one, None) for one in in_kana(text, brand))
        yield from _first_in_kana(text, brand)


_KATAKANA = {sign: sign + 0x60 for sign in range(0x3041, 0x3097)}  # from hiragana


def _undisguised(text: str) -> Iterator[str]:
    """The text, and as it reads with letters for the signs that look like them; equally long."""
    yield text
    for one in "il":
        digits = {**_DIGITS, ord("1"): one}
        read = _SIGN.sub(lambda match: match.group().translate(_DIGITS), text)
        read = _MIXED.sub(lambda match, by=digits: match.group().translate(by), read)  # type: ignore[misc]
        yield read
        yield _BOTH.sub(lambda match: match.group().translate(_LOOK_LATIN), read)


def _unspaced_name(
    text: str, tokens: list[re.Match[str]], brand: str
) -> Iterator[tuple[str, dict[str, str] | None]]:
    """A name written without spaces, and its part in kana alone."""
    letters = [letters_of(brand), *(match.group() for match in _KANA.finditer(words.fold(brand)))]
    squeezed = letters_of(text)
    in_katakana = squeezed.translate(_KATAKANA)
    for part in letters:
        # Two signs of the other kana stand for too many words.
        other = len(part) >= 3 and part.translate(_KATAKANA) in in_katakana
        if other or (len(part) >= 2 and part in squeezed):
            yield part, None
            return
    for kana in _KANA.findall(unicodedata.normalize("NFKC", brand)):
        latin = names.latin(kana)
        if latin and len(latin) >= 4:
            for start, end, doubted in _spaced_name(text, tokens, latin):
                yield text[start:end], doubted


def _spaced_name(
    text: str, tokens: list[re.Match[str]], brand: str
) -> Iterator[tuple[int, int, dict[str, str] | None]]:
    """(start, end, words to judge or None) of all that may be a name written with spaces."""
    wanted = [key for key in map(key_of, TOKEN.findall(brand)) if key]
    joined = "".join(wanted)
    if len(joined) < 4:  # letters that stand for any word
        short = re.compile(rf"(?<!\w){re.escape(brand)}(?!\w)")
        yield from ((*match.span(), None) for match in short.finditer(text))
        return
    yield from ((*match.span(), None) for match in _spelled_out(text, wanted))
    for at, token in enumerate(tokens):
        for size in range(1, len(wanted) + 3):
            window = tokens[at : at + size]
            keys = [key_of(one.group()) for one in window]
            if _is_name(keys, wanted) or _is_joined("".join(keys), joined, size, len(wanted)):
                # In quotes or with a capital inside a sentence even an ordinary word is a name.
                alone = size == 1 == len(wanted) and not _stands_out(text, token)
                word = {keys[0]: token.group()} if alone else None
                yield window[0].start(), window[-1].end(), word
                break
        else:
            yield from _first_word(text, token, wanted)


def _first_word(
    text: str, token: re.Match[str], wanted: list[str]
) -> Iterator[tuple[int, int, dict[str, str] | None]]:
    """The first word of a longer name, or the whole of a short one with a letter off."""
    first, key = wanted[0], key_of(token.group())
    capital = token.group()[:1].isupper()
    if len(wanted) > 1 and len(first) >= 5 and alike(key, first):
        if _stands_out(text, token):
            yield *token.span(), None
        elif capital or key == first:
            yield *token.span(), {key: token.group(), first: token.group()}
    elif capital and near(key, first):
        yield *token.span(), {key: token.group()}


def _spelled_out(text: str, wanted: list[str]) -> Iterator[re.Match[str]]:
    """Letters with gaps between them that say the name or its first word."""
    said = [one for one in (wanted[0], "".join(wanted)) if len(one) >= 5]
    for match in _SPACED_OUT.finditer(text):
        key = key_of("".join(TOKEN.findall(match.group())))
        if any(one in key or near(key, one) for one in said):
            yield match


def _is_name(keys: list[str], wanted: list[str]) -> bool:
    """Whether words are those of a name, or of a name of three and more all but its ends."""
    if len(keys) == len(wanted):
        if all(map(alike, keys, wanted)):
            return True
        return len(keys) > 1 and all(
            alike(key, one) or near(key, one) for key, one in zip(keys, wanted, strict=True)
        )
    starts = range(len(wanted) - len(keys) + 1)
    return len(keys) >= 2 and any(
        all(map(alike, keys, wanted[at : at + len(keys)])) for at in starts
    )


def _is_joined(key: str, joined: str, size: int, count: int) -> bool:
    """Whether letters written otherwise together are the name; with one off where it is long."""
    return key == joined or (size != count and len(joined) >= 9 and near(key, joined))


def in_kana(text: str, brand: str) -> Iterator[str]:
    """The name as it sounds, in katakana."""
    spoken = words.transliterate(brand)
    joined = "".join(map(key_of, TOKEN.findall(brand)))
    for match in _KANA.finditer(text):
        latin = names.latin(match.group())
        if latin and len(latin) >= 5:
            together = names.alike(key_of(latin.replace(" ", "")), joined)
            if max(names.similarity(latin, spoken), together) >= 0.75:
                yield match.group()


def _first_in_kana(text: str, brand: str) -> Iterator[tuple[str, dict[str, str] | None]]:
    """The first word of a name as it sounds, in katakana; whether it is ordinary is to judge."""
    wanted = [key for key in map(key_of, TOKEN.findall(brand)) if key]
    if len(wanted) < 2 or len(wanted[0]) < 5:
        return
    least = 0.8 if len(wanted[0]) >= SHORTEST_NEAR else 1.0
    for match in _KANA.finditer(text):
        sounds = names.latin(match.group()) or ""
        if any(names.alike(key_of(one), wanted[0]) >= least for one in sounds.split()):
            yield match.group(), {wanted[0]: wanted[0], key_of(sounds): match.group()}


def letters_of(text: str) -> str:
    """The letters of a text together, folded."""
    return "".join(TOKEN.findall(words.fold(text)))


@lru_cache(maxsize=4096)
def key_of(word: str) -> str:
    """What spellings of a word share."""
    return names.grouping_key(word)


def alike(one: str, other: str, least: int = 5) -> bool:
    """Whether two words differ at most by an ending: Ромашка, Ромашки, Ромашкой."""
    if one == other:
        return True
    if len(other) < least or abs(len(one) - len(other)) > 3:
        return False
    stem = max(least - 1, len(other) - 2)
    return one[:stem] == other[:stem]


def near(one: str, other: str) -> bool:
    """Whether a longer word has one letter off: another, one more, one less, or two swapped."""
    if len(other) < SHORTEST_NEAR or abs(len(one) - len(other)) > 1:
        return False
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    mine, theirs = one[same:], other[same:]
    return (
        mine[1:] == theirs[1:]
        or mine[1:] == theirs
        or mine == theirs[1:]
        or (mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:])
    )


def _stands_out(text: str, token: re.Match[str]) -> bool:
    """Whether a word is written as a name: with a capital inside a sentence, or in quotes."""
    before = text[: token.start()]
    if before and before[-1] in "«„“\"'「『":
        return True
    return token.group()[:1].isupper() and not begins_sentence(before)

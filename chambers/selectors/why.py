"""Why a row was found: which words of a question stand where in what the reader sees of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from chambers import words
from chambers.models import TradeCode
from chambers.selectors.indexing import names_of
from chambers.selectors.search import AskedWord, Question, Reading

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from chambers.selectors.shown import ShownCompany

LONGEST = 8_000  # characters of a text in which a word is looked for
_TRIES = 6  # places where a word may begin that are looked at
_RUN = re.compile(r"[^\W_]+")
_KANA = re.compile(r"[\u30a1-\u30fa\u30fc]+")
_WORDS_SHOWN = 4


@dataclass(frozen=True)
class Place:
    """A text of a row as a reader sees it: what it is, the text, its language."""

    name: StrPromise | str
    text: str
    language: str | None = None


@dataclass(frozen=True)
class Reason:
    """Words of a question as they stand in one place; ``language`` is that of the place."""

    place: StrPromise | str
    said: tuple[str, ...]
    language: str


def why(asked: Question, places: Iterable[Place]) -> list[Reason]:
    """Where each word of the question stands first, a line for every place that has any."""
    said: dict[tuple[str, str], list[str]] = {}
    names: dict[tuple[str, str], StrPromise | str] = {}
    left = list(asked.words)
    for place in places:
        if not left:
            break
        folded = words.fold(place.text[:LONGEST])
        for word in tuple(left):
            found = next(filter(None, (_said(folded, one, place) for one in word.readings)), None)
            if found is not None:
                key = (str(place.name), place.language or "")
                names[key] = place.name
                said.setdefault(key, []).extend(found)
                left.remove(word)
    return [
        Reason(names[key], tuple(dict.fromkeys(there))[:_WORDS_SHOWN], key[1])
        for key, there in said.items()
    ]


def places_of_texts(name: StrPromise | str, texts: Mapping[str, str], first: str) -> list[Place]:
    """A text in several languages, the one the reader is shown before the others."""
    order = sorted(texts, key=lambda language: language != first)
    return [Place(name, texts[language], language) for language in order]


def places_of_codes(codes: Sequence[TradeCode], name: StrPromise | str) -> Iterator[Place]:
    """The labels of codes and of the headings above them; ``name`` has ``%(code)s`` in it."""
    for code in codes:
        node: TradeCode | None = code
        while node is not None and node.level >= 2:
            told = name % {"code": f"{code.scheme.upper()} {code.code}"}
            yield Place(told, node.label_ru, "ru")
            yield Place(told, node.label_ja, "ja")
            yield Place(told, f"{node.code} {node.short_en or node.label_en}", "en")
            for language, spoken in node.everyday.items():
                yield Place(told, spoken, language)
            node = node.parent if node.level > 4 else None


def places_of_company(shown: ShownCompany) -> Iterator[Place]:
    """What the reader sees of a company, the most telling first."""
    for name in names_of(shown.legal_name, shown.legal_name_latin):
        yield Place(_("name"), name)
    yield from places_of_codes(shown.fields.get("codes", ()), _("trade code %(code)s"))
    _told, language = shown.described_in()
    yield from places_of_texts(_("description"), shown.fields.get("description", {}), language)
    yield Place(_("industry"), shown.fields.get("industry", ""), "en")
    yield Place(_("city"), shown.city)
    yield Place(_("registration number"), shown.fields.get("registration_number", ""))


def read_as(asked: Question | None, text: str, found: Iterable[Sequence[Reason]]) -> str:
    """``text`` as it was answered: a word taken for another as the first row found spells that.

    ``found``: why each row was. "" where every word was taken for itself or nothing answers.
    """
    reasons = [reason for row in found for reason in row]
    if asked is None or not asked.is_corrected or not reasons:
        return ""
    there = [(said, reason.language) for reason in reasons for said in reason.said]
    for word in asked.words:
        if word.meant:
            text = text.replace(word.text, _told(word, there), 1)
    return text


def _told(word: AskedWord, there: Sequence[tuple[str, str]]) -> str:
    """The first word of a page that a word was taken for, in its own letters if there is one."""
    of_its_letters = sorted(there, key=lambda one: one[0].isascii() != word.text.isascii())
    for said, language in of_its_letters:
        for lexeme in words.lexemes(said, language or None):
            if lexeme in word.meant:
                # A run of kana is its own lexeme; what else it stands with was not asked for.
                return lexeme if _KANA.fullmatch(lexeme) else said
    return word.meant[0]


def _said(folded: str, reading: Reading, place: Place) -> list[str] | None:
    """The words of a folded text that are a reading; None when one is missing."""
    found = []
    for lexeme in reading:
        word = _word_of(folded, lexeme, place.language)
        if word is None:
            return None
        found.append(word)
    # Pairs of characters of one run are told as the run.
    return list(dict.fromkeys(found))


def _word_of(folded: str, lexeme: str, language: str | None) -> str | None:
    begun = lexeme[:-1] if len(lexeme) > 3 else lexeme  # a stem may end in another letter
    at = folded.find(begun)
    for _try in range(_TRIES):
        if at < 0:
            return None
        run = next((one for one in _RUN.finditer(folded, max(0, at - 40)) if one.end() > at), None)
        if run is not None and lexeme in words.lexemes(run.group(), language):
            word = run.group()
            return word if len(word) <= 24 else lexeme
        at = folded.find(begun, at + 1)
    return None

"""Words of a text that are written as names of products: quoted, MixedCase, AB-200, Capital.

Pure code. What of it only one company says is asked elsewhere (``marketplace.selectors.leaks``):
a name that all makers of a trade use tells nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chambers import names
from marketplace.sentences import begins_phrase

_QUOTED = re.compile(r"[«“„\"「『]([^«»“”„\"「」『』\n]{3,40})[»”\"」』]")
_MARKED = re.compile(r"([^\W_][\w-]{2,})\s?[™®]")
_MIXED = re.compile(
    r"(?<![\w@./-])[^\W\d_]+[a-zа-яё][A-ZА-ЯЁ][^\W\d_]*[a-zа-яё]{2}[^\W\d_]*(?![\w@])"
)
_MODEL = re.compile(r"(?<![\w./-])([A-ZА-ЯЁ]{2,8})-?\d{3,6}[A-ZА-ЯЁ]{0,3}(?![\w/-])")
_CAPITAL = re.compile(r"(?<![\w@./-])[A-ZА-ЯЁ][a-zа-яё]{3,}(?![\w@])")
_WORD = re.compile(r"[^\W_]+")
_NOUNS_ARE_CAPITAL = {"de", "lb"}  # every noun there looks like a name
_LONGEST = 3  # words of a quoted name; longer ones are sentences
_LEAST = 4  # letters and digits of a name
# Letters before the number of a standard, a material or a customs code.
_STANDARDS = {
    "ISO", "IEC", "IEEE", "EN", "DIN", "BS", "ASTM", "ASME", "AISI", "ANSI", "API", "JIS", "GB",
    "UL", "CE", "IP", "HS", "HTS", "CAS", "SS", "NACE", "CPV", "FDA", "REACH", "HACCP", "OHSAS",
    "RS-232", "RS-422", "RS-485", "GOST", "ГОСТ", "ОСТ", "ТУ", "ТН", "СТБ", "СТО", "ОКПД",
    "ОКВЭД", "ИСО", "МЭК",
}  # fmt: skip


def product_names(text: str, language: str) -> list[str]:
    """What ``text`` writes as the name of a product, each once, in no promised order."""
    lower = {word for word in _WORD.findall(text) if word.islower()}
    found = dict.fromkeys([*_written(text), *_capital(text, language, lower)])
    return [one for one in found if len(names.grouping_key(one)) >= _LEAST]


def _written(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        said = _WORD.findall(match.group(1))
        if said and len(said) <= _LONGEST and not match.group(1).islower():
            yield match.group(1).strip()
    yield from (match.group(1) for match in _MARKED.finditer(text))
    yield from (match.group() for match in _MIXED.finditer(text))
    for match in _MODEL.finditer(text):
        if not {match.group(), match.group(1)} & _STANDARDS:
            yield match.group()


def _capital(text: str, language: str, lower: set[str]) -> Iterator[str]:
    """Words with a capital inside a sentence that the text never writes without one."""
    if language in _NOUNS_ARE_CAPITAL:
        return
    for match in _CAPITAL.finditer(text):
        inside = not begins_phrase(text[: match.start()])
        if inside and match.group().lower() not in lower:
            yield match.group()

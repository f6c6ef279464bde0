"""Text from outside made clean: width, white space, invisible signs, letters read wrongly."""

from __future__ import annotations

import re
import unicodedata

from django.db import models

# Full-width Latin and half-width kana are ways of typing; ② and ㎡ say something and stay.
_WIDTHS = re.compile("[\uff01-\uffee]+")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_SPACES = re.compile(r"\s+")
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_EMPTY_LINES = re.compile(r" ?\n(?: ?\n)+ ?")
_READ_WRONGLY = ("cp1252", "latin-1", "cp1251")
_MULTIBYTE = re.compile("[^\x00-\x7f]")


def room_in(model: type[models.Model], name: str) -> int:
    """Characters that a text field of a model holds."""
    field = model._meta.get_field(name)  # noqa: SLF001 - a documented name of Django
    if not isinstance(field, models.CharField) or field.max_length is None:
        raise TypeError(name)
    return field.max_length


def one_line(text: str) -> str:
    """A name as it is shown: one line, single spaces, usual widths, no invisible signs."""
    return _SPACES.sub(" ", _plain(text)).strip()


def paragraphs(text: str) -> str:
    """A longer text: lines stay, at most one empty line between two."""
    text = _BLANKS.sub(" ", _BREAKS.sub("\n", _plain(text)))
    return _EMPTY_LINES.sub("\n\n", text).strip()


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = _WIDTHS.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text)
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def presentable(text: str, length: int) -> str:
    """The start of any text whatever, fit to be stored and shown."""
    line = one_line(text[: 2 * length])[:length]
    return line.encode("utf-8", "replace").decode()


def repaired(text: str) -> str:
    """UTF-8 that somebody once read as a Western or Russian encoding, read as UTF-8 again.

    ``"MÃ¼ller"`` -> ``"Müller"``. Only when every letter beyond ASCII takes part, which text that
    was read rightly practically never gives; otherwise the text as it is.
    """
    if text.isascii():
        return text
    for encoding in _READ_WRONGLY:
        try:
            again = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        # In Russian one capital before a quotation mark may do it by chance.
        enough = 2 if encoding == "cp1251" else 1
        letters = _MULTIBYTE.findall(again)
        if len(letters) >= enough and not any(_is_control(letter) for letter in letters):
            return again
    return text


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cn", "Co"}

"""Tables as text: CSV and its relatives, read as a stream and written so that no cell can act.

Read: UTF-8 with or without a mark, Windows-1251 and Shift-JIS; comma, semicolon, tab or bar.
Written: UTF-8 with the mark that Excel wants, and a ``'`` before every cell that a spreadsheet
would take for a formula. Reading takes that sign off again, so a written table gives back what
went in.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from django.utils.translation import gettext as _

from chambers.gates.files import BrokenFileError

COLUMNS = 100
"""A table with more columns is refused; a cell may have 131,072 characters (csv's own limit)."""

LINE = 1024 * 1024
"""Bytes of the longest line that is read."""

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*\Z")  # Excel's own hint, before the header
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SAMPLE = 65536  # bytes beyond ASCII that an encoding is told by
# What a spreadsheet computes (CWE-1236), full-width forms and leading white space included. Signs
# in front are part of it, so that a cell which itself begins with ' and = comes back unharmed.
_ACTIVE = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")

Cell = str | int | float | dt.date | None


class Readable(Protocol):
    """Bytes that can be read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


@dataclass(frozen=True)
class Table:
    """The header of a table and its rows: (number of the line where it begins, cells by column)."""

    header: tuple[str, ...]
    rows: Iterator[tuple[int, dict[str, str]]]


def neutral(text: str) -> str:
    """The text as a cell that no spreadsheet computes; ``original`` is the way back."""
    return f"'{text}" if _ACTIVE.match(text) else text


def original(cell: str) -> str:
    """What ``neutral`` was given."""
    return cell[1:] if cell.startswith("'") and _ACTIVE.match(cell, 1) else cell


def write_table(target: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a CSV file that Excel opens with its letters intact and that computes nothing."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(map(_cell, header))
    for row in rows:
        writer.writerow(map(_cell, row))
    text.detach()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return neutral(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def encoding_of(stream: Readable) -> str:
    """Read a text to its end and tell its encoding: utf-8-sig, cp1251 or cp932.

    UTF-8 is proved by the whole text. The other two are told apart by whether the words come out
    as Russian or as Japanese. Raises BrokenFileError when neither does.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    sample = bytearray()
    is_utf8 = True
    first = True
    while chunk := stream.read(65536):
        if first and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise BrokenFileError(_("The text is UTF-16. Save it as UTF-8."))
        first = False
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        if len(sample) < _SAMPLE:
            lines = chunk.split(b"\n")
            sample += b"\n".join(line for line in lines if not line.isascii())
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return "utf-8-sig" if is_utf8 else _guess(bytes(sample))


_RUSSIAN = re.compile("[А-яЁё]+")
_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]+")
_BESIDE = re.compile("[^\x00-\x7f«»„“”–—№…・、。「」（）\uff01-\uff5e\u3000]+")
_MIXED = re.compile("[A-Za-z][А-яЁё]|[А-яЁё][A-Za-z]")


def _guess(sample: bytes) -> str:
    """The likelier of Windows-1251 and Shift-JIS by the share of letters that make sense."""
    russian = sample.decode("cp1251", "replace")
    japanese = sample.decode("cp932", "replace")
    # French in a Western encoding reads as Latin words with single Russian letters in them.
    bad = 2 * len(_MIXED.findall(russian))
    shares = {
        "cp1251": _share(_RUSSIAN, russian) - bad / max(1, len(_RUSSIAN.findall(russian))),
        "cp932": _share(_JAPANESE, japanese),
    }
    best = max(shares, key=lambda name: shares[name])
    if shares[best] < 0.8:
        raise BrokenFileError(
            _("The letters are neither UTF-8 nor Windows-1251 nor Shift-JIS. Save it as UTF-8.")
        )
    return best


def _share(wanted: re.Pattern[str], text: str) -> float:
    """Letters of one script among all signs beyond ASCII and common punctuation, in [0, 1]."""
    all_signs = sum(map(len, _BESIDE.findall(text)))
    return sum(map(len, wanted.findall(text))) / all_signs if all_signs else 0.0


def text_lines(stream: BinaryIO, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines of a text with their numbers from 1 and their line ends.

    Raises BrokenFileError with the line that is too long or not in ``encoding``.
    """
    number = 0
    while line := stream.readline(LINE + 1):
        number += 1
        if len(line) > LINE:
            raise BrokenFileError(
                _("The line is longer than %(size)d bytes.") % {"size": LINE}, line=number
            )
        if number == 1 and encoding == "utf-8-sig":
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            yield number, line.decode("utf-8" if encoding == "utf-8-sig" else encoding)
        except UnicodeDecodeError as error:
            raise BrokenFileError(
                _("The letters are not %(encoding)s throughout. Save the file as UTF-8.")
                % {"encoding": encoding.removesuffix("-sig").upper()},
                line=number,
            ) from error


def read_table(stream: BinaryIO, encoding: str) -> Table:
    """The table in a text, its delimiter told by the header; empty lines are left out.

    Raises BrokenFileError, also while rows are read: no header, a column twice, more than COLUMNS,
    a quotation that does not end, a row with more or fewer cells than the header.
    """
    lines = _Lines(text_lines(stream, encoding))
    first = next(lines, "")
    if (hint := _SEPARATOR_LINE.match(first)) is not None:
        delimiter, first = hint.group(1), next(lines, "")
    else:
        bare = _QUOTED.sub("", first)
        delimiter = max(_DELIMITERS, key=bare.count)
    lines.put_back(first)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    records = _records(reader, lines)
    line, cells = next(records, (1, []))
    header = tuple(" ".join(cell.split()).lower() for cell in cells)
    if not any(header):
        raise BrokenFileError(_("The first line does not name the columns."), line=line)
    if len(header) > COLUMNS:
        raise BrokenFileError(
            _("The table has more than %(count)d columns.") % {"count": COLUMNS}, line=line
        )
    if twice := {name for name in header if name and header.count(name) > 1}:
        raise BrokenFileError(
            _("The column %(name)s stands there twice.") % {"name": min(twice)}, line=line
        )
    return Table(header, _rows(header, records))


def _rows(
    header: tuple[str, ...], records: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, dict[str, str]]]:
    for line, cells in records:
        if len(cells) != len(header):
            raise BrokenFileError(
                _("The header names %(columns)d columns, this row has %(cells)d.")
                % {"columns": len(header), "cells": len(cells)},
                line=line,
            )
        yield line, dict(zip(header, map(original, cells), strict=True))


class _Lines(Iterator[str]):
    """Lines that remember how many were taken; one can be put back."""

    def __init__(self, numbered: Iterator[tuple[int, str]]) -> None:
        self._numbered = numbered
        self._again: str | None = None
        self.taken = 0

    def __next__(self) -> str:
        if self._again is not None:
            line, self._again = self._again, None
        else:
            _number, line = next(self._numbered)
        self.taken += 1
        return line

    def put_back(self, line: str) -> None:
        if line:
            self._again = line
            self.taken -= 1


def _records(reader: Iterator[list[str]], lines: _Lines) -> Iterator[tuple[int, list[str]]]:
    """Each record that has a cell, with the number of its first line."""
    while True:
        begins = lines.taken + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BrokenFileError(
                _("This is no table row: %(error)s.") % {"error": error}, line=begins
            ) from error
        if cells:
            yield begins, cells

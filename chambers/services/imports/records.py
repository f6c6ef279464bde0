"""From a file to records: JSON Lines or a table, plain or gzip, told by its content."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal

from django.utils.translation import gettext as _

from chambers.gates import files, tables
from chambers.gates.files import BrokenFileError

Record = tuple[int, dict[str, Any]]
"""(Number of the line where it begins, what it says)."""


@dataclass(frozen=True)
class Source:
    """A file that was read once: what it is, and how many lines it has."""

    path: Path
    form: Literal["json", "table"]
    encoding: str
    lines: int


def look_at(path: Path) -> Source:
    """Read a file to its end, so that a cut or foreign one is known before anything is written.

    Raises BrokenFileError.
    """
    with files.open_outside(path) as stream:
        counted = _Counted(stream)
        encoding = tables.encoding_of(counted)
    start = counted.start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise BrokenFileError(_("The file is empty."))
    if start.startswith(b"["):
        raise BrokenFileError(_("Write one JSON object per line, without a list around them."))
    is_json = start.startswith(b"{")
    if is_json and encoding != "utf-8-sig":
        raise BrokenFileError(_("JSON is written in UTF-8; this file is not."))
    return Source(path, "json" if is_json else "table", encoding, counted.lines)


def records(
    source: Source, *, needed: Collection[str], limit: int | None = None
) -> Iterator[Record]:
    """The records of a file, the first ``limit`` of them.

    Raises BrokenFileError with the line, also in the middle. A table without one of the ``needed``
    columns is broken; in JSON Lines each record speaks for itself.
    """
    with files.open_outside(source.path) as stream:
        found = _objects(stream) if source.form == "json" else _rows(stream, source, needed)
        yield from islice(found, limit)


def _objects(stream: BinaryIO) -> Iterator[Record]:
    for number, line in tables.text_lines(stream, "utf-8-sig"):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BrokenFileError(
                _("This is no JSON: %(error)s.") % {"error": error}, line=number
            ) from error
        if not isinstance(value, dict):
            raise BrokenFileError(_("This is no JSON object."), line=number)
        yield number, value


def _rows(stream: BinaryIO, source: Source, needed: Collection[str]) -> Iterator[Record]:
    table = tables.read_table(stream, source.encoding)
    if missing := [name for name in needed if name not in table.header]:
        raise BrokenFileError(
            _("The column %(missing)s is missing; there are: %(found)s.")
            % {"missing": ", ".join(missing), "found": ", ".join(table.header)},
            line=1,
        )
    yield from table.rows


class _Counted:
    """Counts the lines of a stream on its way and keeps its start."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.lines, self.start = stream, 0, b""

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self.lines += chunk.count(b"\n")
        if len(self.start) < 100:
            self.start += chunk[:1000]
        return chunk

"""Files from outside, plain or gzip: read as a stream, with limits, whatever they claim to be.

A small packed file may unpack to gigabytes, so the sizes are counted while it is read. What goes
wrong is a ``BrokenFileError`` with words for the person who brought the file.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEBIBYTE = 1024 * 1024
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


class BrokenFileError(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        """``reason`` is for a person; ``line`` counts from 1, None when there is none to name."""
        super().__init__(reason)
        self.reason, self.line = reason, line

    def __str__(self) -> str:
        if self.line is None:
            return self.reason
        return _("Line %(line)d: %(reason)s") % {"line": self.line, "reason": self.reason}


@dataclass(frozen=True)
class Limits:
    """How large a file may be: bytes as it lies there, bytes unpacked, and one to the other."""

    packed: int = 1024 * MEBIBYTE
    unpacked: int = 4096 * MEBIBYTE
    ratio: int = 200  # text packs 5 to 30 times, a bomb 1000 times


@contextmanager
def open_outside(path: Path, limits: Limits | None = None) -> Iterator[BinaryIO]:
    """The unpacked bytes of a regular file, plain or gzip by its first bytes.

    Raises BrokenFileError, also while it is read: missing, too large, cut short, damaged.
    """
    with _open(path, limits or Limits()) as raw:
        start = raw.read(4)
        raw.seek(0)
        if start == _ZIP:
            raise BrokenFileError(_("This is a ZIP or Excel file. Save the table as CSV UTF-8."))
        source = gzip.GzipFile(fileobj=raw) if start.startswith(_GZIP) else raw
        yield io.BufferedReader(_Counted(cast(BinaryIO, source), raw, limits or Limits()), 65536)


def fingerprint(path: Path, limits: Limits | None = None) -> str:
    """The SHA-256 of a file as it lies there, 64 hexadecimal digits."""
    with _open(path, limits or Limits()) as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _open(path: Path, limits: Limits) -> io.BufferedReader:
    try:
        # Before opening: a named pipe would wait for its writer.
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise BrokenFileError(_("%(path)s is not a file.") % {"path": path})
        if found.st_size > limits.packed:
            raise BrokenFileError(
                _("The file is larger than %(size)d MiB. Split it.")
                % {"size": limits.packed // MEBIBYTE}
            )
        return path.open("rb")
    except OSError as error:
        raise BrokenFileError(
            _("%(path)s cannot be read: %(error)s.") % {"path": path, "error": error.strerror}
        ) from error


class _Counted(io.RawIOBase):
    """Bytes of ``source``, which unpacks ``packed``, as long as they stay within the limits."""

    def __init__(self, source: BinaryIO, packed: BinaryIO, limits: Limits) -> None:
        self._source, self._packed, self._limits = source, packed, limits
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        with memoryview(buffer).cast("B") as view:
            try:
                chunk = self._source.read(len(view))
            except EOFError as error:
                raise BrokenFileError(
                    _("The packed file ends in the middle. Fetch it again.")
                ) from error
            except (zlib.error, gzip.BadGzipFile) as error:
                raise BrokenFileError(_("The packed file is damaged. Fetch it again.")) from error
            except OSError as error:
                raise BrokenFileError(
                    _("Reading stopped: %(error)s.") % {"error": error.strerror or error}
                ) from error
            view[: len(chunk)] = chunk
        self._count += len(chunk)
        self._hold_limits()
        return len(chunk)

    def _hold_limits(self) -> None:
        if self._count > self._limits.unpacked:
            raise BrokenFileError(
                _("The file unpacks to more than %(size)d MiB. Split it.")
                % {"size": self._limits.unpacked // MEBIBYTE}
            )
        # A few kilobytes of one letter are no bomb.
        if self._count > MEBIBYTE and self._count > self._limits.ratio * self._packed.tell():
            raise BrokenFileError(
                _("The file unpacks to more than %(ratio)d times its size. Unpack it yourself.")
                % {"ratio": self._limits.ratio}
            )

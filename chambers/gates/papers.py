"""Pictures and papers from outside: judged by what they contain, whatever they are called.

A picture is drawn anew from its pixels, so that nothing else that was in the file (places, names of
cameras, another file behind the first) is kept or handed on. A PDF is kept as it is and therefore
refused where it holds more than something to read: programs, other files, or a password.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from chambers.gates.files import MEBIBYTE, BrokenFileError

LARGEST_PICTURE = 5 * MEBIBYTE
LARGEST_PAPER = 10 * MEBIBYTE
MOST_PIXELS = 40_000_000  # 160 MB while it is open
LOGO_EDGE = 320  # pixels: twice what the largest place on a page shows
SCAN_EDGE = 3000  # pixels: small print of an A4 page can still be read
_MOST_UNPACKED = 64 * MEBIBYTE
_MOST_STREAMS = 10_000  # of one paper: each takes up to 0.1 ms of a web worker
_UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, TypeError, struct.error, zlib.error)
_ACTIVE = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia)(?![A-Za-z0-9])")
_LOCKED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")

# We look at the size ourselves, before a pixel is unpacked: theirs warns or raises by turns.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Checked:
    """A file that may be kept: its bytes and what they are."""

    content: bytes
    content_type: Literal["image/webp", "image/jpeg", "application/pdf"]


def logo_of(content: bytes) -> Checked:
    """A picture as a WebP of at most ``LOGO_EDGE`` pixels a side, its transparency kept.

    Raises BrokenFileError for what is no PNG, JPEG or WebP, or too large.
    """
    if len(content) > LARGEST_PICTURE:
        raise BrokenFileError(_too_large(LARGEST_PICTURE))
    picture = _opened(content, _("This file is no PNG, JPEG or WebP picture."))
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((LOGO_EDGE, LOGO_EDGE))
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=85, method=4)
    return Checked(target.getvalue(), "image/webp")


def paper_of(content: bytes) -> Checked:
    """A PDF as it is, or the picture of a paper as a JPEG.

    Raises BrokenFileError for anything else, and for a PDF that holds more than pages.
    """
    if len(content) > LARGEST_PAPER:
        raise BrokenFileError(_too_large(LARGEST_PAPER))
    if not content.startswith(b"%PDF-"):
        return _scan(content)
    if b"%%EOF" not in content[-1024:] or b"startxref" not in content[-2048:]:
        raise BrokenFileError(_("This PDF is cut short. Save it again and choose the new file."))
    structure = _unescaped(content) + _unescaped(_packed_objects(content))
    if _LOCKED.search(structure):
        raise BrokenFileError(
            _("This PDF is protected. Save it without a password and choose the new file.")
        )
    if _ACTIVE.search(structure):
        raise BrokenFileError(
            _("This PDF holds a program or other files. Print it to a new PDF and choose that.")
        )
    return Checked(content, "application/pdf")


def _scan(content: bytes) -> Checked:
    picture = _opened(content, _("This file is no PDF and no PNG, JPEG or WebP picture."))
    if picture.has_transparency_data:  # paper is white where nothing stands
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        picture = white
    picture = picture.convert("RGB")
    picture.thumbnail((SCAN_EDGE, SCAN_EDGE))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=85)
    return Checked(target.getvalue(), "image/jpeg")


def _opened(content: bytes, otherwise: str) -> Image.Image:
    """The picture upright, its first frame; raises BrokenFileError: ``otherwise`` for none."""
    try:
        found = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
    except _UNREADABLE as error:
        raise BrokenFileError(otherwise) from error
    width, height = found.size
    if width * height > MOST_PIXELS:
        raise BrokenFileError(
            _("This picture has more than %(n)d million pixels. Make it smaller.")
            % {"n": MOST_PIXELS // 1_000_000}
        )
    try:
        found.load()
        return ImageOps.exif_transpose(found)
    except _UNREADABLE as error:
        raise BrokenFileError(_("This picture is damaged. Save it again.")) from error


def _too_large(limit: int) -> str:
    return _("This file is larger than %(n)d MB.") % {"n": limit // MEBIBYTE}


def _unescaped(content: bytes) -> bytes:
    """With names as readers of PDF take them: ``/J#61vaScript`` is ``/JavaScript``."""
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content)


def _packed_objects(content: bytes) -> bytes:
    """What the packed objects of a PDF say, where names of actions can hide.

    Raises BrokenFileError where there are more, or they unpack to more, than any paper has.
    """
    parts: list[bytes] = []
    left, at, streams = _MOST_UNPACKED, content.find(b"stream"), 0
    while at != -1:
        streams += 1
        if streams > _MOST_STREAMS:
            raise BrokenFileError(_("This PDF cannot be read. Save it again."))
        end = content.find(b"endstream", at)
        if end == -1:
            break
        if b"/ObjStm" in _unescaped(content[max(0, at - 1024) : at]):
            unpacked = _inflated(content[at + len(b"stream") : end].lstrip(b"\r\n"), left)
            left -= len(unpacked)
            if left <= 0:
                raise BrokenFileError(_("This PDF cannot be read. Save it again."))
            parts.append(unpacked)
        at = content.find(b"stream", end + len(b"endstream"))
    return b"\n".join(parts)


def _inflated(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return packed

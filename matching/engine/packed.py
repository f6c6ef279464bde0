"""The rows of a company as bytes: made when its profile is saved, read by the million.

Everything stands in units of eight bytes, little-endian: a first unit with the number of this
format, then the rows. A row is one unit with its side (1 byte), its number of targets (1), of terms
(2) and four unused bytes; one with the hash of its kind; its targets, two letters each; the keys of
its terms (see ``terms.term_key``), a unit each; and a byte for the confidence in each term.
"""

import struct
from collections.abc import Iterable
from hashlib import blake2b

from matching.engine.rows import Row, Side
from matching.engine.terms import quantised, term_key

FORMAT = 1
UNIT = 8
ANY_KIND = 0


def pack(rows: Iterable[Row]) -> bytes:
    """Rows of one company as bytes, without their owner and their ref.

    Raises ValueError for a confidence not above 0, a target that is no code of two letters, or
    more terms (65,535) or targets (255) than a row holds.
    """
    parts = [struct.pack("<q", FORMAT)]
    for row in rows:
        keys = [term_key(term) for term in row.terms]
        sure = bytes(quantised(confidence) for confidence in row.sure.values())
        targets = "".join(sorted(row.targets)).encode()
        if len(targets) != 2 * len(row.targets):
            raise ValueError("targets are countries, named by two letters")
        if len(keys) > 0xFFFF or len(row.targets) > 0xFF:
            raise ValueError("a row has too many terms or targets")
        parts += [
            struct.pack("<BBHxxxxq", row.side, len(row.targets), len(keys), _kind(row)),
            _filled(targets),
            struct.pack(f"<{len(keys)}q", *keys),
            _filled(sure),
        ]
    return b"".join(parts)


def _filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % UNIT)


def _kind(row: Row) -> int:
    """A hash of the kind; none for a profile, which stands for any."""
    if row.side is Side.PROFILE:
        return ANY_KIND
    digest = blake2b(row.kind.encode(), digest_size=UNIT).digest()
    return int.from_bytes(digest, "little", signed=True) | 1

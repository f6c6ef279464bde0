"""Codes on badges, as people read them aloud, type them in and scan them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marketplace.models.registrations import Participant, ParticipantQuerySet

_CODE = re.compile(r"[2-9A-HJ-NP-Z]{10}")
_SEPARATORS = re.compile(r"[\s\-‐-―_.·]+")
# On a Russian keyboard the letter that looks the same is typed.
_LOOKALIKES = str.maketrans("АВЕКМНРСТУХ", "ABEKMHPCTYX")


def read_code(typed: str) -> str:
    """The code that somebody meant: in any case and width, in groups or not, or as its address.

    "" for what is no code.
    """
    plain = unicodedata.normalize("NFKC", typed[:300]).strip().rstrip("/")
    if "/badge/" in plain:  # what a scanner types that acts as a keyboard
        plain = plain.rpartition("/badge/")[2]
    plain = _SEPARATORS.sub("", plain).upper().translate(_LOOKALIKES)
    return plain if _CODE.fullmatch(plain) else ""


def badge_of(people: ParticipantQuerySet, typed: str) -> Participant | None:
    """Whose badge it is, among ``people``; None for an unknown code."""
    code = read_code(typed)
    return people.filter(badge_code=code).first() if code else None

"""Where a word stands in its sentence: at the beginning a capital tells nothing. Pure code."""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"(?:^|[.!?。！？\n:;•*-])\s*[\"«“(]?$")
_PHRASE = re.compile(r"(?:^|[.!?。！？\n:;•*(–—-])\s*[\"«“„(]?$")


def begins_sentence(before: str) -> bool:
    """Whether a sentence, a line or an item of a list begins after ``before``."""
    return _SENTENCE.search(before) is not None


def begins_phrase(before: str) -> bool:
    """The same, or what a dash or a bracket sets off, as in "Valves – Spare parts"."""
    return _PHRASE.search(before) is not None

"""From codes and lexemes to terms, the strings that rows share, and their keys."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b

MAX_WORDS = 200
"""Distinct words kept of one row, those said most often and first."""

CLASSES = ("", "hs2", "hs4", "hs6", "nace", "section", "w")
"""What stands before the colon of a term, by number; the first stands for all others."""
WORD = CLASSES.index("w")
CLASS_BITS = 4

STEPS = 100
"""Confidences are kept in so many steps up to 1, in one byte: at most 2.55."""


@lru_cache(maxsize=1 << 16)
def term_key(term: str) -> int:
    """A term as the index knows it: a number of 64 bits with a sign.

    The lowest four bits are the number of its class, the others a hash: among a million terms two
    share a key by chance in one world of two million.
    """
    digest = blake2b(term.encode(), digest_size=8).digest()
    hashed = int.from_bytes(digest, "little", signed=True) >> CLASS_BITS << CLASS_BITS
    prefix = term.partition(":")[0]
    return hashed | (CLASSES.index(prefix) if prefix in CLASSES else 0)


def quantised(confidence: float) -> int:
    """A confidence above 0 in steps of ``1 / STEPS``, 1 to 255; ValueError when not above 0."""
    if not confidence > 0:
        raise ValueError("a confidence must be above 0")
    return max(1, min(255, round(confidence * STEPS)))


def code_terms(codes: Iterable[str], confidence: float = 1.0) -> dict[str, float]:
    """Terms of trade codes: each HS code with its parents, NACE by division and section.

    ``["hs:902610", "nace:26"]`` -> ``hs6:902610 hs4:9026 hs2:90 nace:26``. HS codes have 2, 4, 6 or
    more digits (more are cut to 6, points are dropped); NACE a section letter or at least two
    digits. Anything else is left out. ``confidence`` in (0, 1]: 1 for codes a company states, less
    for those read from its text.
    """
    terms: dict[str, float] = {}
    for code in codes:
        scheme, _, value = code.partition(":")
        value = value.replace(".", "").replace(" ", "").upper()
        if scheme == "hs" and value.isdigit() and len(value) >= 2:
            for digits in (2, 4, 6):
                if len(value) >= digits:
                    terms[f"hs{digits}:{value[:digits]}"] = confidence
        elif scheme == "nace" and value.isdigit() and len(value) >= 2:
            terms[f"nace:{value[:2]}"] = confidence
        elif scheme == "nace" and len(value) == 1 and value.isalpha():
            terms[f"section:{value}"] = confidence
    return terms


def word_terms(
    lexemes: Iterable[str], confidences: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Terms of a text's lexemes, each once; numbers are left out, since years and sizes mislead.

    ``confidences`` by lexeme, 1 for those not named (see ``telling``).
    """
    known = confidences or {}
    counted = Counter(lexeme for lexeme in lexemes if not lexeme.isdigit())
    return {f"w:{one}": known.get(one, 1.0) for one, _ in counted.most_common(MAX_WORDS)}


def merged(*terms: Mapping[str, float]) -> dict[str, float]:
    """Terms of several sources as those of one row, each with its greatest confidence."""
    result: dict[str, float] = {}
    for source in terms:
        for term, confidence in source.items():
            result[term] = max(confidence, result.get(term, 0.0))
    return result

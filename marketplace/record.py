"""The hash of a line of the record of outcomes: what it covers, written in one way only."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping

FIRST = "0" * 64
"""What the first line names as the one before it."""

Facts = Mapping[str, str]


def digest_of(
    *, number: int, step: str, side: str, at: dt.datetime, facts: Facts, previous: str
) -> str:
    """SHA-256 in hex over all of a line and over the hash of the line before.

    ``side`` is the public id of the company or chamber that took the step.
    """
    line = {
        "number": number,
        "step": step,
        "side": side,
        "at": at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "facts": dict(facts),
        "previous": previous,
    }
    text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

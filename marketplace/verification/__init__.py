"""Checks a published timetable anew, for those who do not trust the program that made it.

Standard library only, and not a line of code of ``marketplace.scheduling`` (held by
``lint-imports``). ``python -m marketplace.verification FILE`` needs neither Django nor a database.

A published timetable is a JSON file that holds one object::

    {"schema": "business-market/timetable/1", "problem": {}, "plan": {}, "certificate": {}}

``problem`` is all that was asked. Participants, slots and meetings count from 0:
``participants`` and ``slots`` (numbers); ``days`` (the slots of each, consecutive); ``tables`` and
``screens`` (per slot: shared tables, and those of them with a screen); per meeting ``meetings``
(attendees), ``domains`` (slots in which it may start), ``lengths`` (slots it takes), ``places`` (0
a table, 1 a table with a screen, 2 none) and ``helpers`` (interpreters of whom one attends);
``forbidden`` (slots each participant is away); ``precedences`` (pairs of meetings: the first
comes before); ``counted`` (whether the breaks of each participant count; [] all); ``fairness``
(the most by which the breaks of two may differ, or null); ``burden`` (minutes outside 8 to 20
o'clock per participant and slot; [] none); ``sessions``, ``fixed`` (what made the domains small);
``optional`` (meetings may stay without a slot); ``numbers`` (how many tables there are, and with
a screen, where some are closed in some slots; it may be missing); ``too_long`` (per slot the last
one of the shortest stretch from it in which nobody who rests is busy all the time, -1 none) and
``resting`` (who rests), which may be missing; ``former`` (a plan that people know and that should
be kept as far as possible; it may be missing).

``plan`` has ``slot``, ``table`` and ``helper``: one entry per meeting, null for none; the latter
two are [] where the plan gives none. ``certificate`` states what the plan is worth: ``status``,
``placed``, ``meetings``, ``most_placed``, ``breaks``, ``lower_bound``, ``idle_slots``,
``table_changes``, ``most_breaks``, ``most_burden``, ``seed``, ``seconds``, ``unplaced`` and the
hashes ``input_hash`` and ``plan_hash``: SHA-256 of ``problem`` and ``plan`` as JSON with sorted
keys and no spaces. Where there is a ``former`` plan, ``kept`` states the meetings ``moved`` to
another slot and ``lost`` (without one by now), the ``people`` with another hour (interpreters also
with one more meeting), ``people_bound``, the ``other_tables`` in the same slot, and of a search
that kept nothing ``anew_breaks`` and ``anew_people``, or null.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from marketplace.verification import keeping
from marketplace.verification.counting import Count
from marketplace.verification.instances import Object, UnreadableError, instance, read
from marketplace.verification.rules import broken, shape
from marketplace.verification.verdict import Verdict

__all__ = ["SCHEMA", "UnreadableError", "Verdict", "digest", "verify", "verify_file"]

SCHEMA = "business-market/timetable/1"
_CELLS = ("slot", "table", "helper")
_MALFORMED = (KeyError, TypeError, IndexError, AttributeError, ValueError)
STATED = (
    *("status", "placed", "meetings", "most_placed", "breaks", "lower_bound", "idle_slots"),
    *("table_changes", "most_breaks", "most_burden", "seed", "unplaced"),
)
"""What the certificate of a published timetable has to state, beside the hashes."""


def verify_file(path: Path, schedule: Path | None = None) -> Verdict:
    """Check a published file, or the answer ``schedule`` to the instance at ``path``.

    An answer states less than a certificate does. Raises UnreadableError.
    """
    if schedule is None:
        return verify(read(path))
    try:
        answer = read(schedule)
        plan = {name: answer.get(name) or [] for name in _CELLS}
        return _verify(instance(path), plan, answer)
    except _MALFORMED as error:
        raise UnreadableError(_malformed(error)) from error


def verify(document: Object) -> Verdict:
    """Check a published timetable. Raises UnreadableError."""
    if document.get("schema") != SCHEMA:
        raise UnreadableError(f"schema: {document.get('schema')!r}, this program knows {SCHEMA}")
    try:
        problem, plan, certificate = (document[name] for name in ("problem", "plan", "certificate"))
        unstated = [name for name in STATED if name not in certificate]
        if unstated:
            return Verdict(faults=[f"{name}: is not stated" for name in unstated])
        return _verify(problem, plan, certificate)
    except _MALFORMED as error:
        raise UnreadableError(_malformed(error)) from error


def digest(told: object) -> str:
    """SHA-256 of a value as JSON with sorted keys and no spaces, in hex."""
    text = json.dumps(told, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _malformed(error: Exception) -> str:
    return f"a field is missing or of a wrong kind: {type(error).__name__} {error}"


def _verify(problem: Object, plan: Object, certificate: Object) -> Verdict:
    verdict = Verdict(faults=list(shape(problem, plan)))
    if verdict.faults:
        return verdict
    status = certificate.get("status")
    has_plan = status in ("optimal", "feasible")
    hashed = {"input_hash": problem, **({"plan_hash": plan} if has_plan else {})}
    for name, told in hashed.items():
        if certificate.get(name) != digest(told):
            what = "question" if name == "input_hash" else "plan"
            verdict.faults.append(f"{name}: the {what} is not the one that was certified")
    if not has_plan:
        if any(slot is not None for slot in plan["slot"]):
            verdict.faults.append(f"status: {status!r}, yet meetings are placed")
        verdict.facts.append(f"There is no plan to check; the certificate says {status!r}.")
        return verdict
    verdict.faults += broken(problem, plan)
    if not verdict.faults:
        count = Count(problem, plan)
        verdict.faults += count.contradictions(certificate)
        verdict.faults += keeping.contradictions(problem, plan, certificate)
        verdict.facts += count.told(certificate)
        verdict.facts += keeping.facts(problem, plan)
    return verdict

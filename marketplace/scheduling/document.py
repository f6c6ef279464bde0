"""Problems, plans and certificates as JSON: what is published, and what a row keeps.

The published object is described in ``marketplace.verification``, which reads it with code of its
own.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from marketplace.scheduling.problem import (
    Cause,
    Certificate,
    Kept,
    Place,
    Plan,
    Problem,
    Status,
    Unplaced,
)

SCHEMA = "business-market/timetable/1"

Told = dict[str, Any]


def document(problem: Problem, plan: Plan, certificate: Certificate) -> Told:
    """The published timetable."""
    return {
        "schema": SCHEMA,
        "problem": problem_told(problem),
        "plan": plan_told(plan),
        "certificate": certificate_told(certificate),
    }


def problem_told(problem: Problem) -> Told:
    """A problem as JSON knows it; its hash is ``problem.hash()``."""
    told = {one.name: _plain(getattr(problem, one.name)) for one in fields(problem)}
    told["forbidden"] = [sorted(slots) for slots in problem.forbidden]
    if not problem.numbers:
        del told["numbers"]
    if not problem.too_long:
        del told["too_long"], told["resting"]
    del told["former"]
    if problem.former is not None:
        told["former"] = plan_told(problem.former)
    return told


def plan_told(plan: Plan) -> Told:
    """A plan as JSON knows it; its hash is ``plan.hash()``."""
    return {one.name: list(getattr(plan, one.name)) for one in fields(plan)}


def certificate_told(certificate: Certificate) -> Told:
    """A certificate as JSON knows it."""
    told = {one.name: getattr(certificate, one.name) for one in fields(certificate)}
    told["status"] = certificate.status.value
    told["unplaced"] = [
        {
            "meeting": one.meeting,
            "cause": one.cause.value,
            "participants": list(one.participants),
            "slots": list(one.slots),
            "others": list(one.others),
        }
        for one in certificate.unplaced
    ]
    del told["kept"]
    if certificate.kept is not None:
        told["kept"] = asdict(certificate.kept)
    return told


def problem_of(told: Told) -> Problem:
    """The problem that was told. Raises KeyError, TypeError, ValueError for anything else."""
    values = {name: _frozen(value) for name, value in told.items()}
    values["forbidden"] = tuple(frozenset(row) for row in told["forbidden"])
    values["places"] = tuple(Place(place) for place in told["places"])
    if "former" in told:
        values["former"] = plan_of(told["former"])
    return Problem(**values)


def plan_of(told: Told) -> Plan:
    """The plan that was told. Raises KeyError, TypeError, ValueError for anything else."""
    return Plan(**{name: tuple(values) for name, values in told.items()})


def certificate_of(told: Told) -> Certificate:
    """The certificate that was told. Raises KeyError, TypeError, ValueError for anything else."""
    unplaced = tuple(
        Unplaced(
            one["meeting"],
            Cause(one["cause"]),
            tuple(one["participants"]),
            tuple(one["slots"]),
            tuple(one["others"]),
        )
        for one in told["unplaced"]
    )
    kept = Kept(**told["kept"]) if "kept" in told else None
    read = {"status": Status(told["status"]), "unplaced": unplaced, "kept": kept}
    return Certificate(**{**told, **read})


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, Place) else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value

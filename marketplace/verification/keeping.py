"""Counts what a plan keeps of the former one, and holds it against its certificate."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.verification.instances import Object
from marketplace.verification.rules import cell

_COUNTED = ("moved", "lost", "people", "other_tables")


def contradictions(problem: Object, plan: Object, certificate: Object) -> Iterator[str]:
    """What the certificate states otherwise of the former plan than was counted."""
    if "former" not in problem:
        return
    if "kept" not in certificate:
        yield "kept: is not stated"
        return
    stated, counted = certificate["kept"], _count(problem, plan)
    for name in _COUNTED:
        if stated[name] != counted[name]:
            yield f"kept.{name}: stated {stated[name]}, counted {counted[name]}"
    if not 0 <= stated["people_bound"] <= counted["people"]:
        yield f"kept.people_bound: {stated['people_bound']}, yet {counted['people']} people moved"


def facts(problem: Object, plan: Object) -> Iterator[str]:
    """What was kept, in words."""
    if "former" in problem:
        found = _count(problem, plan)
        yield (
            f"Of the former timetable {found['moved']} meetings are at another time and "
            f"{found['lost']} have none; {found['people']} people have another hour."
        )


def _count(problem: Object, plan: Object) -> dict[str, int]:
    former = problem["former"]
    found = dict.fromkeys(_COUNTED, 0)
    people: set[int] = set()
    for meeting, was in enumerate(former["slot"]):
        now = plan["slot"][meeting]
        guides = [cell(one, "helper", meeting) for one in (former, plan)]
        if was is not None and now != was:
            found["lost" if now is None else "moved"] += 1
            people.update(problem["meetings"][meeting])
        if now != was or guides[0] != guides[1]:
            people.update(guide for guide in guides if guide is not None)
        if was is not None and now == was and former["table"] and plan["table"]:
            found["other_tables"] += former["table"][meeting] != plan["table"][meeting]
    interpreters = {one for able in problem["helpers"] for one in able}
    counted = problem["counted"] or [True] * problem["participants"]
    found["people"] = sum(counted[one] or one in interpreters for one in people)
    return found

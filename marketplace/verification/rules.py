"""The rules a plan keeps."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.verification.instances import NONE, SCREEN, TABLE, Object, day_numbers, taken


def shape(problem: Object, plan: Object) -> Iterator[str]:
    """Lists of a wrong length and entries of a wrong kind."""
    meetings, slots, people = len(problem["meetings"]), problem["slots"], problem["participants"]
    lists = {"domains": meetings, "lengths": meetings, "places": meetings, "helpers": meetings}
    lists |= {"tables": slots, "screens": slots, "forbidden": people}
    if "too_long" in problem:
        lists |= {"too_long": slots, "resting": people}
    for name, size in lists.items():
        if len(problem[name]) != size:
            yield f"{name}: {len(problem[name])} entries, must be {size}"
    if [slot for day in problem["days"] for slot in day] != list(range(slots)):
        yield "days: each slot belongs to one day, in order of time"
    yield from _cells(plan, meetings, people, "")
    if "former" in problem:
        yield from _cells(problem["former"], meetings, people, "former ")


def _cells(plan: Object, meetings: int, people: int, which: str) -> Iterator[str]:
    """The same of one plan."""
    for name in ("slot", "table", "helper"):
        entries = plan[name]
        if len(entries) != meetings and (name == "slot" or entries):
            yield f"{which}{name}: {len(entries)} entries for {meetings} meetings"
        for meeting, entry in enumerate(entries):
            if entry is not None and (type(entry) is not int or entry < 0):
                yield f"{which}{name} of meeting {meeting}: {entry!r} is not a number from 0"
            elif entry is not None and name == "helper" and entry >= people:
                yield (
                    f"{which}helper of meeting {meeting}: {entry}, there are {people} participants"
                )


def cell(plan: Object, name: str, meeting: int) -> int | None:
    """An entry of the plan; None where the plan gives none at all."""
    entry: int | None = plan[name][meeting] if plan[name] else None
    return entry


def present(problem: Object, plan: Object, meeting: int) -> list[int]:
    """Those whom the meeting keeps busy, an interpreter last."""
    helper = cell(plan, "helper", meeting)
    people: list[int] = problem["meetings"][meeting]
    return people if helper is None else [*people, helper]


def broken(problem: Object, plan: Object) -> Iterator[str]:
    """Rules that the plan breaks, in words."""
    day_of = day_numbers(problem["days"])
    held: list[tuple[int, range]] = []
    for meeting, start in enumerate(plan["slot"]):
        if start is None:
            yield from _absent(problem, plan, meeting)
        elif start not in problem["domains"][meeting]:
            yield f"meeting {meeting} may not start in slot {start}"
        elif day_of.get(start + problem["lengths"][meeting] - 1) != day_of[start]:
            yield f"meeting {meeting} in slot {start} does not end on its day"
        else:
            held.append((meeting, taken(problem, meeting, start)))
    for first, second in problem["precedences"]:
        before, after = plan["slot"][first], plan["slot"][second]
        if None not in (before, after) and before + problem["lengths"][first] > after:
            yield f"meeting {first} must be over before meeting {second}"
    yield from _busy(problem, plan, held)
    yield from _tables(problem, plan, held)
    yield from _crowded(problem, held)
    yield from _tired(problem, held)


def _absent(problem: Object, plan: Object, meeting: int) -> Iterator[str]:
    if not problem["optional"]:
        yield f"meeting {meeting} has no slot"
    for name in ("table", "helper"):
        if cell(plan, name, meeting) is not None:
            yield f"meeting {meeting} has no slot, but a {name}"


def _busy(problem: Object, plan: Object, held: list[tuple[int, range]]) -> Iterator[str]:
    """People in two meetings at once or away, and interpreters who should not be there."""
    busy: dict[tuple[int, int], int] = {}
    for meeting, slots in held:
        helpers, helper = problem["helpers"][meeting], cell(plan, "helper", meeting)
        if helper not in (helpers or [None]):
            yield f"meeting {meeting} has interpreter {helper}, must be one of {helpers}"
        settled = bool(problem["fixed"]) and problem["fixed"][meeting] == slots[0]
        for participant in present(problem, plan, meeting):
            for slot in slots:
                # What was agreed on by name stands, even if somebody is away.
                if slot in problem["forbidden"][participant] and not settled:
                    yield f"participant {participant} is away in slot {slot}"
                other = busy.setdefault((participant, slot), meeting)
                if other != meeting:
                    yield (
                        f"participant {participant} has meetings {other} and {meeting}"
                        f" in slot {slot}"
                    )


def _tired(problem: Object, held: list[tuple[int, range]]) -> Iterator[str]:
    """People who have too many meetings in a row."""
    ends: list[int] = problem.get("too_long") or []
    if not ends:
        return
    busy: dict[int, set[int]] = {}
    for meeting, slots in held:
        for participant in problem["meetings"][meeting]:
            busy.setdefault(participant, set()).update(slots)
    for participant, own in sorted(busy.items()):
        if not problem["resting"][participant]:
            continue
        for first, last in enumerate(ends):
            if last >= 0 and own.issuperset(range(first, last + 1)):
                yield f"participant {participant} has no rest from slot {first} to slot {last}"


def _tables(problem: Object, plan: Object, held: list[tuple[int, range]]) -> Iterator[str]:
    """Tables given twice, not given or not there.

    Shared tables have the first numbers, those with a screen before the others; booths follow.
    """
    most, with_screen = problem.get("numbers") or (0, 0)
    screens = max([with_screen, *problem["screens"]])
    plain = (all_ - some for all_, some in zip(problem["tables"], problem["screens"], strict=True))
    shared = max(most, max(problem["tables"], default=0), screens + max(plain, default=0))
    given: dict[tuple[int, int], int] = {}
    for meeting, slots in held if plan["table"] else ():
        place, table = problem["places"][meeting], plan["table"][meeting]
        if table is None:
            if place != NONE:
                yield f"meeting {meeting} has no table"
            continue
        room = range(shared) if place == TABLE else range(screens)
        if place == NONE and table < shared:
            yield f"meeting {meeting} takes no table, but has table {table}"
        if place != NONE and table not in room:
            yield f"meeting {meeting} has table {table}, it may have one of {len(room)}"
        for slot in slots:
            other = given.setdefault((table, slot), meeting)
            if other != meeting:
                yield f"table {table} has meetings {other} and {meeting} in slot {slot}"


def _crowded(problem: Object, held: list[tuple[int, range]]) -> Iterator[str]:
    """Slots with too few tables."""
    load = [[0, 0, 0] for _ in range(problem["slots"])]
    for meeting, slots in held:
        for slot in slots:
            load[slot][problem["places"][meeting]] += 1
    for slot, counts in enumerate(load):
        tables, screens = problem["tables"][slot], problem["screens"][slot]
        if counts[TABLE] + counts[SCREEN] > tables:
            yield f"slot {slot} has {counts[TABLE] + counts[SCREEN]} meetings, {tables} tables"
        if counts[SCREEN] > screens:
            yield f"slot {slot} has {counts[SCREEN]} meetings that need one of {screens} screens"

"""For how long interpreters are missing at an event, by the languages that meet."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from chambers.selectors.labels import language_name
from marketplace.models import Meeting, Timetable
from marketplace.scheduling.problem import Cause
from marketplace.selectors.reading import Reading
from marketplace.selectors.timetables import meetings_of


@dataclass(frozen=True, slots=True)
class Missing:
    """Meetings of two languages for which a version found no interpreter."""

    languages: str
    """As: Japanese – Russian; several of one side by commas."""
    meetings: int
    minutes: int
    """That such an interpreter would work, in all."""


def missing_interpreters(timetable: Timetable) -> list[Missing]:
    """What a version lacks of interpreters, most minutes first."""
    lacking = {
        one["meeting"]
        for one in timetable.certificate.get("unplaced", [])
        if one["cause"] == Cause.NO_INTERPRETER
    }
    if not lacking:
        return []
    reading = Reading.of(timetable.problem)
    rows = {str(one.public_id): one for one in meetings_of(timetable)}
    minutes: dict[str, list[int]] = defaultdict(list)
    for at in sorted(lacking):
        meeting = rows.get(reading.meetings[at])
        if meeting is not None:
            minutes[_languages(meeting)].append(_minutes(reading, at))
    found = [Missing(pair, len(each), sum(each)) for pair, each in minutes.items()]
    return sorted(found, key=lambda one: (-one.minutes, one.languages))


def _languages(meeting: Meeting) -> str:
    sides = (meeting.host.registration.speaks, meeting.guest.registration.speaks)
    told = (", ".join(language_name(code) for code in sorted(side)) for side in sides)
    return " – ".join(sorted(told))


def _minutes(reading: Reading, meeting: int) -> int:
    """How long a meeting would take where it could begin."""
    starts = reading.problem.domains[meeting]
    if not starts:
        return 0
    last = starts[0] + reading.problem.lengths[meeting] - 1
    begin, end = reading.units[starts[0]][0], reading.units[last][1]
    span = dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(begin)
    return int(span.total_seconds()) // 60

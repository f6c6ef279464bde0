"""``manage.py timetable FILE --out SCHEDULE.json``: a timetable for one file, and its proof."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from marketplace.scheduling import formats, planning
from marketplace.scheduling.problem import (
    Cause,
    Certificate,
    Problem,
    Progress,
    Status,
    Unplaced,
)

INFEASIBLE = 3
"""The exit code when no timetable can hold all meetings."""
_TOLD = 10
"""Conflicts written out; a file may have hundreds of meetings without a slot."""


class Command(BaseCommand):
    help = (
        "Give the meetings of a file (.dzn of the published benchmark, or .json) a slot and a "
        "table with the fewest breaks, and say what is proved. Exit code 3: no timetable holds all "
        "meetings; why is on standard error, with numbers that count as those of the file do: from "
        "1 in .dzn, from 0 in .json. The timetable written counts from 0."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help=".dzn or .json")
        parser.add_argument(
            "--out", type=Path, required=True, help="where the timetable is written"
        )
        parser.add_argument("--seconds", type=_positive, default=60.0, help="time limit (60)")
        parser.add_argument("--seed", type=int, default=1, help="draws what is left to chance (1)")
        parser.add_argument(
            "--fairness",
            type=_whole,
            help="most by which the breaks of two participants may differ (.dzn: 2)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        path: Path = options["path"]
        try:
            problem = formats.read(path, fairness=options["fairness"])
        except formats.FormatError as error:
            raise CommandError(str(error)) from error
        deadline: float = began + options["seconds"]

        def goes_on(_progress: Progress) -> bool:
            return time.monotonic() < deadline

        terms = planning.Terms(
            seed=options["seed"], tell=goes_on, left=lambda: deadline - time.monotonic()
        )
        plan, certificate = planning.solve(problem, terms)
        seconds = time.monotonic() - began
        told = json.dumps(formats.answer(plan, certificate, seconds)) + "\n"
        try:
            options["out"].write_text(told, encoding="utf-8")
        except OSError as error:
            raise CommandError(
                _("%(path)s cannot be written: %(why)s")
                % {"path": options["out"], "why": error.strerror}
            ) from error
        self._tell(problem, certificate, formats.first_number(path))
        if certificate.status == Status.INFEASIBLE:
            sys.exit(INFEASIBLE)
        if plan is None:
            raise CommandError(_("No timetable was found in time. Allow more --seconds."))

    def _tell(self, problem: Problem, certificate: Certificate, first: int) -> None:
        if certificate.status == Status.INFEASIBLE:
            self.stderr.write("infeasible")
        elif certificate.status != Status.UNKNOWN:
            self.stdout.write(
                _(
                    "%(status)s: %(placed)d of %(meetings)d meetings, %(breaks)d breaks, "
                    "at least %(bound)d"
                )
                % {
                    "status": certificate.status.value,
                    "placed": certificate.placed,
                    "meetings": certificate.meetings,
                    "breaks": certificate.breaks,
                    "bound": certificate.lower_bound,
                }
            )
        for unplaced in certificate.unplaced[:_TOLD]:
            self.stderr.write(sentence(problem, unplaced, first))
        more = len(certificate.unplaced) - _TOLD
        if more > 0:
            self.stderr.write(_("... and %(count)d more") % {"count": more})


def sentence(problem: Problem, unplaced: Unplaced, first: int = 0) -> str:
    """Why a meeting has no place, with the numbers of the file, which count from ``first``."""

    def listed(numbers: tuple[int, ...]) -> str:
        return ", ".join(str(number + first) for number in numbers)

    involved = (unplaced.meeting, *unplaced.others)
    fixed = tuple(m for m in involved if problem.fixed and problem.fixed[m] >= 0)
    facts = {
        "meeting": unplaced.meeting + first,
        "people": listed(problem.meetings[unplaced.meeting]),
        "who": listed(unplaced.participants),
        "slots": listed(unplaced.slots) or "-",
        "count": len(unplaced.slots),
        "meetings": len(unplaced.others) + 1,
        "others": listed(unplaced.others),
        "fairness": problem.fairness,
        "fixed": listed(fixed) or "-",
    }
    return {
        Cause.NO_COMMON_SLOT: _(
            "Meeting %(meeting)d (participants %(people)s): there is no slot that its session or "
            "its fixed slot allows and in which all of them are free."
        ),
        Cause.FULL_CALENDAR: _(
            "Participant %(who)s has %(meetings)d meetings (%(meeting)d, %(others)s) for which "
            "only %(count)d slots are free: %(slots)s."
        ),
        Cause.NO_INTERPRETER: _(
            "Meeting %(meeting)d (participants %(people)s): no interpreter is free in slots "
            "%(slots)s."
        ),
        Cause.TABLES: _(
            "Meeting %(meeting)d (participants %(people)s): too few tables in slots %(slots)s."
        ),
        Cause.ORDER: _(
            "Meeting %(meeting)d (participants %(people)s) cannot be held in the order asked for, "
            "together with %(others)s."
        ),
        Cause.CROWDED: _(
            "Meeting %(meeting)d (participants %(people)s) would fit alone, but not together with "
            "meetings %(others)s (fixed among them: %(fixed)s)."
        ),
        Cause.NO_REST: _(
            "Meeting %(meeting)d (participants %(people)s): participant %(who)s would have too "
            "many meetings in a row."
        ),
        Cause.UNEVEN: _(
            "All meetings can be held, but some participants then have over %(fairness)s breaks "
            "more than others."
        ),
    }[unplaced.cause] % facts


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text} is not a number above 0")
    return number


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text} is not a whole number, 0 or more")
    return int(text)

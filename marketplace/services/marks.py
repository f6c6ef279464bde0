"""Marks made on paper, typed in or brought back as a table: who came, and whom the desk let in."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chambers.gates.files import BrokenFileError
from chambers.gates.tables import encoding_of, read_table
from chambers.models import SITE_LANGUAGES, User
from chambers.services.people import demand_manager
from chambers.words import fold
from marketplace.models import Event, Meeting, Participant
from marketplace.services import calendars, desk
from marketplace.services.meetings import demand_begun, note_attendance, note_further

Attendance = Meeting.Attendance

LARGEST = 4 * 1024 * 1024
"""Bytes of the largest table of marks; one of 4,000 meetings has less than one million."""
_SIDES = ("host", "guest")
_LONGEST = 100  # characters of a cell that a report repeats


@dataclass(frozen=True, slots=True)
class Typed:
    """What a paper says of one meeting. A mark is a value of ``Attendance``; "" says nothing."""

    meeting: str
    """Its public id"""
    host: str
    guest: str
    host_known: str = Attendance.UNKNOWN
    """What was marked when the paper was printed or the page was opened"""
    guest_known: str = Attendance.UNKNOWN
    line: int = 0
    """Where it stands in a file, counted from 1"""
    further: str = ""
    """The public id of one who joins the two; then ``guest`` is the mark of that person alone"""


class Verdict(StrEnum):
    """What becomes of what was typed about a meeting."""

    SAME = "same"
    NEW = "new"
    CONFLICT = "conflict"
    """It was marked otherwise online since."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A meeting, what was typed of it, and what comes of that."""

    typed: Typed
    meeting: Meeting | None
    verdict: Verdict
    host: str = ""
    """The mark to be set; "" leaves what is there."""
    guest: str = ""
    contested: tuple[str, ...] = ()
    """The sides, host or guest, that were marked otherwise online since"""
    reason: str = ""
    """Why it is refused"""
    person: Participant | None = None
    """Whom the mark is of, where it is one who joins the two"""
    online: tuple[str, str] = ("", "")
    """What is marked online by now of host and guest, or in the place of the guest of ``person``"""


def compare_marks(
    event: Event, typed: Iterable[Typed], *, at: dt.datetime | None = None
) -> list[Outcome]:
    """What saving would do; nothing is changed. At most three queries for any number of marks."""
    return _compared(event, list(typed), Meeting.objects.select_related("slot"), at)


def _compared(
    event: Event, typed: Sequence[Typed], rows: QuerySet[Meeting], at: dt.datetime | None
) -> list[Outcome]:
    found = rows.filter(event=event, public_id__in=[one.meeting for one in typed])
    if any(one.further for one in typed):
        found = found.prefetch_related("others", "further_marks")
    known = {str(one.public_id): one for one in found}
    now = at or timezone.now()
    return [_outcome(one, known.get(one.meeting), now) for one in typed]


@transaction.atomic
def save_marks(
    event: Event,
    typed: Iterable[Typed],
    *,
    by: User,
    overwrite: bool | None = None,
    at: dt.datetime | None = None,
) -> list[Outcome]:
    """Note what a paper says, as if each meeting had been marked online; all of it or nothing.

    ``overwrite`` decides where a side was marked otherwise online since: True takes the paper's
    mark, False keeps what is there. Raises ValidationError ``refused`` where a meeting cannot be
    marked, ``conflict`` where ``overwrite`` has to be decided; PermissionDenied for anyone but a
    manager of the organiser.
    """
    held = calendars.hold_event(event)
    demand_manager(by, held.chamber)
    rows = Meeting.objects.select_for_update(of=("self",)).select_related("slot").order_by("pk")
    outcomes = _compared(held, list(typed), rows, at)
    found = {one.verdict for one in outcomes}
    if Verdict.REFUSED in found:
        raise ValidationError(
            _("Some meetings cannot be marked so; nothing was saved."), code="refused"
        )
    if Verdict.CONFLICT in found and overwrite is None:
        raise ValidationError(
            _("Some meetings were marked otherwise online meanwhile; nothing was saved."),
            code="conflict",
        )
    marks, further = [], []
    for one in outcomes:
        host, guest = (
            getattr(one, side) if overwrite or side not in one.contested else "" for side in _SIDES
        )
        if one.meeting is not None and one.person is not None and guest:
            further.append((one.meeting, one.person, guest))
        elif one.meeting is not None and (host or guest):
            marks.append((one.meeting, host, guest))
    note_attendance(marks, at=at)
    note_further(further, at=at)
    return outcomes


@transaction.atomic
def save_arrivals(
    people: Sequence[Participant], *, by: User, at: dt.datetime | None = None
) -> list[desk.CheckIn]:
    """Check in everybody whose box was ticked on paper; all of them or nobody.

    Raises as ``desk.check_in``.
    """
    return [desk.check_in(one, by=by, at=at) for one in people]


def _outcome(typed: Typed, meeting: Meeting | None, now: dt.datetime) -> Outcome:
    if meeting is None:
        return Outcome(typed, None, Verdict.REFUSED, reason=_("The event has no such meeting."))
    person, present = _present(typed, meeting)
    if typed.further and person is None:
        reason = _("Nobody of that name joins this meeting.")
        return Outcome(typed, meeting, Verdict.REFUSED, reason=reason)
    marks: dict[str, str] = {}
    contested = []
    for side, mark in present.items():
        said, known = getattr(typed, side), getattr(typed, f"{side}_known")
        if said not in ("", known, mark):
            marks[side] = said
            if mark != known:
                contested.append(side)
    online = (present.get("host", ""), present["guest"])
    same = Outcome(typed, meeting, Verdict.SAME, person=person, online=online)
    if not marks:
        return same
    try:
        demand_begun(meeting, now)
    except ValidationError as error:
        return replace(same, verdict=Verdict.REFUSED, reason=" ".join(error.messages))
    verdict = Verdict.CONFLICT if contested else Verdict.NEW
    host, guest = (marks.get(side, "") for side in _SIDES)
    return replace(same, verdict=verdict, contested=tuple(contested), host=host, guest=guest)


def _present(typed: Typed, meeting: Meeting) -> tuple[Participant | None, dict[str, str]]:
    """Whom a mark is of, where it is a further participant, and what is marked online by now."""
    if not typed.further:
        return None, {side: getattr(meeting, f"{side}_attendance") for side in _SIDES}
    people = {str(one.public_id): one for one in meeting.others.all()}
    person = people.get(typed.further)
    seen = {one.participant_id: one.attendance for one in meeting.further_marks.all()}
    mark = seen.get(person.pk, Attendance.UNKNOWN) if person is not None else Attendance.UNKNOWN
    return person, {"guest": mark}


# ---------------------------------------------------------------- a table of marks
@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row of a table, and how to mend it."""

    line: int
    column: str
    reason: str


def read_marks(content: bytes) -> tuple[list[Typed], list[Fault]]:
    """The marks of a table that ``make_kit`` wrote and people filled in, and what is wrong there.

    Columns ``meeting``, ``host_mark`` and ``guest_mark`` are needed; without ``host_known`` and
    ``guest_known`` nothing counts as known. A row with a person in ``further`` has their mark as
    ``guest_mark``. A mark is a word in any language of the site. Raises
    BrokenFileError where the file as a whole cannot be read.
    """
    if len(content) > LARGEST:
        raise BrokenFileError(
            _("The file is larger than %(size)d MiB. Split it.") % {"size": LARGEST // 1024**2}
        )
    if content.startswith(b"PK"):
        raise BrokenFileError(_("This is a ZIP or Excel file. Save the table as CSV UTF-8."))
    table = read_table(io.BytesIO(content), encoding_of(io.BytesIO(content)))
    for column in ("meeting", "host_mark", "guest_mark"):
        if column not in table.header:
            raise BrokenFileError(
                _("The column %(name)s is missing. Fill in the marks.csv of the kit.")
                % {"name": column}
            )
    words, typed, faults = _words(), [], []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in table.rows:
        key, further, fault = _row_of(cells, line, seen)
        marks = {}
        for column in ("host_mark", "guest_mark", "host_known", "guest_known"):
            word = fold(cells.get(column, "").strip())
            if word in words:
                marks[column] = words[word]
            elif fault is None:
                fault = Fault(line, column, _unknown_word(cells[column]))
        if fault is not None:
            faults.append(fault)
            continue
        typed.append(
            Typed(
                key,
                marks["host_mark"],
                marks["guest_mark"],
                marks["host_known"] or Attendance.UNKNOWN,
                marks["guest_known"] or Attendance.UNKNOWN,
                line,
                further,
            )
        )
    return typed, faults


def _row_of(
    cells: Mapping[str, str], line: int, seen: dict[tuple[str, str], int]
) -> tuple[str, str, Fault | None]:
    """The meeting of a row and, where it is one's of them, who joins the two."""
    cell, person = cells["meeting"], cells.get("further", "").strip()
    try:
        key = str(uuid.UUID(cell.strip()))
    except ValueError:
        reason = _("“%(cell)s” names no meeting: leave this column as the kit wrote it.")
        return "", "", Fault(line, "meeting", reason % {"cell": cell[:_LONGEST]})
    try:
        further = str(uuid.UUID(person)) if person else ""
    except ValueError:
        reason = _("“%(cell)s” names no participant: leave this column as the kit wrote it.")
        return key, "", Fault(line, "further", reason % {"cell": person[:_LONGEST]})
    if (key, further) in seen:
        reason = _("This meeting stands in line %(line)d already: keep one of the two.")
        return key, further, Fault(line, "meeting", reason % {"line": seen[key, further]})
    seen[key, further] = line
    if further and cells["host_mark"].strip():
        reason = _("This row is of one who joins the two: write the mark into guest_mark.")
        return key, further, Fault(line, "host_mark", reason)
    return key, further, None


def _words() -> dict[str, str]:
    """What people write for a mark, folded, in any language of the site."""
    words = {"": "", **{fold(one): one for one in Attendance.values}}
    for language in SITE_LANGUAGES:
        with translation.override(language):
            words |= {fold(str(one.label)): one.value for one in Attendance}
            words |= {fold(word): mark for mark, word in box_words()}
    return words


def box_words() -> list[tuple[str, str]]:
    """(mark, the word beside its box on the form), in the language in use."""
    return [
        (Attendance.CAME, _("came")),
        (Attendance.LATE, _("late")),
        (Attendance.NO_SHOW, _("absent")),
    ]


def _unknown_word(cell: str) -> str:
    words = ", ".join(word for _mark, word in box_words())
    return _("“%(cell)s” is no mark: write %(words)s, or leave it empty.") % {
        "cell": cell[:_LONGEST],
        "words": words,
    }

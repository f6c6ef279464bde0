"""What the sides of a meeting say afterwards: whether it took place, and what came of it.

The marks of a meeting (``host_attendance``, ``guest_attendance``) are the one truth of who came.
What the organiser has marked stands. Where it marked nothing, a mark follows from what the sides
say, as long as nobody contradicts; where they do, it is unknown and the organiser finds out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.acting import NotDecidingError
from chambers.models import User
from marketplace.models import Dispute, Feedback, Meeting, Participant, Registration
from marketplace.selectors.feedback import takes_second, takes_third
from marketplace.services import feedback_mail, placing, staff_mail
from marketplace.services.meetings import (
    demand_over,
    mark_further,
    note_attendance,
    record_attendance,
    write_marks,
)

Said = Feedback.Said
Attendance = Meeting.Attendance
_SIDES = ("host", "guest")


@transaction.atomic
def say_what_happened(
    meeting: Meeting, said: str, *, own: Registration, by: User, at: dt.datetime | None = None
) -> Feedback:
    """Note whether a company says that its meeting took place; it may say otherwise later.

    Raises ValidationError ``not_begun``, ``not_over``, ``over``, ``third`` for who only joined
    the two, ``settled`` once the organiser has decided between the two; PermissionDenied for who
    does not decide for the company.
    """
    now = at or timezone.now()
    meeting = placing.lock_meeting(meeting)
    _demand_speaker(meeting, own, by)
    mine = _mark_of(meeting, own)
    if mine is None:
        raise ValidationError(
            _("The two companies that invited you say whether it took place."), code="third"
        )
    demand_over(meeting, now)
    dispute = Dispute.objects.filter(meeting=meeting).first()
    if dispute is not None and dispute.settled_by_id is not None:
        raise ValidationError(
            _("The chamber has settled what happened. Write to it if that is wrong.")
            if meeting.event.is_direct
            else _("The organiser has settled what happened. Write to it if that is wrong."),
            code="settled",
        )
    row = _row(meeting, own)
    if row.said == Said(said):
        return row  # a second tap
    row.said, row.said_at, row.by = Said(said), now, by
    row.full_clean(exclude=["meeting", "side"])
    other = Feedback.objects.filter(meeting=meeting).exclude(pk=row.pk).exclude(said="").first()
    words = _Words({mine: row} | ({_other(mine): other} if other is not None else {}))
    contested = words.settle(meeting)
    write_marks([(meeting, meeting.host_attendance, meeting.guest_attendance)], at=now)
    for one in words.rows.values():
        one.save()
    _note_dispute(meeting, dispute, contested, now)
    return row


@transaction.atomic
def give_feedback(
    meeting: Meeting,
    *,
    own: Registration,
    by: User,
    first: str = "",
    second: str = "",
    third: str = "",
    note: str | None = None,
    at: dt.datetime | None = None,
) -> Feedback:
    """Note what a company thinks came of a meeting: right after it, after six and 18 months.

    What is not given stays. The other side never reads it. Raises ValidationError ``not_begun``,
    ``over``; on ``second`` and ``third`` ``too_early``; PermissionDenied for who does not decide
    for the company.
    """
    now = at or timezone.now()
    meeting = placing.lock_meeting(meeting)
    _demand_speaker(meeting, own, by)
    demand_over(meeting, now)
    row = _row(meeting, own)
    if first:
        row.first, row.first_at = Feedback.First(first), now
    if second:
        if not takes_second(meeting, now):
            text = _("Six months after the meeting we ask again what became of it.")
            raise ValidationError({"second": ValidationError(text, code="too_early")})
        row.second, row.second_at = Feedback.Second(second), now
    if third:
        if not takes_third(meeting, now):
            text = _("18 months after the meeting we ask a last time what became of it.")
            raise ValidationError({"third": ValidationError(text, code="too_early")})
        row.third, row.third_at = Feedback.Second(third), now
    if note is not None:
        row.note = note.strip()
    row.by = by
    row.full_clean(exclude=["meeting", "side"])
    row.save()
    return row


@transaction.atomic
def settle_dispute(
    dispute: Dispute,
    *,
    by: User,
    host: str,
    guest: str,
    note: str = "",
    at: dt.datetime | None = None,
) -> Dispute:
    """Decide, as the organiser, who came to a meeting of which the sides say different things.

    Outside events the chambers of the side that asked are asked instead. Both sides are told.
    Raises ValidationError ``undecided`` while a mark stays unknown, ``over`` when it is settled;
    PermissionDenied for anyone else, and for who speaks for one of the companies.
    """
    now = at or timezone.now()
    meeting = placing.lock_meeting(dispute.meeting)
    _demand_judge(dispute, meeting, by)
    locked = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute.pk)
    if locked.settled_at is not None:
        raise ValidationError(_("This is settled already."), code="over")
    if Attendance.UNKNOWN in (host, guest):
        raise ValidationError(_("Say of both sides whether they came."), code="undecided")
    note_attendance([(meeting, host, guest)], at=now)
    locked.settled_at, locked.settled_by, locked.note = now, by, note.strip()
    locked.full_clean(exclude=["meeting"])
    locked.save()
    feedback_mail.tell_settled(Meeting.objects.get(pk=meeting.pk), locked)
    return locked


def _demand_judge(dispute: Dispute, meeting: Meeting, by: User) -> None:
    may = Dispute.objects.managed_by(by).filter(pk=dispute.pk).exists()
    sides = [one.registration_id for one in meeting.people()]
    biased = Registration.objects.run_by(by).filter(pk__in=sides).exists()
    if not may or (biased and meeting.event.is_direct):
        raise PermissionDenied(
            _("Only the organiser, or a chamber of the company that asked, settles this.")
        )


@transaction.atomic
def note_marks(
    meeting: Meeting,
    *,
    by: User,
    host: str | None = None,
    guest: str | None = None,
    others: Sequence[tuple[Participant, str]] = (),
    at: dt.datetime | None = None,
) -> None:
    """Take marks of who came from whoever sends them: the organiser's are marks, a side's a word.

    ``others`` are marks of those who join the two. Raises as ``record_attendance`` and
    ``say_what_happened``; ValidationError ``nothing_said`` where the marks of a side say nothing
    of whether they met.
    """
    own = placing.side_of(meeting, by)
    if own is None:
        record_attendance(meeting, by=by, host=host, guest=guest, at=at)
        for one, mark in others:
            mark_further(meeting, one, mark, by=by, at=at)
        return
    if others:
        raise PermissionDenied(_("Only the organiser notes who came; a side says what happened."))
    demand_over(meeting, at or timezone.now())
    mine = _mark_of(meeting, own) or "host"
    said = _said_by_marks(mine, {"host": host, "guest": guest})
    if not said:
        raise ValidationError(
            _("Say whether the other side came, or that you did not."), code="nothing_said"
        )
    say_what_happened(meeting, said, own=own, by=by, at=at)


def _said_by_marks(mine: str, marks: dict[str, str | None]) -> str:
    """What a side says that sends marks of who came; "" where they say nothing of it."""
    own, other = marks[mine], marks[_other(mine)]
    if own == Attendance.NO_SHOW:
        return Said.WE_MISSED
    if other == Attendance.NO_SHOW:
        return Said.THEY_MISSED
    return Said.HELD if other in (Attendance.CAME, Attendance.LATE) else ""


@dataclass
class _Words:
    """What one or both sides say, by the mark that is theirs: host or guest."""

    rows: dict[str, Feedback]

    def settle(self, meeting: Meeting) -> bool:
        """Set the marks that follow from the words; whether somebody contradicts.

        A mark that stood on words alone is found anew; any other is the organiser's and stands.
        """
        contested = False
        for mark in _SIDES:
            field = f"{mark}_attendance"
            on_words = any(mark in one.wrote for one in self.rows.values())
            known: str = Attendance.UNKNOWN if on_words else getattr(meeting, field)
            says = {side: _implied(side, one.said).get(mark) for side, one in self.rows.items()}
            given = {one for one in says.values() if one is not None}
            if known != Attendance.UNKNOWN:
                contested |= any(one != _plain(known) for one in given)
                result: str = known
            elif len(given) > 1:
                contested, result = True, Attendance.UNKNOWN
            else:
                result = given.pop() if given else Attendance.UNKNOWN
            setattr(meeting, field, result)
            stands = known == Attendance.UNKNOWN and result != Attendance.UNKNOWN
            for side, one in self.rows.items():
                kept = [name for name in one.wrote if name != mark]
                one.wrote = sorted([*kept, mark]) if stands and says[side] else kept
        return contested


def _implied(mine: str, said: str) -> dict[str, Attendance]:
    """The marks that follow from what the side ``mine`` says."""
    other = _other(mine)
    return {
        Said.HELD: {mine: Attendance.CAME, other: Attendance.CAME},
        Said.THEY_MISSED: {mine: Attendance.CAME, other: Attendance.NO_SHOW},
        Said.WE_MISSED: {mine: Attendance.NO_SHOW},
    }[Said(said)]


def _plain(mark: str) -> str:
    """Late or not, somebody came."""
    return Attendance.CAME if mark == Attendance.LATE else mark


def _other(mine: str) -> str:
    return "guest" if mine == "host" else "host"


def _mark_of(meeting: Meeting, own: Registration) -> str | None:
    """Which mark is a company's: host or guest; None for who joined the two."""
    return next((side for side in _SIDES if getattr(meeting, side).registration_id == own.pk), None)


def _demand_speaker(meeting: Meeting, own: Registration, by: User) -> None:
    met = own.pk in {one.registration_id for one in meeting.people()}
    if not met or not Registration.objects.edited_by(by).filter(pk=own.pk).exists():
        raise NotDecidingError


def _row(meeting: Meeting, own: Registration) -> Feedback:
    """The feedback of a side; the meeting is locked, so nobody else makes a second one."""
    row = Feedback.objects.filter(meeting=meeting, side=own).first()
    return row if row is not None else Feedback(meeting=meeting, side=own)


def _note_dispute(
    meeting: Meeting, dispute: Dispute | None, contested: bool, now: dt.datetime
) -> None:
    """Put a contradiction before the organiser, or take it back once the sides agree."""
    if contested and dispute is None:
        staff_mail.tell_of_dispute(Dispute.objects.create(meeting=meeting, opened_at=now))
    elif dispute is not None and contested == (dispute.settled_at is not None):
        dispute.settled_at = None if contested else now
        dispute.opened_at = now if contested else dispute.opened_at
        dispute.save(update_fields=["settled_at", "opened_at"])
        if contested:
            staff_mail.tell_of_dispute(dispute)

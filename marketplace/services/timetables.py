"""Timetables of events: a version is a row, and a job searches for its plan.

The search touches no meeting: what is confirmed cannot be lost with a worker, a broker or a
database that dies in the middle; the job starts again with the same input and seed. A draft may
then be changed by hand, and published (``services.publishing``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Job, User
from chambers.services import jobs
from chambers.services.people import demand_manager
from marketplace.models import Event, Meeting, Slot, Timetable
from marketplace.scheduling import cells
from marketplace.scheduling.document import certificate_told, plan_of, plan_told
from marketplace.scheduling.problem import Certificate, Kept, Plan, Progress, Status
from marketplace.selectors.former import pins_of, with_former
from marketplace.selectors.obstacles import obstacles_told
from marketplace.selectors.problems import read_event
from marketplace.selectors.reading import Reading
from marketplace.services.calendars import hold_event

JOB = "marketplace.timetable"
LONGEST = 3600  # seconds of one search
_REPORT = 1.0  # seconds between two points of the progress
State = Timetable.Status


@transaction.atomic
def start_timetable(
    event: Event,
    *,
    by: User,
    seconds: int = 60,
    seed: int = 1,
    base: Timetable | None = None,
    anew: bool = False,
    at: dt.datetime | None = None,
) -> Timetable:
    """Ask for a new version; a worker searches for at most ``seconds``.

    What is pinned in ``base``, another version, stays where that has it. Of the others as few
    people as possible are moved from where they are there, or by now where it is in force; with
    ``anew`` that is of no concern. Raises ValidationError ``being_made``, ``seconds``,
    ``no_slots``, ``no_meetings``, ``walking``; PermissionDenied for who does not manage the
    organiser.
    """
    demand_manager(by, event.chamber)
    if not 1 <= seconds <= LONGEST:
        raise ValidationError(
            {
                "seconds": ValidationError(
                    _("Give from 1 to %(most)d seconds."), code="seconds", params={"most": LONGEST}
                )
            }
        )
    event = hold_event(event)
    kept = pins_of(event, base) if base is not None else {}
    reading = read_event(event, at=at, kept=kept)
    if base is not None and not anew:
        reading = with_former(reading, base)
    last = Timetable.objects.filter(event=event).aggregate(Max("number"))["number__max"] or 0
    timetable = Timetable(
        event=event,
        number=last + 1,
        problem={**reading.document(), "pinned": sorted(kept)},
        input_hash=reading.problem.hash(),
        seed=seed,
        seconds=seconds,
        base=base,
        created_by=by,
    )
    timetable.full_clean()
    timetable.save()
    timetable.job = jobs.enqueue(
        JOB, {"timetable": timetable.pk}, key=str(timetable.pk), by=by, chamber=event.chamber
    )
    timetable.save(update_fields=["job"])
    return timetable


@transaction.atomic
def stop_timetable(timetable: Timetable, *, by: User) -> Timetable:
    """Ask the search to end now with the best plan so far; its worker hears that in a second.

    Raises ValidationError ``over``, PermissionDenied for who does not manage the organiser.
    """
    demand_manager(by, timetable.event.chamber)
    timetable = lock_timetable(timetable)
    if timetable.finished_at is not None:
        raise ValidationError(_("This search is already over."), code="over")
    timetable.stopped_at = timetable.stopped_at or timezone.now()
    timetable.save(update_fields=["stopped_at"])
    return timetable


def end_early(job: Job, _reason: str) -> None:
    """The job was given up, or stopped as a job: the best plan that was written down stands."""
    with transaction.atomic():
        found = Timetable.objects.select_for_update().filter(pk=job.payload["timetable"])
        timetable = found.filter(finished_at=None).first()
        if timetable is None:
            return
        if timetable.plan:
            from marketplace.scheduling import keeping  # large libraries: only where they work

            reading, plan = Reading.of(timetable.problem), plan_of(timetable.plan)
            seated = keeping.seated_plan(reading.problem, plan, reading.room(), reading.kept)
            _fill(timetable, seated, _counted(reading, seated, timetable))
        timetable.finished_at = timezone.now()
        timetable.save(update_fields=["plan", "certificate", "finished_at"])


@dataclass
class _Watch:
    """Writes down how a search goes, once a second, and says whether to go on.

    A search that was killed has only the seconds left that it had not used when it last reported.
    """

    lease: jobs.Lease
    timetable: Timetable
    began: float = field(default_factory=time.monotonic)
    reported: float | None = None
    best: tuple[int, int] | None = None
    stopped: bool = False
    lost: Exception | None = None
    spent: float = field(init=False)

    def __post_init__(self) -> None:
        points = self.timetable.progress
        self.spent = float(points[-1][0]) if points else 0.0

    def hear(self, progress: Progress) -> bool:
        """Take a report; False ends the search. Called from the threads of the search."""
        passed = self.passed
        if self.reported is None or passed - self.reported >= _REPORT:
            self.reported = passed
            try:
                self._write(progress, passed)
            except (jobs.LostLeaseError, DatabaseError) as error:
                # A thread of the search must not die of it: the job raises it again.
                self.lost = error
        return self.lost is None and not self.stopped and self.left() > 0

    @property
    def passed(self) -> float:
        """Seconds searched, those before the worker was killed included."""
        return self.spent + time.monotonic() - self.began

    def left(self) -> float:
        """Seconds that the search may still take."""
        return self.timetable.seconds - self.passed

    def _write(self, progress: Progress, passed: float) -> None:
        seconds = self.timetable.seconds
        self.lease.progress(min(int(passed), seconds), seconds)
        self.timetable.progress.append(
            [round(passed, 1), progress.placed, progress.breaks, progress.lower_bound]
        )
        changes: dict[str, Any] = {"progress": self.timetable.progress}
        rank = (-progress.placed, progress.breaks)
        if progress.plan is not None and (self.best is None or rank < self.best):
            self.best = rank
            changes["plan"] = plan_told(progress.plan)
        rows = Timetable.objects.filter(pk=self.timetable.pk, finished_at=None)
        rows.update(**changes)
        self.stopped = not rows.filter(stopped_at=None).exists()


@jobs.handles(JOB, given_up=end_early)
def search(lease: jobs.Lease) -> None:
    """Find the plan of a version; killed in the middle, it goes on from the best plan so far."""
    from marketplace.scheduling import keeping, planning  # see above

    timetable = Timetable.objects.get(pk=lease.payload["timetable"])
    reading = Reading.of(timetable.problem)
    watch = _Watch(lease, timetable)
    terms = planning.Terms(
        seed=timetable.seed,
        tell=watch.hear,
        left=watch.left,
        start=plan_of(timetable.plan) if timetable.plan else None,
        room=reading.room(),
        keep=reading.kept,
    )
    with lease.held():
        plan, certificate = keeping.solve(reading.problem, terms)
    if watch.lost is not None:
        raise watch.lost
    last = [
        round(watch.passed, 1),
        certificate.placed,
        certificate.breaks,
        certificate.lower_bound,
    ]
    with lease.finish() as result:
        timetable.progress.append(last)
        _fill(timetable, plan, replace(certificate, seconds=last[0]))
        timetable.finished_at = timezone.now()
        timetable.save(update_fields=["progress", "plan", "certificate", "finished_at"])
        result["placed"] = certificate.placed


def _fill(timetable: Timetable, plan: Plan | None, certificate: Certificate) -> None:
    timetable.plan = plan_told(plan) if plan is not None else {}
    timetable.certificate = told(certificate)


def _counted(reading: Reading, plan: Plan, timetable: Timetable) -> Certificate:
    """The certificate of a plan that no search ended with: counted, with what bounds are known."""
    from marketplace.scheduling import planning  # see above

    former = timetable.certificate
    points = timetable.progress
    claims = Certificate(
        status=Status.FEASIBLE,
        placed=former.get("placed", 0),
        meetings=len(reading.meetings),
        breaks=0,
        lower_bound=former.get("lower_bound", points[-1][3] if points else 0),
        seed=timetable.seed,
        input_hash=timetable.input_hash,
        plan_hash="",
        most_placed=former.get("most_placed", len(reading.meetings)),
        seconds=former.get("seconds", points[-1][0] if points else 0.0),
        kept=Kept(**former["kept"]) if "kept" in former else None,
    )
    return planning.certified(reading.problem, plan, claims)


def told(certificate: Certificate) -> dict[str, Any]:
    """A certificate as plain data."""
    return {**certificate_told(certificate), "gap": certificate.gap}


def lock_timetable(timetable: Timetable) -> Timetable:
    """The version as it stands, with nobody else changing it until the transaction ends."""
    return (
        Timetable.objects.select_for_update(of=("self",))
        .select_related("event__chamber")
        .get(pk=timetable.pk)
    )


def demand_plan(timetable: Timetable) -> None:
    """Raise ValidationError ``superseded``, ``being_made`` or ``no_plan``."""
    if timetable.status == State.SUPERSEDED:
        raise ValidationError(
            _("A later version was published: make a new one from it."), code="superseded"
        )
    if timetable.finished_at is None:
        raise ValidationError(
            _("The search still runs: wait for it, or stop it to keep the best plan so far."),
            code="being_made",
        )
    if not timetable.plan:
        raise ValidationError(_("This version has no plan."), code="no_plan")


@transaction.atomic
def move_in_plan(
    timetable: Timetable, meeting: Meeting, *, slot: Slot | None, by: User, seen: str = ""
) -> Timetable:
    """Put a meeting of a draft into another slot, or out of it; its certificate is counted anew.

    Tables of the two slots are given out again. ``seen`` is ``state_of`` the version that
    ``by`` looked at. Raises ValidationError ``changed`` where it is another one now, ``published``,
    ``being_made``, ``no_plan``, ``not_in_plan``, ``locked``, ``occupied`` with what stands in the
    way, ``uneven``; PermissionDenied for who does not manage the organiser.
    """
    demand_manager(by, timetable.event.chamber)
    timetable = lock_timetable(timetable)
    _demand_seen(timetable, seen)
    if timetable.status != State.DRAFT:
        raise ValidationError(
            _("This version is published: move the meeting itself, or make a new version."),
            code="published",
        )
    demand_plan(timetable)
    reading, plan = Reading.of(timetable.problem), plan_of(timetable.plan)
    at = _number(timetable, meeting)
    if str(meeting.public_id) in timetable.problem.get("pinned", []):
        raise ValidationError(
            _("This meeting is locked: unlock it before you move it."), code="locked"
        )
    unit = None if slot is None else reading.slots[str(slot.public_id)][0]
    room = reading.room() if reading.closed else None
    if unit is not None:
        found = cells.obstacles(reading.problem, plan, at, unit, room)
        obstacles = [one for one in found if one.why is not cells.Why.UNEVEN]
        if obstacles:
            raise ValidationError(
                _("The meeting cannot be then: %(reasons)s."),
                code="occupied",
                params={"reasons": "; ".join(obstacles_told(reading, obstacles))},
            )
    changed = cells.moved(reading.problem, plan, at, unit, room)
    _refuse_uneven(reading, plan, changed)
    _fill(timetable, changed, _counted(reading, changed, timetable))
    timetable.changed_by_hand = True
    timetable.save(update_fields=["plan", "certificate", "changed_by_hand"])
    return timetable


def _refuse_uneven(reading: Reading, before: Plan, after: Plan) -> None:
    """Raise ``uneven`` for a change that shares out breaks less evenly than the event asks."""
    from marketplace.scheduling import planning  # see above

    if planning.fair(reading.problem, before) and not planning.fair(reading.problem, after):
        raise ValidationError(
            _(
                "Then somebody has over %(most)d breaks more than another: choose another time,"
                " or allow more in the event's settings and make a new version."
            ),
            code="uneven",
            params={"most": reading.problem.fairness},
        )


@transaction.atomic
def pin_in_plan(
    timetable: Timetable, meeting: Meeting, *, pinned: bool, by: User, seen: str = ""
) -> Timetable:
    """Keep a meeting of a draft where it is in versions made from this one, or let it go again.

    Raises ValidationError ``changed``, ``not_in_plan``, ``not_placed``, PermissionDenied as above.
    """
    demand_manager(by, timetable.event.chamber)
    timetable = lock_timetable(timetable)
    _demand_seen(timetable, seen)
    demand_plan(timetable)
    key, at = str(meeting.public_id), _number(timetable, meeting)
    if pinned and timetable.plan["slot"][at] is None:
        raise ValidationError(
            _("Only a meeting with a time can be locked: place it first."), code="not_placed"
        )
    kept = set(timetable.problem.get("pinned", [])) - {key}
    timetable.problem["pinned"] = sorted({*kept, key} if pinned else kept)
    timetable.save(update_fields=["problem"])
    return timetable


def state_of(timetable: Timetable) -> str:
    """What a page shows of a version, as a short text that differs once somebody changes it."""
    parts = (timetable.status, timetable.plan, sorted(timetable.problem.get("pinned", [])))
    told = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _demand_seen(timetable: Timetable, seen: str) -> None:
    if seen and seen != state_of(timetable):
        raise ValidationError(
            _(
                "Somebody changed this version meanwhile. It is shown as it is now: look, then"
                " move."
            ),
            code="changed",
        )


def _number(timetable: Timetable, meeting: Meeting) -> int:
    meetings: list[str] = timetable.problem["meetings"]
    if str(meeting.public_id) not in meetings:
        raise ValidationError(_("This version does not hold the meeting."), code="not_in_plan")
    return meetings.index(str(meeting.public_id))

"""Matching everyone: a run is a row, its parts are jobs, its result is swapped in whole.

Stages, each a set of jobs of which the last to finish starts the next: read the profiles that may
have changed (parts of companies), build the index (one job), match (parts of companies), share
attention (one job), swap in (one job). A reader sees the former run until the swap, and never half
of one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Chamber, Company, Job, User, today
from chambers.services import jobs
from chambers.services.companies import ANEW_JOB, note_many_changes
from matching import profiles
from matching.engine.prior import shipped_name
from matching.models import Run, Shortlist, Term
from matching.services import indexes, refresh, triads
from matching.services.lists import (
    LENGTH,
    WIDTH,
    Places,
    chosen_lists,
    database_clock,
    drop_some_lists,
    lock_lists,
    save_shortlists,
    shortlists,
    write_lists,
)

if TYPE_CHECKING:
    from matching.engine.fairness import Attention
from matching.services.weights import weights_in_force

NIGHTLY_AT = dt.time(1, 17)  # UTC
READ_AT_ONCE = 500  # profiles of a part, a millisecond or two each
Stage, State = Run.Stage, Run.State


@transaction.atomic
def start_run(*, by: User | None = None, seed: int | None = None) -> Run:
    """Begin to match everyone; workers do the rest.

    ``seed`` orders ties and is today's date unless given. Raises ValidationError
    ``already_running`` while another run is open, PermissionDenied for who manages no chamber.
    """
    if by is not None and not Chamber.objects.managed_by(by).exists():
        raise PermissionDenied(_("Only managers of a chamber may start a matching run."))
    weights = weights_in_force()
    run = Run(
        requested_by=by,
        rules=weights.version,
        weights=weights.as_data(),
        seed=seed if seed is not None else int(today().strftime("%Y%m%d")),
    )
    run.full_clean()
    run.save()
    _enqueue(run, "prepare")
    return run


@transaction.atomic
def stop_run(run: Run, *, by: User) -> Run:
    """Stop a run that is not over; the lists shown stay as they are.

    Raises ValidationError ``over``, PermissionDenied for who manages no chamber.
    """
    if not Chamber.objects.managed_by(by).exists():
        raise PermissionDenied(_("Only managers of a chamber may stop a matching run."))
    parts = _lock_parts(run.pk)
    stopped = (
        Run.objects.filter(pk=run.pk)
        .open()
        .update(state=State.CANCELLED, finished_at=timezone.now())
    )
    if not stopped:
        raise ValidationError(_("This run is already over."), code="over")
    _cancel(parts)
    _clear_up(run)
    run.refresh_from_db()
    return run


def fail_run(job: Job, error: str) -> None:
    """A part was given up: the run as a whole has failed; the lists shown stay."""
    parts = _lock_parts(job.payload["run"])
    run = Run.objects.filter(pk=job.payload["run"])
    if run.open().update(state=State.FAILED, error=error, finished_at=timezone.now()):
        _cancel(parts)
        _clear_up(run.get())


def _lock_parts(run: int) -> list[int]:
    """Hold the open jobs of a run; jobs before runs, as their workers do, or they would block."""
    parts = Job.objects.filter(kind__startswith="matching.run.", payload__run=run).open()
    return [job.pk for job in parts.select_for_update().order_by("pk")]


def _cancel(parts: list[int]) -> None:
    Job.objects.filter(pk__in=parts).update(
        state=Job.State.CANCELLED, finished_at=timezone.now(), lease=None, lease_until=None
    )


def _clear_up(run: Run) -> None:
    """After a run that shows no lists: those shown follow what it has read, its own are dropped."""
    minute = dt.timedelta(minutes=1)  # clocks of machines differ; twice refreshed is the same
    refresh.refresh_changed_since(run.created_at - minute)
    _enqueue(run, "sweep")


@jobs.by_the_clock
@transaction.atomic
def start_nightly(now: dt.datetime) -> None:
    """Ask for the night's run once it is time; once a day, however many clocks are running.

    Nobody is matched twice for the night's sake: a run since then will do.
    """
    due = dt.datetime.combine(now.astimezone(dt.UTC).date(), NIGHTLY_AT, dt.UTC)
    key = due.date().isoformat()
    if now < due or Run.objects.filter(created_at__gte=due).exists():
        return
    if not Company.objects.matched().exists():
        return  # a new installation: an empty list would hide that none was made yet
    if not Job.objects.filter(kind="matching.nightly", key=key).exists():
        jobs.enqueue("matching.nightly", key=key)


@jobs.handles("matching.nightly")
@jobs.handles(ANEW_JOB)
def anew(lease: jobs.Lease) -> None:
    """Start a run unless one was started since this was asked for; wait for an older one to end.

    The older one may have read the profiles before what this was asked for, and has the order of
    ties and the prices of another day.
    """
    job = lease.job
    since = job.payload.get("since", job.created_at.isoformat())
    with lease.finish():
        if Run.objects.filter(created_at__gte=dt.datetime.fromisoformat(since)).exists():
            return
        if not Run.objects.open().exists():
            start_run()
        else:
            soon = timezone.now() + dt.timedelta(minutes=1)
            jobs.enqueue(job.kind, {"since": since}, key=job.key, run_after=soon)


@jobs.handles("matching.run.prepare", given_up=fail_run)
def prepare(lease: jobs.Lease) -> None:
    """Find the profiles that may not hold any more; parts of them are read side by side."""
    run = _open_run(lease)
    with lease.held():
        keys = profiles.stale(profiles.read_labels_anew(), recheck=settings.MATCH_RECHECK)
        bounds = _parts(keys, READ_AT_ONCE)
        with lease.finish():
            Run.objects.filter(pk=run.pk).update(state=State.RUNNING, snapshot_at=timezone.now())
            if bounds:
                _begin(run, Stage.PROFILES, "profiles", bounds)
            else:
                _begin(run, Stage.INDEX, "index", [(0, 0)])


@jobs.handles("matching.run.profiles", given_up=fail_run)
def read_profiles(lease: jobs.Lease) -> None:
    """Bring the profiles of one part up to date."""
    run, keys = _open_run(lease), lease.payload["part"]
    profiles.read_labels_anew()
    found = profiles.read(Company.objects.matched().filter(pk__in=keys))
    with lease.finish() as result:
        result["changed"] = refresh.store_profiles(found, lock_lists())
        if _part_done(run):
            _begin(run, Stage.INDEX, "index", [(0, 0)])


@jobs.handles("matching.run.index", given_up=fail_run)
def build_index(lease: jobs.Lease) -> None:
    """Turn all profiles into the arrays that every part of the matching reads."""
    run = _open_run(lease)
    with transaction.atomic():
        # Who holds the lock now is done before the index is read.
        profiles.bury_those_who_left(lock_lists(), Run.objects.current())
        as_of = database_clock()
    with lease.held():
        index = indexes.build(run)
        indexes.save(run, index)
        companies = len(index.companies)
        bounds = [
            (start, min(start + settings.MATCH_PART, companies))
            for start in range(0, companies, settings.MATCH_PART)
        ]
        with lease.finish():
            indexes.publish(run)
            indexes.save_terms(run, index)
            Run.objects.filter(pk=run.pk).update(
                companies=companies,
                rows=index.rows,
                indexed_at=as_of,
                index_digest=run.index_digest,
                tables=shipped_name(),
            )
            _begin(run, Stage.MATCHING, "match", bounds or [(0, 0)])
    del index
    indexes.give_back_memory()


@jobs.handles("matching.run.match", given_up=fail_run)
def match_part(lease: jobs.Lease) -> None:
    """Find whom the companies of one part are to be shown from."""
    run, (start, stop) = _open_run(lease), lease.payload["part"]
    index = indexes.load(run)
    found = index.top_range(
        start,
        stop,
        WIDTH,
        seed=run.seed,
        shown=indexes.weights_of(run).shown_least,
        progress=lambda done: lease.progress(done, stop - start),
    )
    positions = Places(index.companies).of(found.partners)
    with lease.finish():
        save_shortlists(run, start, positions, found.mutual)
        if _part_done(run):
            _begin(run, Stage.SHARING, "share", [(0, 0)])


@jobs.handles("matching.run.share", given_up=fail_run)
def share_out(lease: jobs.Lease) -> None:
    """Choose everybody's list from the shortlists, so that attention is shared."""
    from matching.engine.fairness import (  # compiled code: only where it works, not at every start
        Sharing,
        share_attention,
    )

    run = _open_run(lease)
    ids = indexes.load(run).companies
    with lease.held():
        positions, scores = shortlists(run, len(ids))
        weights = indexes.weights_of(run)
        attention = share_attention(positions, scores, LENGTH, Sharing.of(weights))
        lists = chosen_lists(ids, positions, scores, attention.prices, weights.shown_least)
        with lease.finish():
            write_lists(run, lists)
            counts = (lists.partners[:, :LENGTH] >= 0).sum(axis=1)
            Run.objects.filter(pk=run.pk).update(
                served=int((counts > 0).sum()),
                pairs=int(counts.sum()),
                attention=_told(attention),
            )
            _begin(run, Stage.SWAP, "swap", [(0, 0)])
    del positions, scores, attention, lists
    indexes.give_back_memory()


def _told(attention: Attention) -> dict[str, Any]:
    """What is told of how attention is shared; ``cost`` is a share of the total score."""
    return {
        "before": attention.before._asdict(),
        "after": attention.after._asdict(),
        "cost": attention.cost,
        "unknown": attention.unknown,
    }


@jobs.handles("matching.run.swap", given_up=fail_run)
def swap_in(lease: jobs.Lease) -> None:
    """Show the new lists in the place of the old, all at once."""
    run = _open_run(lease)
    with lease.finish():
        lock_lists()
        former = Run.objects.filter(is_current=True).first()
        Run.objects.filter(is_current=True).update(is_current=False)
        Run.objects.filter(pk=run.pk).update(
            state=State.DONE,
            is_current=True,
            finished_at=timezone.now(),
            timings=_timed(run, None),
        )
        if former is not None:
            _enqueue(former, "sweep", run_after=timezone.now() + dt.timedelta(seconds=30))
        if run.indexed_at is not None:
            changed = refresh.refresh_changed_since(run.indexed_at)
            if changed > refresh.MOST_YOUNG:
                note_many_changes()
        triads.ask_for_triads(run)


@jobs.handles("matching.run.sweep")
def sweep(lease: jobs.Lease) -> None:
    """Drop the lists and the index of a run that is no longer shown, a part at a time."""
    run = Run.objects.get(pk=lease.payload["run"])
    if not run.is_current and run.state != State.RUNNING:
        while drop_some_lists(run):
            lease.progress(0)
        with lease.effect():
            Shortlist.objects.filter(run=run).delete()
            Term.objects.filter(run=run).delete()
            indexes.remove(run)
    with lease.finish():
        pass


def _open_run(lease: jobs.Lease) -> Run:
    run = Run.objects.open().filter(pk=lease.payload["run"]).first()
    if run is None:
        with suppress(ValidationError):
            jobs.cancel(lease.job)
        raise jobs.LostLeaseError(str(lease.job))
    return run


def _enqueue(run: Run, what: str, **options: Any) -> None:
    jobs.enqueue(
        f"matching.run.{what}", {"run": run.pk}, key=f"{run.pk}", by=run.requested_by, **options
    )


def _begin(run: Run, stage: Run.Stage, what: str, bounds: Sequence[Sequence[int]]) -> None:
    """Start a stage: its parts count down to the next one."""
    Run.objects.filter(pk=run.pk).update(
        stage=stage, shards=len(bounds), shards_done=0, timings=_timed(run, stage)
    )
    jobs.enqueue_many(
        f"matching.run.{what}",
        [({"run": run.pk, "part": list(part)}, f"{run.pk}:{part[0]}") for part in bounds],
        by=run.requested_by,
    )


def _timed(run: Run, stage: Run.Stage | None) -> dict[str, Any]:
    """The timings of a run when a stage begins, or all are over: seconds of each that has ended.

    ``{"profiles": {"began": ..., "seconds": 2.1}, ...}``
    """
    now = timezone.now()
    timings: dict[str, Any] = {**Run.objects.values_list("timings", flat=True).get(pk=run.pk)}
    for one in timings.values():
        if "seconds" not in one:
            one["seconds"] = round(
                (now - dt.datetime.fromisoformat(one["began"])).total_seconds(), 3
            )
    return timings if stage is None else {**timings, stage: {"began": now.isoformat()}}


def _part_done(run: Run) -> bool:
    """Count a part in; True for the last one. The row lock makes exactly one the last."""
    Run.objects.filter(pk=run.pk).update(shards_done=F("shards_done") + 1)
    done, parts = Run.objects.values_list("shards_done", "shards").get(pk=run.pk)
    return bool(done >= parts)


def _parts(keys: list[int], size: int) -> list[list[int]]:
    """The keys in parts of at most ``size``."""
    return [keys[at : at + size] for at in range(0, len(keys), size)]

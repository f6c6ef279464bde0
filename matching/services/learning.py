"""What happened proposes constants: a draft with its measurement, never a change by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chambers.models import Company, Job, User, today
from chambers.services import jobs
from matching import engine, profiles
from matching.engine import Row, Weights
from matching.engine.learning import FEWEST, Floats, Learnt, TooFewError, learn
from matching.engine.prior import shipped
from matching.models import Profile, Run, Term, WeightSet
from matching.models.constants import changed_constants
from matching.services.decisions import Event, events_so_far
from matching.services.weights import demand_superuser, draft_weights, weights_in_force

JOB = "matching.learn"


@dataclass(frozen=True)
class Lesson:
    """What the events say: ``told`` in words, ``learnt`` in numbers unless there are too few.

    ``draft`` is there once it is proposed, which is done only where they leave no doubt.
    """

    told: str
    former: Weights
    run: Run
    learnt: Learnt | None = None
    draft: WeightSet | None = None


def ask_to_learn(*, by: User) -> Job:
    """Have a worker study what happened; the same is not asked for twice at once.

    Raises PermissionDenied for anyone but a superuser.
    """
    demand_superuser(by)
    return jobs.enqueue(JOB, key="learn", by=by)


def last_lesson() -> Job | None:
    """The newest study by a worker, under way or done."""
    return Job.objects.filter(kind=JOB).order_by("-created_at", "-pk").first()


@jobs.handles(JOB)
def learn_as_asked(lease: jobs.Lease) -> None:
    """Study what happened and propose what it says; the words become the job's result."""
    try:
        with lease.held():
            lesson = study()
    except ValidationError as error:
        with lease.finish({"told": " ".join(error.messages)}):
            return
    with lease.finish() as result:
        lesson = propose(lesson, by=lease.job.requested_by)
        result["told"] = lesson.told
        result["draft"] = lesson.draft.version if lesson.draft else ""


def learn_weights(*, by: User | None = None, seed: int = 1) -> Lesson:
    """Study what happened and propose a draft where that leaves no doubt; see both."""
    return propose(study(seed=seed), by=by)


def study(*, seed: int = 1) -> Lesson:
    """Which constants tell accepted from declined partners better than those in force, if any.

    Changes nothing. Raises ValidationError ``no_run`` before the first run.
    """
    run = Run.objects.current()
    if run is None:
        raise ValidationError(_("Nobody has been matched yet."), code="no_run")
    former = weights_in_force()
    scorer = _Scorer(events_so_far(), run)
    accepted = np.array([one.accepted for one in scorer.known], np.bool_)
    owners = np.array([one.company for one in scorer.known], np.int64)
    try:
        learnt = learn(scorer, accepted, owners, former, seed=seed)
    except TooFewError as error:
        told = _(
            "Nothing can be learnt yet: %(accepted)d partners were accepted and %(declined)d"
            " declined; both parts of the events need %(fewest)d of each."
        )
        numbers = {"accepted": error.accepted, "declined": error.declined, "fewest": FEWEST}
        return Lesson(told % numbers, former, run)
    told = _("No proposal: what was tried is not surely better on the events held back.")
    return Lesson(told, former, run, learnt)


def propose(lesson: Lesson, *, by: User | None = None) -> Lesson:
    """Write a draft with its evaluation where the events leave no doubt, else nothing.

    What is in force stays either way. Raises PermissionDenied for anyone but a superuser.
    """
    if lesson.learnt is None or not lesson.learnt.is_better:
        return lesson
    values = lesson.learnt.weights.as_data()
    draft = draft_weights(
        version=_free_version(),
        by=by,
        values={name: one for name, one in values.items() if name != "version"},
        note=_note(lesson.former, lesson.learnt),
        evaluation=_evaluation(lesson.learnt, lesson.former, lesson.run),
    )
    told = _("Proposed as a draft: %(version)s. It holds once somebody puts it in force.")
    return replace(lesson, told=told % {"version": draft.version}, draft=draft)


class _Scorer:
    """Scores of events by any constants, by what the profiles say now."""

    def __init__(self, events: Sequence[Event], run: Run) -> None:
        keys = {key for one in events for key in (one.company, one.partner)}
        stored = Profile.objects.filter(company__in=keys)
        self.rows = {
            one.company_id: profiles.engine_rows(one.company_id, one.rows) for one in stored
        }
        topics = {one.company_id: one.topic for one in stored}
        self.known = [
            one for one in events if one.company in self.rows and one.partner in self.rows
        ]
        self.companies = {
            one.pk: profiles.engine_company(one, topic=topics[one.pk])
            for one in Company.objects.filter(pk__in=self.rows)
        }
        terms = _terms(self.rows.values())
        self.rarities = Term.rows_with(run, terms)
        self.rows_in_all = run.rows

    def __call__(self, weights: Weights) -> Floats:
        scores = np.zeros(len(self.known))
        for at, one in enumerate(self.known):
            pair = engine.explain(
                self.rows[one.company],
                self.rows[one.partner],
                self.companies[one.company],
                self.companies[one.partner],
                self.rarities,
                self.rows_in_all,
                weights,
                shipped().prior,
            )
            scores[at] = pair.mutual * (1 - weights.met_before if one.met else 1)
        return scores


def _terms(rows: Iterable[Sequence[Row]]) -> list[str]:
    return sorted({term for some in rows for row in some for term in row.terms})


def _free_version() -> str:
    name = f"learnt-{today().isoformat()}"
    taken = set(
        WeightSet.objects.filter(version__startswith=name).values_list("version", flat=True)
    )
    if name not in taken:
        return name
    return next(f"{name}.{n}" for n in range(2, len(taken) + 3) if f"{name}.{n}" not in taken)


def _note(former: Weights, learnt: Learnt) -> str:
    moved = "; ".join(
        f"{one.label}: {before:.3g} → {after:.3g}"
        for one, before, after in changed_constants(former, learnt.weights)
    )
    return _("Learnt from accepted and declined partners. %(moved)s") % {"moved": moved}


def _evaluation(learnt: Learnt, former: Weights, run: Run) -> dict[str, Any]:
    names = ("accepted", "declined", "held_accepted", "held_declined", "gain")
    return {
        **{name: getattr(learnt, name) for name in names},
        "before": asdict(learnt.before),
        "after": asdict(learnt.after),
        "interval": list(learnt.interval),
        "reached": list(learnt.reached),
        "against": former.version,
        "run": str(run.public_id),
        "measured_on": today().isoformat(),
    }

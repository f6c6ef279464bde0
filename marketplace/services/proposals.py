"""The organiser proposes meetings: the best of those that the companies of an event could have.

A job chooses them, with nobody kept waiting meanwhile; only the rows are written with the event
held, after a look at what has changed since. Nobody is told: a proposal is its people's once it
has got a time, and until then it can be taken back. Who fits whom is not known here; whoever knows
it says so by ``scores_pairs``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import Job, User
from chambers.services import jobs
from chambers.services.people import demand_manager
from marketplace.models import Event, Meeting
from marketplace.selectors.openings import Openings, Scored, points
from marketplace.selectors.proposals import JOB, STEPS, proposings_of
from marketplace.services.calendars import hold_event
from marketplace.services.placing import demand_not_cancelled, other_event

__all__ = [
    "Outlook",
    "Scored",
    "Scorer",
    "outlook_by",
    "propose",
    "scores_pairs",
    "start_proposing",
    "stop_proposing",
    "take_proposals_back",
]
Scorer = Callable[[Event, Collection[int]], Iterable[Scored]]
_scorers: list[Scorer] = []


def scores_pairs(scorer: Scorer) -> Scorer:
    """Register who says which of some companies of an event fit together, and how well."""
    _scorers.append(scorer)
    return scorer


@transaction.atomic
def start_proposing(event: Event, *, by: User) -> Job:
    """Ask for the best meetings that there is still room for; a worker chooses and adds them.

    Raises ValidationError ``being_proposed``, ``cancelled``; PermissionDenied for who does not
    manage the organiser.
    """
    demand_manager(by, event.chamber)
    event = hold_event(event)
    demand_not_cancelled(event)
    if proposings_of(event).open().exists():
        raise ValidationError(
            _("Meetings are being proposed already: wait for that, or stop it."),
            code="being_proposed",
        )
    return jobs.enqueue(JOB, {"event": event.pk}, key=str(event.pk), by=by, chamber=event.chamber)


def stop_proposing(event: Event, job: Job, *, by: User) -> None:
    """End it without a single meeting added; the worker hears of it at its next step.

    Raises ValidationError ``over``, ``other_event`` for any other job; PermissionDenied for who
    does not manage the organiser.
    """
    demand_manager(by, event.chamber)
    if not proposings_of(event).filter(pk=job.pk).exists():
        raise other_event()
    jobs.cancel(job)


@transaction.atomic
def take_proposals_back(event: Event, *, by: User) -> int:
    """Forget all proposals that nobody was told of; how many. They may be proposed again.

    Raises PermissionDenied for who does not manage the organiser.
    """
    demand_manager(by, event.chamber)
    rows = Meeting.objects.filter(event=hold_event(event)).proposed()
    count = rows.count()
    rows.delete()
    return count


@dataclass(frozen=True, slots=True)
class Outlook:
    """Companies, best pairs first: those that may still be proposed, and those that would be."""

    pairs: list[Scored]
    chosen: list[Scored]


def outlook_by(event: Event, scorer: Scorer) -> Outlook:
    """What would be proposed now if only ``scorer`` were asked who fits. Nothing is written."""
    from marketplace.scheduling.choosing import choose  # large libraries: only where they work

    openings = Openings.of(event)
    found = openings.pairs(_scored(openings, [scorer]))
    chosen = choose(openings.wishes(found)).chosen.tolist() if found else []
    held = openings.that_still_fit(found[at] for at in sorted(chosen))
    company = {key: one.company_id for key, one in openings.registrations.items()}
    pairs, proposed = (
        [(company[one], company[other], score) for one, other, score in rows]
        for rows in (found, held)
    )
    return Outlook(pairs, proposed)


@jobs.handles(JOB)
def propose(lease: jobs.Lease) -> None:
    """Choose meetings and add them; killed in the middle, it is as if it had not begun.

    The result holds ``meetings`` added and among how many ``companies``, ``fitting`` pairs that it
    chose from, ``too_few`` companies that stay below the least number of meetings, ``changed``
    pairs left out since something else was decided meanwhile, ``gap`` (the share of the best
    possible sum of scores that is missing at most, in [0, 1]) and ``is_proved``.
    """
    from marketplace.scheduling.choosing import choose  # see above

    event = Event.objects.get(pk=lease.payload["event"])
    with lease.held():
        lease.progress(0, STEPS)
        openings = Openings.of(event)
        lease.progress(1)
        pairs = openings.pairs(_scored(openings, _scorers))
        lease.progress(2)
        choice = choose(openings.wishes(pairs))
        best = sorted(choice.chosen.tolist())
        # Booths and shared tables are one number to the search: what is too much goes, the worst
        # pairs first.
        chosen = openings.that_still_fit(pairs[at] for at in best)
        whole = len(chosen) == len(best)
        lease.progress(3)
    with lease.finish() as result:
        added = _add(hold_event(event), chosen)
        result |= {
            "meetings": len(added),
            "companies": len({one for pair in added for one in pair[:2]}),
            "fitting": len(pairs),
            "too_few": len(choice.unmet),
            "changed": len(chosen) - len(added),
            "gap": choice.gap if whole else _gap(chosen, choice.bound),
            "is_proved": whole and choice.score >= choice.bound,
        }


def _gap(chosen: Iterable[Scored], bound: float) -> float:
    """The share of the best possible sum of scores that is missing at most."""
    return max(0.0, 1 - sum(points(score) for _one, _other, score in chosen) / bound)


def _scored(openings: Openings, scorers: Iterable[Scorer]) -> Iterable[Scored]:
    """What the scorers say of the companies that could still meet somebody."""
    companies = [one.company_id for one in openings.registrations.values()]
    for scorer in scorers:
        yield from scorer(openings.event, companies)


def _add(event: Event, chosen: Iterable[Scored]) -> list[Scored]:
    """Write those of the pairs that still fit at a held event."""
    if event.cancelled_at is not None:
        return []
    openings = Openings.of(event)
    added = openings.that_still_fit(chosen)
    Meeting.objects.bulk_create(
        [
            Meeting(
                event=event,
                host=openings.people[one],
                guest=openings.people[other],
                is_told=False,
            )
            for one, other, _score in added
        ],
        batch_size=1000,
    )
    return added

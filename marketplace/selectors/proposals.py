"""What the organiser proposes at an event, and how the choice of it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chambers.models import Job
from chambers.models.work import JobQuerySet
from marketplace.models import Event, Meeting

JOB = "marketplace.propose"
_DOING = (
    gettext_lazy("Reading who could still meet"),
    gettext_lazy("Weighing who fits whom"),
    gettext_lazy("Choosing the best meetings"),
    gettext_lazy("Writing them down"),
)
STEPS = len(_DOING)


@dataclass(frozen=True, slots=True)
class Proposing:
    """One choice of meetings as the staff reads it."""

    job: Job

    @property
    def is_open(self) -> bool:
        """Whether a worker has still to do with it."""
        return self.job.state in (Job.State.QUEUED, Job.State.RUNNING)

    @property
    def percent(self) -> int:
        """How far it is."""
        return min(100 * self.job.done // STEPS, 100)

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of it; None before it is done."""
        return self.job.result if self.job.state == Job.State.DONE else None

    def told(self) -> str:
        """How it stands, in the language in use."""
        if self.job.state == Job.State.RUNNING:
            return str(_DOING[min(self.job.done, STEPS - 1)])
        if self.job.state == Job.State.QUEUED:
            return _("Waiting for a worker")
        if self.job.state == Job.State.CANCELLED:
            return _("Stopped: no meeting was added.")
        if self.job.state == Job.State.PARKED:
            return _("It failed again and again, and no meeting was added: see the jobs.")
        return _result_told(self.job)


def proposings_of(event: Event) -> JobQuerySet:
    """The choices of meetings for an event, the last one first."""
    return Job.objects.filter(kind=JOB, key=str(event.pk))


def last_proposing(event: Event) -> Proposing | None:
    """The last time that meetings were to be proposed."""
    job = proposings_of(event).first()
    return Proposing(job) if job is not None else None


def proposals_of(event: Event) -> QuerySet[Meeting]:
    """Meetings that were proposed and that nobody was told of yet, as a list shows them."""
    rows = Meeting.objects.filter(event=event).proposed()
    return rows.select_related(
        "host__registration__company", "guest__registration__company"
    ).order_by("host__registration__company__legal_name", "pk")


def _result_told(job: Job) -> str:
    """What was proposed, and how much better it could be, in a few sentences."""
    found = job.result
    if not found["fitting"]:
        return _("No two companies of this event fit together and may still be proposed to meet.")
    count = found["meetings"]
    said = [ngettext("%(n)d meeting added.", "%(n)d meetings added.", count) % {"n": count}]
    if found["is_proved"]:
        said.append(_("No choice of meetings fits better."))
    else:
        percent = number_format(100 * found["gap"], 1)
        better = _("Another choice could fit better by %(percent)s %% at most.")
        said.append(better % {"percent": percent})
    if found["changed"]:
        left = ngettext(
            "%(n)d was left out, since something else was decided meanwhile: propose again to fill"
            " its place.",
            "%(n)d were left out, since something else was decided meanwhile: propose again to"
            " fill their places.",
            found["changed"],
        )
        said.append(left % {"n": found["changed"]})
    return " ".join(said)

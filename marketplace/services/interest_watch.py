"""What the clock does with interests that nobody answers, and with ways that ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db import transaction
from django.db.models import Exists, OuterRef

from chambers.deadlines import before_working_days
from chambers.models import Agreement
from chambers.services import jobs
from marketplace.models import Interest, InterestHop, InterestQuerySet
from marketplace.services import interest_mail as mail
from marketplace.services.interest_ways import (
    Author,
    Kind,
    Status,
    commission_for,
    day_of,
    held_hop,
    hops_of,
    log,
    mend_way,
)

ESCALATES_AFTER = 2  # working days after the reminder
EXPIRES_AFTER = 20  # working days after the last day


@jobs.by_the_clock
def watch_interests(now: dt.datetime) -> None:
    """Remind who is late, then call for their chamber's help, then let it rest; find new ways.

    A question waits for the interested company itself: it is reminded, nobody is called.
    """
    day = day_of(now)
    late = Interest.objects.overdue(day).order_by("pk")
    for one in late.filter(due_on__lt=before_working_days(day, EXPIRES_AFTER)):
        _change(one, now, _expire, still=lambda row: row.is_open)
    unhelped = late.filter(escalated_at=None).exclude(status=Status.QUESTION)
    # Counted from the reminder, not the last day: a clock that stood still calls nobody at once.
    reminded = before_working_days(day, ESCALATES_AFTER) + dt.timedelta(days=1)
    for one in unhelped.filter(reminded_at__lt=dt.datetime.combine(reminded, dt.time.min, dt.UTC)):
        _change(one, now, _escalate, still=lambda row: row.is_open and row.escalated_at is None)
    for one in late.filter(reminded_at=None):
        _change(one, now, _remind, still=lambda row: row.is_open and row.reminded_at is None)
    for one in _broken(day).order_by("pk"):
        _change(one, now, _mend, still=lambda row: row.is_open)


def _broken(day: dt.date) -> InterestQuerySet:
    """Open interests that a chamber has, with an ended agreement ahead."""
    good = Agreement.objects.in_force(day).filter(pk=OuterRef("agreement"))
    ended = InterestHop.objects.filter(
        ~Exists(good),
        interest=OuterRef("pk"),
        position__gt=OuterRef("position"),
        agreement__isnull=False,
    )
    return Interest.objects.open().filter(Exists(ended), position__isnull=False)


def _change(
    interest: Interest,
    now: dt.datetime,
    do: Callable[[Interest, dt.datetime], None],
    *,
    still: Callable[[Interest], bool],
) -> None:
    """Do something to an interest unless somebody acted a moment ago."""
    with jobs.spared(interest), transaction.atomic():
        row = (
            Interest.objects.select_for_update(of=("self",), no_key=True)
            .select_related("company__country", "opportunity__company__country")
            .get(pk=interest.pk)
        )
        if still(row) and row.due_on == interest.due_on:
            do(row, now)


def _remind(interest: Interest, now: dt.datetime) -> None:
    """Say to who has it that the last day is over; with a question that is who sent it."""
    interest.reminded_at = now
    interest.save(update_fields=["reminded_at"])
    asked = interest.status == Status.QUESTION
    hop = held_hop(interest)
    chamber = None if asked or hop is None else hop.chamber
    entry = log(interest, Kind.REMINDED, Author.CLOCK, chamber=chamber, at=now)
    tell = mail.tell_asker if asked else mail.tell_holder
    tell("overdue", interest, entry)


def _escalate(interest: Interest, now: dt.datetime) -> None:
    """Ask the commission on the other side's country for help, or the chamber where there is none.

    What went to the owner directly has no chamber: the interested company is told, nobody else.
    """
    interest.escalated_at = now
    interest.save(update_fields=["escalated_at"])
    hops = hops_of(interest)
    if not hops:
        mail.tell_asker("escalated", interest)
        return
    chamber = (held_hop(interest) or hops[-1]).chamber
    found = commission_for(interest, chamber)
    entry = log(interest, Kind.ESCALATED, Author.CLOCK, chamber=chamber, commission=found, at=now)
    mail.tell_chamber("escalated", interest, chamber, entry, commission=found)
    mail.tell_asker("escalated", interest, entry, helper=chamber, commission=found)


def _expire(interest: Interest, now: dt.datetime) -> None:
    interest.status, interest.decided_at = Status.EXPIRED, now
    interest.save(update_fields=["status", "decided_at"])
    entry = log(interest, Kind.EXPIRED, Author.CLOCK, at=now)
    mail.tell_holder("expired", interest, entry)
    mail.tell_asker("expired", interest, entry)


def _mend(interest: Interest, now: dt.datetime) -> None:
    if mend_way(interest, at=now):
        mail.tell_holder("rerouted", interest)
        mail.tell_asker("rerouted", interest)

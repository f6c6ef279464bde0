"""How an interest goes from hand to hand: who has it, until when, and what its log says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from chambers.deadlines import after_working_days
from chambers.models import Agreement, Chamber, Commission, User
from marketplace.models import Interest, InterestEntry, InterestHop
from marketplace.services.routing import ANSWER_DAYS, Stop, route_to

Status = Interest.Status
Kind, Author = InterestEntry.Kind, InterestEntry.Author


def day_of(at: dt.datetime | None) -> dt.date:
    """The day by which dates are judged: the one in UTC, for everybody."""
    return (at or timezone.now()).astimezone(dt.UTC).date()


def hops_of(interest: Interest) -> list[InterestHop]:
    """The chambers on its way, the first first."""
    rows = interest.hops.select_related("chamber__country", "agreement")
    return list(rows.order_by("position"))


def held_hop(interest: Interest) -> InterestHop | None:
    """The chamber that has it, or that asked the question it waits for; None: the owner."""
    if interest.position is None:
        return None
    return interest.hops.select_related("chamber__country").get(position=interest.position)


def lay_way(interest: Interest, stops: Sequence[Stop], start: int = 0) -> None:
    """Write down the chambers ahead, the first of them in place ``start``."""
    InterestHop.objects.bulk_create(
        InterestHop(
            interest=interest, position=place, chamber=stop.chamber, agreement=stop.agreement
        )
        for place, stop in enumerate(stops, start)
    )


def hand_over(interest: Interest, position: int, *, at: dt.datetime | None = None) -> None:
    """Put an interest into the hands of the chamber in a place, or of the owner behind the last."""
    now, hops = at or timezone.now(), hops_of(interest)
    if position < len(hops):
        own = Status.WITH_OWN_CHAMBER if position == 0 else Status.WITH_PARTNER_CHAMBER
        interest.status, interest.position = own, position
    else:
        interest.status, interest.position = Status.WITH_OWNER, None
        interest.reached_at = interest.reached_at or now
    wait(interest, days_of(hops, interest.position), at=now)
    if interest.position is not None:
        hop = hops[position]
        hop.received_at, hop.due_on = hop.received_at or now, interest.due_on
        hop.save(update_fields=["received_at", "due_on"])
    interest.save()


def wait(interest: Interest, days: int, *, at: dt.datetime | None = None) -> None:
    """Give whoever has it ``days`` working days from now; does not save."""
    interest.due_on = after_working_days(day_of(at), days)
    interest.reminded_at = interest.escalated_at = None


def days_of(hops: Sequence[InterestHop], position: int | None) -> int:
    """Working days of the chamber in a place, or with None of the owner; see ``Route.days``."""
    promised = [hop.agreement.response_days for hop in hops if hop.agreement is not None]
    if not promised:
        return ANSWER_DAYS
    if position is None:
        return promised[-1]
    return promised[max(position - 1, 0)]


def mend_way(interest: Interest, *, at: dt.datetime | None = None) -> bool:
    """Find a new way where an agreement ahead has ended, or the owner has left the last chamber.

    Without one the chamber that has it passes it to the owner directly. Whether the way changed.
    """
    hops, day = hops_of(interest), day_of(at)
    here = interest.position
    if here is None or not _is_broken(interest, hops, here, day):
        return False
    interest.hops.filter(position__gt=here).delete()
    behind = {hop.chamber_id for hop in hops[: here + 1]}
    found = route_to({hops[here].chamber_id}, interest.opportunity.company, day)
    ahead = found.stops[1:] if found is not None else ()
    if any(stop.chamber.pk in behind for stop in ahead):
        ahead = ()  # back where it came from leads nowhere
    lay_way(interest, ahead, start=here + 1)
    log(interest, Kind.REROUTED, Author.CLOCK, chamber=ahead[0].chamber if ahead else None, at=at)
    return True


def _is_broken(interest: Interest, hops: Sequence[InterestHop], here: int, day: dt.date) -> bool:
    ahead = hops[here + 1 :]
    if not ahead:
        return False
    roads = {hop.agreement_id for hop in ahead if hop.agreement_id is not None}
    good = Agreement.objects.in_force(day).filter(pk__in=roads).count()
    owner = interest.opportunity.company.memberships.in_force(day)
    return good < len(roads) or not owner.filter(chamber=ahead[-1].chamber_id).exists()


def commission_for(interest: Interest, chamber: Chamber) -> Commission | None:
    """The commission of ``chamber`` on the other side's country; the one on all of it first.

    For the asking company's chamber that is the owner's country, for every other the asker's.
    """
    owner, asking = interest.opportunity.company, interest.company
    first = interest.hops.filter(position=0, chamber=chamber).exists()
    country = owner.country_id if first else asking.country_id
    rows = chamber.commissions.filter(country=country).select_related("country")
    return rows.filter(status=Commission.Status.ACTIVE).order_by("region", "pk").first()


def log(
    interest: Interest,
    kind: InterestEntry.Kind,
    author: InterestEntry.Author,
    *,
    by: User | None = None,
    chamber: Chamber | None = None,
    commission: Commission | None = None,
    text: str = "",
    at: dt.datetime | None = None,
) -> InterestEntry:
    """Write a line into the log that both companies and the chambers on the way read."""
    entry = InterestEntry(
        interest=interest,
        kind=kind,
        author=author,
        chamber=chamber,
        commission=commission,
        person=by,
        text=text.strip(),
        at=at or timezone.now(),
    )
    entry.full_clean(exclude=["interest"])
    entry.save()
    return entry

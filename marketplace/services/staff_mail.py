"""What chamber staff is mailed of work that waits for it; everything also stands in its queues."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import translation

from chambers.models import Chamber, Company, Membership, User
from chambers.selectors.staff import managers_of
from chambers.services.mail import queue_mail
from marketplace.models import Dispute, Feedback, InterpreterWish, Meeting, Outcome
from marketplace.selectors.times import tell_time
from marketplace.services.notices import chamber_of
from marketplace.services.outcome_mail import told_amount


def tell_of_dispute(dispute: Dispute) -> None:
    """Ask who settles a contradiction; who speaks for one of the two is no judge of it."""
    meeting = dispute.meeting
    said = Feedback.objects.filter(meeting=meeting).exclude(said="").select_related("side__company")
    words = [(one.side.company.told, Feedback.Said(one.said)) for one in said.order_by("pk")]
    once = f"dispute {dispute.public_id} {dispute.opened_at.timestamp()}"
    address = reverse("admin:marketplace_dispute_change", args=[dispute.pk])
    biased = _speakers(_companies(meeting)) if meeting.event.is_direct else set()
    for reader in _who_sees_to(meeting, but=biased):
        with translation.override(reader.language):
            context = {**_told(meeting, reader), "words": words, "address": address}
        _mail("chamber_dispute", reader, chamber_of(meeting.event), context, once)


def tell_of_wish(wish: InterpreterWish) -> None:
    """Ask the chambers of the side that asked for a meeting who interprets there."""
    meeting = wish.meeting
    address = reverse("admin:marketplace_interpreterwish_answer", args=[wish.pk])
    for reader in _who_sees_to(meeting):
        with translation.override(reader.language):
            context = {**_told(meeting, reader), "address": address}
        once = f"wish {wish.public_id}"
        _mail("chamber_interpreter", reader, chamber_of(meeting.event), context, once)


def tell_of_paper(outcome: Outcome) -> None:
    """Ask the chambers of both companies for the approval without which a paper does not count."""
    both = [outcome.reporter, outcome.partner]
    chambers = Chamber.objects.filter(memberships__in=_memberships(both)).distinct()
    version = outcome.entries.order_by("-number").values_list("number", flat=True).first()
    address = reverse("admin:marketplace_outcome_change", args=[outcome.pk])
    biased = _speakers(both)
    for reader, chamber in managers_of(chambers):
        if reader.pk in biased:
            continue
        with translation.override(reader.language):
            context = {"outcome": outcome, "amount": told_amount(outcome), "address": address}
        _mail("chamber_outcome", reader, chamber, context, f"paper {outcome.public_id} {version}")


def _who_sees_to(meeting: Meeting, *, but: set[int] | frozenset[int] = frozenset()) -> list[User]:
    """Managers of the organiser; outside events, of the chambers of the side that asked."""
    chambers = Chamber.objects.filter(pk=meeting.event.chamber_id)
    asked = meeting.request
    if meeting.event.is_direct and asked is not None:
        theirs = _memberships([asked.requester.company])
        wanted = Q(pk=meeting.event.chamber_id) | Q(pk__in=theirs.values("chamber"))
        chambers = Chamber.objects.filter(wanted)
    return [reader for reader, _chamber in managers_of(chambers) if reader.pk not in but]


def _memberships(companies: list[Company]) -> QuerySet[Membership]:
    rows: QuerySet[Membership] = Membership.objects.in_force().filter(company__in=companies)
    return rows


def _companies(meeting: Meeting) -> list[Company]:
    return [one.registration.company for one in meeting.people()]


def _speakers(companies: list[Company]) -> set[int]:
    rows = User.objects.filter(representations__company__in=companies)
    return set(rows.values_list("pk", flat=True))


def _told(meeting: Meeting, reader: User) -> dict[str, Any]:
    """Who meets where and when, as its staff reads it; in the language in use."""
    slot, event = meeting.slot, meeting.event
    names = dict.fromkeys(one.told for one in _companies(meeting))
    return {
        "event": event,
        "event_name": event.named()[0],
        "companies": " × ".join(names),
        "time": tell_time(slot.starts_at, slot.ends_at, zone=event.zone, reader=reader.time_zone)
        if slot is not None
        else "",
    }


def _mail(
    kind: str, reader: User, chamber: Chamber | None, context: dict[str, Any], once: str
) -> None:
    queue_mail(kind, to=reader, chamber=chamber, context=context, once=f"{once} {reader.pk}")
